/** Runs one generator; the part of `npm run fuzz` that is in a process of its own. */

import { writeSync } from 'node:fs';
import fc from 'fast-check';
import { type AnyGenerator, show } from './generators.ts';

export interface FuzzOptions {
  readonly name: string;
  readonly seed: number;
  readonly count: number;
  /** The place in the seed's inputs to begin at, as a failure prints it. */
  readonly path?: string | undefined;
  /** Descriptor of a file that holds the input under way, for a reader that outlives a crash. */
  readonly keepIn?: number | undefined;
}

/** Returns the failure with its shrunk input and the command that repeats it, or null. */
export async function fuzz(generator: AnyGenerator, options: FuzzOptions): Promise<string | null> {
  const { name, seed, count, path, keepIn } = options;
  let n = 0;
  const property = fc.asyncProperty(generator.inputs, async (input: unknown) => {
    n++;
    if (keepIn !== undefined) keep(keepIn, n, show(generator, input));
    await generator.check(input);
  });
  try {
    const parameters = { seed, numRuns: count, ...(path === undefined ? {} : { path }) };
    const result = await fc.check(property, parameters);
    if (!result.failed) return null;
    const [input] = result.counterexample!;
    return [
      `fuzz ${name}: input ${result.numRuns} of seed ${seed} fails, shrunk ${result.numShrinks} times:`,
      show(generator, input),
      result.errorInstance instanceof Error
        ? (result.errorInstance.stack ?? result.errorInstance.message)
        : String(result.errorInstance),
      `again: npm run fuzz -- ${name} --seed ${seed} --path ${result.counterexamplePath}`,
    ].join('\n');
  } finally {
    await generator.end?.();
  }
}

/** Writes the record always to the same place, so that after a crash the last one is whole. */
function keep(fd: number, n: number, text: string): void {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(16);
  head.writeDoubleLE(n, 0);
  head.writeDoubleLE(bytes.length, 8);
  writeSync(fd, Buffer.concat([head, bytes]), 0, 16 + bytes.length, 0);
}
