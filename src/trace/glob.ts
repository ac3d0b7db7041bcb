/** Shell patterns, matched in time proportional to pattern times text, whatever they contain. */

import { checkString } from '../host/arguments.ts';

/** A malformed pattern. The message says why. */
export class GlobError extends Error {
  override readonly name = 'GlobError';
}

/** One step of a pattern: the characters it takes, and whether it may be repeated or skipped. */
interface Step {
  readonly takes: (char: string) => boolean;
  readonly repeats: boolean;
  /** How many steps further it may go without taking a character; 0: none. */
  readonly skips: number;
  /**
   * Characters that, once taken, lead one step back: the end of a directory for `**` followed by a
   * slash.
   */
  readonly returnsOn: string;
}

const notSlash = (char: string): boolean => char !== '/';
const anything = (): boolean => true;

function one(takes: Step['takes']): Step {
  return { takes, repeats: false, skips: 0, returnsOn: '' };
}

function many(takes: Step['takes']): Step {
  return { takes, repeats: true, skips: 1, returnsOn: '' };
}

/** Any number of whole directories: the match may end between two of them, not inside one. */
const DIRECTORIES: readonly Step[] = [
  { takes: notSlash, repeats: false, skips: 2, returnsOn: '' },
  { takes: notSlash, repeats: true, skips: 0, returnsOn: '/' },
];

/** Whether the name matches a pattern of `*` and `?`. Every other character stands for itself. */
export function matchesGlob(pattern: string, name: string): boolean {
  checkString(pattern, 'matchesGlob: the pattern');
  checkString(name, 'matchesGlob: the name');
  const steps = [...pattern].map((char) => {
    if (char === '*') return many(anything);
    return char === '?' ? one(anything) : one((other) => other === char);
  });
  return matches(steps, name);
}

/**
 * A pattern for paths: `*`, `?`, `[a-z]` and `[!a-z]` do not match a slash, `**` does. An unclosed
 * bracket stands for itself.
 * @throws GlobError if a range runs backwards
 */
export function pathGlob(pattern: string): (path: string) => boolean {
  const steps: Step[] = [];
  const parts = pattern.match(/\*\*\/|\*\*|\*|\?|\[!?\]?[^\]]*\]|./gsu) ?? [];
  for (const part of parts) {
    if (part === '**/') steps.push(...DIRECTORIES);
    else if (part === '**') steps.push(many(anything));
    else if (part === '*') steps.push(many(notSlash));
    else if (part === '?') steps.push(one(notSlash));
    else if (part.length > 2 && part.startsWith('[')) steps.push(one(charClass(part)));
    else steps.push(one((char) => char === part));
  }
  return (path) => matches(steps, path);
}

function charClass(text: string): (char: string) => boolean {
  const negated = text[1] === '!';
  const chars = [...text.slice(negated ? 2 : 1, -1)];
  const ranges: (readonly [string, string])[] = [];
  while (chars.length > 0) {
    const from = chars.shift()!;
    const isRange = chars[0] === '-' && chars.length > 1;
    const to = isRange ? chars.splice(0, 2)[1]! : from;
    if (to < from) throw new GlobError(`the range ${from}-${to} in ${text} runs backwards`);
    ranges.push([from, to]);
  }
  return (char) => {
    const found = ranges.some(([from, to]) => from <= char && char <= to);
    return char !== '/' && found !== negated;
  };
}

/** Follows all the places in the pattern that the text so far can lead to, at once. */
function matches(steps: readonly Step[], text: string): boolean {
  let here = new Uint8Array(steps.length + 1);
  let next = new Uint8Array(steps.length + 1);
  here[0] = 1;
  for (const char of text) {
    skip(steps, here);
    next.fill(0);
    steps.forEach(({ takes, repeats, returnsOn }, i) => {
      if (here[i] === 0) return;
      if (char === returnsOn) next[i - 1] = 1;
      else if (takes(char)) next[repeats ? i : i + 1] = 1;
    });
    [here, next] = [next, here];
  }
  skip(steps, here);
  return here[steps.length] === 1;
}

function skip(steps: readonly Step[], here: Uint8Array): void {
  steps.forEach(({ skips }, i) => {
    if (here[i] === 1 && skips > 0) here[i + skips] = 1;
  });
}
