/** Decides which thread goes on: by a seed, or as it is told. */
import type { Choices } from './choices.ts';
import { Random } from './random.ts';

export interface Draw {
  /** Its numbers are not those of SimHost.random, which stay the same with any number of threads. */
  readonly random: Random;
  /** How likely a thread loses the processor at a place of choice, if another could run. */
  readonly chance: number;
  /** Whether Choices decide. */
  readonly isChosen: boolean;
  /** Whether the thread keeps the processor. */
  keeps(): boolean;
  oneOf<T>(list: readonly T[]): T;
}

/**
 * How likely a thread loses the processor where it may, if another could run. A seed has one of
 * these: some orders need a change at nearly every step, others long stretches without one.
 */
const CHANCES = [1 / 2, 1 / 8, 1 / 2, 1 / 32];

export class SeedDraw implements Draw {
  readonly random: Random;
  readonly chance: number;
  readonly isChosen = false;

  constructor(seed: number) {
    this.random = new Random(seed ^ 0x5eed);
    this.chance = CHANCES[Math.floor(this.random.next() * CHANCES.length)]!;
  }

  keeps(): boolean {
    return this.random.next() >= this.chance;
  }

  oneOf<T>(list: readonly T[]): T {
    return list[list.length === 1 ? 0 : Math.floor(this.random.next() * list.length)]!;
  }
}

export class ChosenDraw implements Draw {
  readonly random = new Random(0);
  /** A thread asks the kernel at each place of choice, which asks the Choices. */
  readonly chance = 1;
  readonly isChosen = true;
  readonly #choices: Choices;
  /** Those that went on, the latest last. */
  #recent: unknown[] = [];

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  keeps(): boolean {
    return this.#choices.choose('preempt', 2) === 0;
  }

  /** Way 0 is the one that has waited longest, so that a run of ways 0 lets each thread go on. */
  oneOf<T>(list: readonly T[]): T {
    const recent = this.#recent;
    const sorted = [...list].sort((a, b) => recent.indexOf(a) - recent.indexOf(b));
    const one = sorted[list.length === 1 ? 0 : this.#choices.choose('thread', list.length)]!;
    this.#recent = recent.filter((other) => other !== one);
    this.#recent.push(one);
    return one;
  }
}
