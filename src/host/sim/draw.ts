/** Chance, of a seed: who goes on. */
import { Random } from './random.ts';

/**
 * How likely a thread loses the processor where it may, if another could run. A seed has one of
 * these: some orders need a change at nearly every step, others long stretches without one.
 */
const CHANCES = [1 / 2, 1 / 8, 1 / 2, 1 / 32];

export class Draw {
  /** Its numbers are not those of SimHost.random, which stay the same with any number of threads. */
  readonly random: Random;
  /** How likely a thread loses the processor at a place of choice, if another could run. */
  readonly chance: number;

  constructor(seed: number) {
    this.random = new Random(seed ^ 0x5eed);
    this.chance = CHANCES[Math.floor(this.random.next() * CHANCES.length)]!;
  }

  /** Whether the thread keeps the processor. */
  keeps(): boolean {
    return this.random.next() >= this.chance;
  }

  oneOf<T>(list: readonly T[]): T {
    return list[list.length === 1 ? 0 : Math.floor(this.random.next() * list.length)]!;
  }
}
