/**
 * Fuzzing: inputs that no person would write, and what must hold for each.
 *
 * A generator is one file in generators/, whose default export is a Generator and whose
 * base name is its name. `npm test` runs `runs` inputs of each from a fixed seed;
 * `npm run fuzz -- NAME --seed N --count N` runs as many as you like in a process of their
 * own, and reports crashes and hangs too. A failing input is shrunk, and printed with the
 * command that repeats it.
 */

import type fc from 'fast-check';

export interface Generator<T> {
  /** One line for `npm run fuzz`: what is generated, and what must hold. */
  readonly about: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Throws if what must hold does not. */
  readonly check: (input: T) => void | Promise<void>;
  /** The input for people to read; by default JSON. */
  readonly show?: (input: T) => string;
  /** How many inputs `npm test` runs; by default 80. */
  readonly runs?: number;
  /** Releases what check uses, after the last input. */
  readonly end?: () => void | Promise<void>;
}

/** A Generator with inputs of any type. */
// biome-ignore lint/suspicious/noExplicitAny: the harness passes inputs on without using them
export type AnyGenerator = Generator<any>;

export const DEFAULT_RUNS = 80;
export const DEFAULT_SEED = 1;

export function show(generator: AnyGenerator, input: unknown): string {
  if (generator.show !== undefined) return generator.show(input);
  return JSON.stringify(input, null, 2) ?? String(input);
}
