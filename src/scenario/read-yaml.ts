import {
  Composer,
  CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
} from 'yaml';
import { grouped, MOST_ALIASED, MOST_CHARACTERS, MOST_DEPTH, MOST_VALUES } from './limits.ts';
import type { Place, Problems } from './problem.ts';
import { readPlain } from './read-plain.ts';
import { describe, type MapEntry, type Node, type ScalarNode, SourceText } from './source.ts';
import { mistakeOf } from './yaml-mistakes.ts';

const START: Place = { line: 1, column: 1 };

/** Reads a YAML text. Returns null if it is not YAML, is empty, or exceeds a limit. */
export function readYaml(text: string, problems: Problems): Node | null {
  if (text.length > MOST_CHARACTERS) {
    const most = grouped(MOST_CHARACTERS);
    problems.add(START, `the file is too long: expected at most ${most} characters`);
    return null;
  }
  const zero = text.indexOf('\0');
  if (zero >= 0) {
    problems.add(placeIn(text, zero), ZERO_BYTE);
    return null;
  }
  return readText(text.replace(LONE_CR, '\n'), problems);
}

const ZERO_BYTE =
  'there is a zero byte here, expected text (a file in UTF-16 must be saved as UTF-8)';

/** A line's end, as YAML has it, which the library takes for text. */
const LONE_CR = /\r(?!\n)/g;

function placeIn(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n?|\n/);
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function readText(text: string, problems: Problems): Node | null {
  const plain = readPlain(text);
  if (plain === 'too many values') problems.add(START, tooManyValues());
  else return plain ?? readAny(text, problems);
  return null;
}

/** Reads the whole of YAML, by the library. */
export function readAny(text: string, problems: Problems): Node | null {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  for (const token of tokens) {
    const beyond = beyondLimits(token);
    if (beyond === null) continue;
    problems.add(placeOf(beyond.offset), beyond.message);
    return null;
  }
  const { doc, second } = compose(tokens, lines, text.length);
  const seen = new Set<number>();
  for (const error of doc.errors) {
    const { offset, message, isLast } = mistakeOf(doc, error, text);
    // The library has two errors for some mistakes.
    if (seen.has(offset)) continue;
    seen.add(offset);
    problems.add(placeOf(offset), `not YAML: ${message}`);
    if (isLast || problems.isFull) return null;
  }
  if (second !== null) {
    const message = 'a second document begins here, expected one scenario a file';
    problems.add(placeOf(second.range[0]), message);
  }
  if (doc.errors.length > 0 || second !== null) return null;
  const reader = new Reader(placeOf, problems);
  const root = reader.node(doc.contents, START);
  return reader.isBeyond ? null : root;
}

/**
 * Checks a token of the parser, which may contain others, before anything walks it recursively. It
 * does not recurse itself.
 */
function beyondLimits(token: CST.Token): { offset: number; message: string } | null {
  let values = 0;
  const open: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (++values > MOST_VALUES) return { offset: 0, message: tooManyValues() };
    if (next.token.type === 'document') {
      if (next.token.value !== undefined) open.push({ token: next.token.value, depth: 0 });
      continue;
    }
    if (!CST.isCollection(next.token)) continue;
    const depth = next.depth + 1;
    if (depth > MOST_DEPTH) {
      const message = `lists and maps are nested too deep here: expected at most ${MOST_DEPTH} levels`;
      return { offset: next.token.offset, message };
    }
    for (const { key, value } of next.token.items) {
      if (key) open.push({ token: key, depth });
      if (value) open.push({ token: value, depth });
    }
  }
  return null;
}

function tooManyValues(): string {
  return `the file has too many values: expected at most ${grouped(MOST_VALUES)} lists, maps, keys and values`;
}

interface Composed {
  readonly doc: Document.Parsed;
  readonly second: Document.Parsed | null;
}

function compose(tokens: readonly CST.Token[], lines: LineCounter, length: number): Composed {
  // In the failsafe schema 1, on and null are strings. The library would search for equal keys in
  // n².
  const composer = new Composer({
    lineCounter: lines,
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: false,
  });
  // The library makes an Error for each problem, and nobody reads the stacks.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    // Composing yields a document at the end of the text at the latest.
    const [doc, second] = composer.compose(tokens, true, length);
    return { doc: doc!, second: second ?? null };
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The tags of YAML itself begin so; they are written with !! in its place. */
const STANDARD = 'tag:yaml.org,2002:';

/** The target of an anchor. */
interface Anchored {
  /** Null while it is being read: an alias of it would be inside itself. */
  node: Node | null;
  /** Values in it, including those of its aliases. */
  values: number;
}

class Reader {
  /** Whether aliases bring in too much; the result must then be thrown away. */
  isBeyond = false;
  readonly #placeOf: (offset: number) => Place;
  readonly #problems: Problems;
  /** The latest anchor of each name. */
  readonly #anchors = new Map<string, Anchored>();
  /** Values so far, and how many of them aliases brought in. */
  #values = 0;
  #aliased = 0;

  constructor(placeOf: (offset: number) => Place, problems: Problems) {
    this.#placeOf = placeOf;
    this.#problems = problems;
  }

  /** @param outer its place, if it does not have one itself */
  node(node: unknown, outer: Place): Node {
    const at = this.#place(node, outer);
    if (isAlias(node)) return this.#alias(node.source, at);
    const before = this.#values++;
    const anchor = (node as { anchor?: string } | null)?.anchor;
    if (anchor === undefined) return this.#plain(node, at);
    const anchored: Anchored = { node: null, values: 0 };
    this.#anchors.set(anchor, anchored);
    anchored.node = this.#plain(node, at);
    anchored.values = this.#values - before;
    return anchored.node;
  }

  /** The target is shared, not read again. */
  #alias(name: string, at: Place): Node {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      return this.#wrong(
        at,
        `there is no anchor '${name}', expected an '&${name}' before '*${name}'`,
      );
    }
    if (target.node === null) {
      return this.#wrong(at, `'*${name}' is inside its own anchor: it has no end`);
    }
    this.#values += target.values;
    this.#aliased += target.values;
    if (this.#aliased <= MOST_ALIASED) return target.node;
    if (!this.isBeyond) {
      const most = `expected that all of them together bring in at most ${grouped(MOST_ALIASED)} values`;
      this.#problems.add(at, `aliases make this file too large: ${most}`);
    }
    this.isBeyond = true;
    return told(at);
  }

  #wrong(at: Place, message: string): Node {
    this.#problems.add(at, message);
    return told(at);
  }

  #plain(node: unknown, at: Place): Node {
    this.#checkTag(node, at);
    if (isMap(node)) {
      const keys = new Set<string>();
      const entries = node.items.map(({ key, value }): MapEntry => {
        const name = this.#key(this.node(key, at), keys);
        return { key: name, value: this.node(value, name.at) };
      });
      return { kind: 'map', entries, at };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.node(item, at)), at };
    }
    if (isScalar(node)) {
      const text = node.source ?? String(node.value ?? '');
      // An escape can make one, and it would end a text within the kernel.
      if (text.includes('\0')) this.#problems.add(at, ZERO_BYTE);
      const empty = text === '' && (node.type === 'PLAIN' || node.type === undefined);
      return new SourceText(text, empty, at.line, at.column);
    }
    return new SourceText('', true, at.line, at.column);
  }

  /** A tag would change what a value means, and is meant by its writer. */
  #checkTag(node: unknown, at: Place): void {
    const tag = (node as { tag?: string } | null)?.tag;
    if (tag === undefined || tag === '!') return;
    const own = isMap(node) ? 'map' : isSeq(node) ? 'seq' : 'str';
    if (tag === `${STANDARD}${own}`) return;
    const written = tag.startsWith(STANDARD) ? `!!${tag.slice(STANDARD.length)}` : tag;
    this.#problems.add(at, `the tag ${written} is unknown here, expected a value without a tag`);
  }

  #key(key: Node, before: Set<string>): ScalarNode {
    if (key.kind !== 'scalar') {
      this.#problems.expected(key.at, describe(key), 'a name as the key');
      return told(key.at);
    }
    if (key.told === true) return key;
    if (key.text === '__proto__') {
      this.#problems.expected(key.at, key.text, 'another name');
      return told(key.at);
    }
    if (before.has(key.text)) this.#problems.expected(key.at, key.text, 'each key once in a map');
    before.add(key.text);
    return key;
  }

  #place(node: unknown, outer: Place): Place {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return range === undefined || range === null ? outer : this.#placeOf(range[0]!);
  }
}

/** Replaces a wrong node that has been reported. */
function told(at: Place): ScalarNode {
  return { kind: 'scalar', text: '', empty: true, told: true, at };
}
