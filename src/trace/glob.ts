/** Shell patterns, matched in time that grows with pattern times text, whatever is in them. */

import { checkString } from '../host/arguments.ts';

/** A pattern that stands for nothing. Its message says why. */
export class GlobError extends Error {
  override readonly name = 'GlobError';
}

/** A step over a pattern: what it takes, and whether it may be taken again, or left out. */
interface Step {
  readonly takes: (char: string) => boolean;
  readonly repeats: boolean;
  /** So many steps further on one may be without taking anything; 0: nowhere. */
  readonly skips: number;
  /** A step back that taking one of these leads to: the end of a directory of `**` and a slash. */
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

/** Any number of whole directories: between two of them it may end, within one it may not. */
const DIRECTORIES: readonly Step[] = [
  { takes: notSlash, repeats: false, skips: 2, returnsOn: '' },
  { takes: notSlash, repeats: true, skips: 0, returnsOn: '/' },
];

/** Whether `*` and `?` of a pattern can be filled so that it is the name. All else is itself. */
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
 * A pattern of paths: `*`, `?` and `[a-z]`, `[!a-z]` take no slash, `**` takes them too. A bracket
 * that is not closed is itself.
 * @throws GlobError where a range runs backwards
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

/** All places in the pattern that the text so far can lead to, at once. */
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
