/** The numbers of a record. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteSink, ByteSource } from '../../../src/host/record/bytes.ts';

test('any number is read as it was written, at the ends of what doubles hold too', () => {
  const near = fc.constantFrom(
    2 ** 30,
    2 ** 52,
    2 ** 53,
    2 ** 62,
    -(2 ** 30),
    -(2 ** 52),
    -(2 ** 53),
  );
  const number = fc.oneof(
    fc.maxSafeInteger(),
    fc.double(),
    fc.tuple(near, fc.integer({ min: -4, max: 4 })).map(([one, by]) => one + by),
  );
  fc.assert(
    fc.property(fc.array(number), (numbers) => {
      const sink = new ByteSink(16);
      for (const one of numbers) {
        sink.room(20);
        sink.number(one);
      }
      const source = new ByteSource(sink.bytes.subarray(0, sink.length), () => {
        throw new Error('it ends too early');
      });
      expect(numbers.map(() => source.plain())).toEqual(numbers);
      expect(source.atEnd).toBe(true);
    }),
  );
});

test('the number of an answer is read as it was written', () => {
  for (const one of [0, 1, 63, 64, 65, 127, 2 ** 31, 2 ** 32 + 1, -1, -11, -0, 1.5, Number.NaN]) {
    const sink = new ByteSink(32);
    sink.answer(9, one);
    const source = new ByteSource(sink.bytes.subarray(0, sink.length), () => {
      throw new Error('it ends too early');
    });
    expect([source.uint(), source.plain(), source.atEnd]).toEqual([9, one, true]);
  }
});
