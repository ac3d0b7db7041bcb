import { signalNumber } from '../signal/names.ts';
import type { Mention, Place } from './problem.ts';
import { get, type MapEntry, type MapNode, type Node } from './source.ts';
import { type Bound, type Comparison, durationBound, durationNs } from './values.ts';

/** Reads nodes that the schema has accepted. */

const HERE: Place = { line: 1, column: 1 };

export function textOf(node: Node | undefined, otherwise = ''): string {
  return node?.kind === 'scalar' ? node.text : otherwise;
}

export function boolOf(node: Node | undefined, otherwise: boolean): boolean {
  return node === undefined ? otherwise : textOf(node) === 'true';
}

export function numberOf(node: Node | undefined, otherwise: number): number {
  return node === undefined ? otherwise : Number(textOf(node));
}

/** ns; null if there is no node. */
export function nsOf(node: Node | undefined): number | null {
  return node === undefined ? null : durationNs(textOf(node));
}

export function mentionOf(node: Node): Mention {
  return { name: textOf(node), at: node.at };
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : [];
}

export function textsOf(node: Node | undefined): string[] | null {
  return node === undefined ? null : itemsOf(node).map((item) => textOf(item));
}

export function entriesOf(node: Node | undefined): readonly MapEntry[] {
  return node?.kind === 'map' ? node.entries : [];
}

/** The one entry of a map with one key. */
export function onlyEntry(node: Node): MapEntry {
  return (node as MapNode).entries[0]!;
}

export function comparisonOf(node: Node, bound: (text: string) => Bound): Comparison {
  const nodes = node.kind === 'list' ? node.items : [node];
  return nodes.map((item) => bound(textOf(item)));
}

/** A comparison of durations; null if there is none. */
export function durationsOf(node: Node | undefined): Comparison | null {
  return node === undefined ? null : comparisonOf(node, durationBound);
}

/**
 * A signal's number by its name in the language: `SIGTERM`, `SIGRTMIN+1`. 0 if there is no such
 * name.
 */
export function signalOf(name: string): number {
  return /^SIG[A-Z]/.test(name) ? signalNumber(name) : 0;
}

export function placeOf(node: Node | undefined): Place {
  return node?.at ?? HERE;
}

export { get };
