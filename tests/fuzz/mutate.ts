/** Changes to a file's bytes, as fast-check makes and shrinks them. */

import fc from 'fast-check';

/** Replaces `remove` bytes by others, at a fraction (0 to 1) of the file. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly number[];
}

const bytes: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 8 }),
  fc.string({ maxLength: 8 }).map((text) => [...Buffer.from(text)]),
);

export function edits(most = 4): fc.Arbitrary<readonly Edit[]> {
  const one = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof({ weight: 8, arbitrary: fc.nat(8) }, fc.constant(1e9)),
    insert: bytes,
  });
  return fc.array(one, { minLength: 1, maxLength: most });
}

export function edit(file: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let now = file;
  for (const { at, remove, insert } of edits) {
    const start = Math.floor(at * now.length);
    now = Buffer.concat([
      now.subarray(0, start),
      Uint8Array.from(insert),
      now.subarray(start + remove),
    ]);
  }
  return now;
}
