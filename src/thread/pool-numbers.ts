import { BITS, MASKS, MOST_MASKS, MOST_WORKERS, USED } from './pool-queue.ts';

/** Gives a worker of a thread pool the lowest number that no other has. */
export function takeNumber(words: Int32Array): number {
  for (let mask = 0; mask < MOST_MASKS; mask++) {
    for (let used = Atomics.load(words, USED + mask); used !== -1; ) {
      const bit = ~used & (used + 1);
      used = Atomics.or(words, USED + mask, bit);
      if ((used & bit) !== 0) continue;
      useMasks(words, mask + 1);
      return mask * BITS + (31 - Math.clz32(bit));
    }
  }
  throw new Error(`ThreadPool: more than ${MOST_WORKERS} workers`);
}

/** Before its worker sleeps for the first time. */
function useMasks(words: Int32Array, count: number): void {
  for (;;) {
    const masks = Atomics.load(words, MASKS);
    if (masks >= count) return;
    Atomics.compareExchange(words, MASKS, masks, count);
  }
}

export function giveNumber(words: Int32Array, number: number): void {
  Atomics.and(words, USED + Math.floor(number / BITS), ~(1 << (number % BITS)));
}
