/** Values of the options of `--spawn`: signals, exit statuses, descriptors. */

import { InvalidArgumentError } from 'commander';
import { canBeHandled, signalName } from '../../signal/names.ts';
import { signal } from '../options/signal-value.ts';
import { FORWARDED } from './forward.ts';

/** The largest descriptor in a range: the usual limit for a process. */
const LARGEST_FD = 1_048_575;

/** Like signal, and 0 for no signal. */
export function signalOrNone(text: string): number {
  return text === '0' ? 0 : signal(text);
}

/** A signal that would be passed on. */
export function passedOn(text: string): number {
  const signo = signal(text);
  if (FORWARDED.includes(signo)) return signo;
  throw new InvalidArgumentError(`${signalName(signo)} cannot be taken from the children.`);
}

/** A signal that can be ignored; added to those before. */
export function ignorable(text: string, before: readonly number[]): number[] {
  const signo = signal(text);
  if (canBeHandled(signo)) return [...new Set([...before, signo])];
  throw new InvalidArgumentError(`${signalName(signo)} cannot be ignored.`);
}

/** Exit statuses: `3`, `3,5`, `64-78`; added to those before. */
export function statuses(text: string, before: ReadonlySet<number>): Set<number> {
  const those = numbers(text, 0, 255);
  if (those.length > 0) return new Set([...before, ...those]);
  throw new InvalidArgumentError('expected statuses from 0 to 255, as 3 or 3,5 or 64-78.');
}

/** Descriptors beyond stderr: `3`, `3,4`, `3-5`; added to those before. */
export function descriptors(text: string, before: readonly number[]): number[] {
  const those = numbers(text, 3, LARGEST_FD);
  if (those.length > 0) return [...new Set([...before, ...those])];
  const why =
    'expected descriptors from 3 on, as 3 or 3,4 or 3-5; 0, 1 and 2 are always inherited.';
  throw new InvalidArgumentError(why);
}

/** `3`, `3,5`, `64-78`; empty if any part is malformed or outside these limits. */
function numbers(text: string, least: number, most: number): number[] {
  const all: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? from);
    if (!(from >= least && to <= most && from <= to)) return [];
    for (let n = from; n <= to; n++) all.push(n);
  }
  return all;
}

/** `FROM:TO`; TO 0 drops the signal. Added to those before. */
export function rewrite(text: string, before: ReadonlyMap<number, number>): Map<number, number> {
  const match = /^([^:]+):([^:]+)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError('expected FROM:TO, as TERM:QUIT, or TERM:0 to drop it.');
  }
  const from = signal(match[1]!);
  if (!FORWARDED.includes(from)) {
    throw new InvalidArgumentError(`${signalName(from)} is not passed on.`);
  }
  return new Map(before).set(from, match[2] === '0' ? 0 : signal(match[2]!));
}
