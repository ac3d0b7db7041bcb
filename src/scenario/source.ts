import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { Place, Problems } from './problem.ts';

/** A YAML file as the language sees it: scalars are their source text, maps keep their order. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly text: string;
  /** Whether there is nothing at all, as behind a key without a value. */
  readonly empty: boolean;
  /** Whether it stands for something wrong that has been told of, so that nothing more is to be said. */
  readonly told?: boolean;
  readonly at: Place;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly at: Place;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
  readonly at: Place;
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: Node;
}

/** Reads a YAML text. Returns null where it is not YAML, or says nothing. */
export function readSource(text: string, problems: Problems): Node | null {
  const lines = new LineCounter();
  // In the failsafe schema 1, on and null are strings.
  const doc = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false });
  for (const error of doc.errors) {
    const openedAt = error.code === 'MISSING_CHAR' ? openQuoteAt(doc, error.pos[0]) : null;
    const { line, col } = lines.linePos(openedAt ?? error.pos[0]);
    const at = { line, column: col };
    if (openedAt !== null) {
      problems.add(at, 'not YAML: the quote that opens here is not closed');
      // All that follows was taken for what is quoted.
      return null;
    }
    if (error.code === 'DUPLICATE_KEY') {
      problems.expected(at, keyAt(text, error.pos[0]), 'each key once in a map');
    } else if (error.code === 'MULTIPLE_DOCS') {
      problems.add(at, 'a second document begins here, expected one scenario a file');
    } else {
      problems.add(at, `not YAML: ${error.message}`);
    }
  }
  // The rest of a map whose key stands there twice can be looked at all the same.
  if (doc.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return null;
  const reader = new Reader(lines, problems, (alias) => alias.resolve(doc));
  return reader.node(doc.contents, { line: 1, column: 1 });
}

/** Where the quoted text begins that comes to its end at a place without a closing quote; null: none does. */
function openQuoteAt(doc: Document.Parsed, end: number): number | null {
  let start: number | null = null;
  visit(doc, {
    Scalar: (_key, { type, range }) => {
      if (type !== 'QUOTE_DOUBLE' && type !== 'QUOTE_SINGLE') return;
      if (range?.[1] === end) start = range[0];
    },
  });
  return start;
}

function keyAt(text: string, at: number): string {
  return /^[^:\n]*/.exec(text.slice(at))![0];
}

type YamlNode = { range?: readonly [number, number, number] | null | undefined };
type Alias = Parameters<typeof isAlias>[0] & { resolve(doc: unknown): unknown };

class Reader {
  readonly #lines: LineCounter;
  readonly #problems: Problems;
  readonly #resolve: (alias: Alias) => unknown;
  /** The nodes that stand around the one that is read. */
  readonly #around: unknown[] = [];

  constructor(lines: LineCounter, problems: Problems, resolve: (alias: Alias) => unknown) {
    this.#lines = lines;
    this.#problems = problems;
    this.#resolve = resolve;
  }

  /** @param outer where it stands, if it does not say so itself */
  node(node: unknown, outer: Place): Node {
    const at = this.#place(node, outer);
    if (isAlias(node)) {
      const target = this.#resolve(node as unknown as Alias);
      const wrong = this.#wrongAlias(node.source, target);
      if (wrong === null) return this.node(target, at);
      this.#problems.add(at, wrong);
      return { kind: 'scalar', text: '', empty: true, told: true, at };
    }
    this.#around.push(node);
    try {
      return this.#plain(node, at);
    } finally {
      this.#around.pop();
    }
  }

  /** Returns what is wrong with an alias, or null. */
  #wrongAlias(name: string, target: unknown): string | null {
    if (target === undefined) {
      return `there is no anchor '${name}', expected an '&${name}' before '*${name}'`;
    }
    return this.#around.includes(target)
      ? `'*${name}' stands inside of what it names: it has no end`
      : null;
  }

  #plain(node: unknown, at: Place): Node {
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }): MapEntry => {
        const name = this.node(key, at);
        if (name.kind === 'scalar') return { key: name, value: this.node(value, name.at) };
        this.#problems.expected(name.at, describe(name), 'a name as the key');
        const empty: ScalarNode = { kind: 'scalar', text: '', empty: true, at: name.at };
        return { key: empty, value: this.node(value, name.at) };
      });
      return { kind: 'map', entries, at };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.node(item, at)), at };
    }
    if (isScalar(node)) {
      const text = node.source ?? String(node.value ?? '');
      const empty = text === '' && (node.type === 'PLAIN' || node.type === undefined);
      return { kind: 'scalar', text, empty, at };
    }
    return { kind: 'scalar', text: '', empty: true, at };
  }

  #place(node: unknown, outer: Place): Place {
    const range = (node as YamlNode | null)?.range;
    if (range === undefined || range === null) return outer;
    const { line, col } = this.#lines.linePos(range[0]);
    return { line, column: col };
  }
}

/** What zod validates: the node as plain data. The order of maps is not kept; of equal keys the first counts. */
export function toPlain(node: Node): unknown {
  if (node.kind === 'scalar') return node.empty ? null : node.text;
  if (node.kind === 'list') return node.items.map(toPlain);
  return Object.fromEntries(
    [...node.entries].reverse().map(({ key, value }) => [key.text, toPlain(value)]),
  );
}

/** A node in an error's words. */
export function describe(node: Node): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  return node.empty ? 'nothing' : node.text;
}

/** The value under a key of a map. */
export function get(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== 'map') return undefined;
  return node.entries.find((entry) => entry.key.text === key)?.value;
}

/** The node that a path of keys and places leads to. */
export function nodeAt(root: Node, path: readonly PropertyKey[]): Node | undefined {
  let node: Node | undefined = root;
  for (const step of path) {
    node = node?.kind === 'list' ? node.items[Number(step)] : get(node, String(step));
  }
  return node;
}
