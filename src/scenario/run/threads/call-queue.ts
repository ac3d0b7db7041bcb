import type { Watch } from '../../model.ts';
import { ScenarioEnded } from '../ended.ts';

/** The calls that a thread makes of another one, whose objects only that one may touch. */
export const CALLS = ['watch', 'unwatch', 'flag', 'poll_params'] as const;
export type CallName = (typeof CALLS)[number];

/** One of them; what `object` and the numbers stand for depends on its name. */
export interface Call {
  readonly name: CallName;
  readonly object: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const WATCHES: readonly (Watch | null)[] = [null, 'read', 'write', 'both', 'none'];

/** A watch as a number of a call. */
export function watchNumber(watch: Watch | null): number {
  return WATCHES.indexOf(watch);
}

export function watchOf(number: number): Watch | null {
  return WATCHES[number]!;
}

/** Calls that may wait to be taken. */
const MOST = 1024;
/** Numbers of a call. */
const NUMBERS = 5;
const LOCK = 0;
const FIRST = 1;
const COUNT = 2;

/** Calls on their way to one thread, in memory that all share. Taken in the order of their arrival. */
export class CallQueue {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  constructor(memory = new SharedArrayBuffer(16 + 8 * NUMBERS * MOST)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, 4);
    this.#numbers = new Float64Array(memory, 16);
  }

  push({ name, object, a, b, c }: Call): void {
    this.#locked(() => {
      const count = this.#words[COUNT]!;
      if (count === MOST) throw new ScenarioEnded(`more than ${MOST} calls wait for one thread`);
      const at = ((this.#words[FIRST]! + count) % MOST) * NUMBERS;
      this.#numbers.set([CALLS.indexOf(name), object, a, b, c], at);
      this.#words[COUNT] = count + 1;
    });
  }

  /** The oldest call; null if there is none. */
  take(): Call | null {
    return this.#locked(() => {
      const [first, count] = [this.#words[FIRST]!, this.#words[COUNT]!];
      if (count === 0) return null;
      const at = first * NUMBERS;
      const [name, object, a, b, c] = this.#numbers.slice(at, at + NUMBERS);
      this.#words[FIRST] = (first + 1) % MOST;
      this.#words[COUNT] = count - 1;
      return { name: CALLS[name!]!, object: object!, a: a!, b: b!, c: c! };
    });
  }

  /** Nobody sleeps while it holds this lock, so waiting for it takes no time worth a futex. */
  #locked<T>(act: () => T): T {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0);
    try {
      return act();
    } finally {
      Atomics.store(this.#words, LOCK, 0);
    }
  }
}
