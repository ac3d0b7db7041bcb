/** Shapes of option objects, for callers without a type checker. */

import {
  checkArray,
  checkFunction,
  checkInteger,
  checkObject,
  checkString,
  checkWord,
  shown,
} from './arguments.ts';
import { nearest } from './nearest.ts';

/** @throws TypeError, RangeError if the value may not be that of an option; `what` names it */
export type Check = (value: unknown, what: string) => void;

/** A check for each option. The type makes sure that none is forgotten. */
export type Shape<T> = { readonly [name in keyof T]-?: Check };

/**
 * Checks the options that are given: those that are undefined count as left out.
 * @throws TypeError for an option that does not exist, or that has a wrong value; RangeError
 */
export function checkShape<T extends object>(options: T, what: string, shape: Shape<T>): void {
  checkNames(options, what, shape);
  for (const name of Object.keys(shape) as (keyof T & string)[]) {
    const value = options[name];
    if (value !== undefined) shape[name](value, `${what}: option '${name}'`);
  }
}

/** The part of checkShape that finds misspelled names. @throws TypeError */
export function checkNames(options: object, what: string, known: object): void {
  for (const name in options) {
    if (name in known || (options as Record<string, unknown>)[name] === undefined) continue;
    throw new TypeError(
      `${what}: there is no option '${name}': ${advice(name, Object.keys(known))}`,
    );
  }
}

function advice(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `expected ${known.join(', ')}` : `did you mean '${near}'?`;
}

export const anything: Check = () => {};
export const aFunction: Check = checkFunction;
export const aString: Check = checkString;

export const aBoolean: Check = (value, what) => {
  if (typeof value === 'boolean') return;
  throw new TypeError(`${what} is ${shown(value)}: expected true or false`);
};

export const aNumber: Check = (value, what) => {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  throw new TypeError(`${what} is ${shown(value)}: expected a number`);
};

export function anInteger(least: number, most: number): Check {
  return (value, what) => checkInteger(value, what, least, most);
}

export function aWord(words: readonly string[]): Check {
  return (value, what) => checkWord(value as string, words, what);
}

export function anArray(of: string): Check {
  return (value, what) => checkArray(value, what, of);
}

/** An object that has all of these methods. @param is what it is, for people: `a Tracer` */
export function anObject(is: string, ...methods: readonly string[]): Check {
  return (value, what) => {
    checkObject(value, what, is);
    const missing = methods.find((method) => typeof (value as never)[method] !== 'function');
    if (missing === undefined) return;
    throw new TypeError(`${what} is an object without ${missing}(): expected ${is}`);
  };
}

export const aTracer = anObject('a Tracer', 'emit', 'attach');
