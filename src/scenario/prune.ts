import type { z } from 'zod';
import type { Node } from './source.ts';

/** Lists from which an item can be removed without changing the meaning of the others. */
const LISTS: ReadonlySet<PropertyKey> = new Set(['steps', 'do', 'do_write', 'timeline', 'faults']);
/** Keys that no name depends on. */
const KEYS: ReadonlySet<PropertyKey> = new Set(['expect', 'seed', 'jitter', 'about']);

/**
 * A file without its malformed parts, so that the names in the rest can be checked. Null if the
 * malformed part is one that names depend on.
 */
export function prune(root: Node, issues: readonly z.core.$ZodIssue[]): Node | null {
  const gone = new Set<string>();
  for (const { path } of issues) {
    const part = partAt(path);
    if (part === null) return null;
    gone.add(keyOf(part));
  }
  return without(root, [], gone);
}

/** The part to leave out for a problem at a path. */
function partAt(path: readonly PropertyKey[]): readonly PropertyKey[] | null {
  for (let i = path.length - 1; i > 0; i--) {
    if (typeof path[i] === 'number' && LISTS.has(path[i - 1]!)) return path.slice(0, i + 1);
  }
  return path.length > 0 && KEYS.has(path[0]!) ? path.slice(0, 1) : null;
}

function without(node: Node, path: readonly PropertyKey[], gone: ReadonlySet<string>): Node {
  const isKept = (key: PropertyKey): boolean => !gone.has(keyOf([...path, key]));
  if (node.kind === 'list') {
    const items = node.items.map((item, i) => (isKept(i) ? without(item, [...path, i], gone) : []));
    return { ...node, items: items.flat() };
  }
  if (node.kind === 'scalar') return node;
  // Not its index, which has what is left out.
  const { kind, at } = node;
  const entries = node.entries
    .filter(({ key }) => isKept(key.text))
    .map(({ key, value }) => ({ key, value: without(value, [...path, key.text], gone) }));
  return { kind, at, entries };
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path);
}
