/**
 * Counts the work of loading each kind of file, with n parts and with twice as many: the elements that
 * built-in functions of lists, sets, maps and texts look at. A process of its own, since it replaces them.
 */

import { loadScenario } from '../../src/scenario/load.ts';
import { MANY_PARTS } from './many-parts.ts';

let work = 0;

type Any = Record<PropertyKey, (...args: unknown[]) => unknown>;

function replace(holder: object, name: PropertyKey, by: (old: Any[string]) => Any[string]): void {
  const old = (holder as Any)[name]!;
  Object.defineProperty(holder, name, { value: by(old), configurable: true, writable: true });
}

/** A call costs what `cost` says of its object and result. */
function priced(
  holder: object,
  name: PropertyKey,
  cost: (of: never, result: never, args: unknown[]) => number,
): void {
  replace(
    holder,
    name,
    (old) =>
      function (this: never, ...args) {
        const result = old.apply(this, args);
        work += cost(this, result as never, args);
        return result;
      },
  );
}

/** Each call of its callback costs one. */
function callsBack(name: string): void {
  replace(
    Array.prototype,
    name,
    (old) =>
      function (this: unknown, callback, ...rest) {
        const counted = (...args: unknown[]): unknown => {
          work++;
          return (callback as Any[string])(...args);
        };
        return old.call(this, counted, ...rest);
      },
  );
}

const length = (of: { length: number }): number => of.length;
const found = (of: { length: number }, at: number, [, from]: unknown[]): number =>
  (at < 0 ? of.length : at + 1) - Number(from ?? 0);
for (const name of ['every', 'filter', 'find', 'findIndex', 'flatMap', 'forEach', 'map', 'some'])
  callsBack(name);
for (const name of [
  'includes',
  'concat',
  'join',
  'sort',
  'slice',
  'reverse',
  'toReversed',
  Symbol.iterator,
])
  priced(Array.prototype, name, length);
priced(Array.prototype, 'indexOf', found);
priced(String.prototype, 'indexOf', found);
priced(String.prototype, 'charCodeAt', () => 1);
for (const name of ['split', 'includes']) priced(String.prototype, name, length);
for (const kind of [Map, Set]) {
  for (const name of ['entries', 'keys', 'values', Symbol.iterator])
    priced(kind.prototype, name, (of: { size: number }) => of.size);
  priced(kind.prototype, 'has', () => 1);
}
priced(Map.prototype, 'get', () => 1);

function workOf(text: string): number {
  work = 0;
  const { problems } = loadScenario(`name: x\n${text}`, 'f');
  const all = work;
  if (problems.length > 0) throw new Error(`${problems[0]!.message}\n${text.slice(0, 300)}`);
  return all;
}

// The first has to make what all files need.
workOf('steps: [step]');
const N = 200;
for (const [kind, text] of Object.entries(MANY_PARTS)) {
  process.stdout.write(`${JSON.stringify([kind, workOf(text(N)), workOf(text(2 * N))])}\n`);
}
