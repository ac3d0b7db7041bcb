import { MOST_PROBLEMS } from './limits.ts';
import type { Place } from './problem.ts';

/** A YAML file as the language sees it: scalars are their source text, maps keep their order. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly text: string;
  /** Whether there is no value at all, as after a key without one. */
  readonly empty: boolean;
  /** Whether it replaces something wrong that has been reported, so that no more need be said. */
  readonly told?: boolean;
  readonly at: Place;
}

/** A text of the file. It makes its place when that is asked for: of a long file few places are. */
export class SourceText implements ScalarNode {
  readonly kind = 'scalar';
  readonly text: string;
  readonly empty: boolean;
  private readonly line: number;
  private readonly column: number;

  constructor(text: string, empty: boolean, line: number, column: number) {
    this.text = text;
    this.empty = empty;
    this.line = line;
    this.column = column;
  }

  get at(): Place {
    return { line: this.line, column: this.column };
  }
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
  /** The first entry of each key, once a map of many entries was asked for one. */
  index?: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: Node;
}

/**
 * The node as plain data for zod to validate. The order of maps is lost; of equal keys the first
 * counts.
 */
export function toPlain(node: Node): unknown {
  if (node.kind === 'scalar') return node.empty ? null : node.text;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain: Record<string, unknown> = {};
  for (let i = node.entries.length - 1; i >= 0; i--) {
    const { key, value } = node.entries[i]!;
    plain[key.text] = toPlain(value);
  }
  return plain;
}

/**
 * A copy in which each map and list has its first entries only; the node itself if none has more
 * than `many`.
 */
export function beginning(node: Node, many: number): Node {
  return isLong(node, many) ? cut(node) : node;
}

/** Entries of a list or map that are kept: one more than there may be problems. */
const FIRST = MOST_PROBLEMS + 1;

function isLong(node: Node, many: number): boolean {
  if (node.kind === 'scalar') return false;
  if (node.kind === 'list') {
    return node.items.length > many || node.items.some((item) => isLong(item, many));
  }
  return node.entries.length > many || node.entries.some(({ value }) => isLong(value, many));
}

function cut(node: Node): Node {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.slice(0, FIRST).map(cut) };
  const { kind, at } = node;
  const entries = node.entries.slice(0, FIRST);
  return { kind, at, entries: entries.map(({ key, value }) => ({ key, value: cut(value) })) };
}

/** A node as an error message describes it. */
export function describe(node: Node): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return 'a list';
  return node.empty ? 'nothing' : node.text;
}

/** The value under a key of a map. */
export function get(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? entryOf(node, key)?.value : undefined;
}

/** The first entry of a map that has a key. */
export function entryOf(node: MapNode, key: string): MapEntry | undefined {
  const { entries } = node;
  if (entries.length < MANY) {
    for (let i = 0; i < entries.length; i++) if (entries[i]!.key.text === key) return entries[i];
    return undefined;
  }
  node.index ??= indexOf(entries);
  return node.index.get(key);
}

function indexOf(entries: readonly MapEntry[]): Map<string, MapEntry> {
  const index = new Map<string, MapEntry>();
  for (const entry of entries) {
    if (!index.has(entry.key.text)) index.set(entry.key.text, entry);
  }
  return index;
}

/** From this many entries on, a map has an index: looking up all n of them one by one takes n². */
const MANY = 16;

/** The node that a path of keys and places leads to. */
export function nodeAt(root: Node, path: readonly PropertyKey[]): Node | undefined {
  let node: Node | undefined = root;
  for (const step of path) {
    node = node?.kind === 'list' ? node.items[Number(step)] : get(node, String(step));
  }
  return node;
}
