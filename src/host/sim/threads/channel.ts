/**
 * The memory that the kernel and one other thread share: whose turn it is, the thread's call, and
 * its result. Arguments that are not numbers go by a MessagePort beside it.
 *
 * Only STATE is read while another may write it. The rest belongs to whoever has the turn.
 */

/** Whose turn it is: the kernel's, before the thread's first turn; the thread's; the kernel's. */
export const WAITS = 0;
export const RUNS = 1;
export const CALLS = 2;
/** The kernel is disposed of: no call returns any more. */
export const DEAD = 3;

/** Places in `words`. */
const STATE = 0;
export const CALL = 1;
export const FLAGS = 2;
/** The state of the scheduler's random numbers. */
export const RANDOM = 3;
/** How many other threads could run. */
export const OTHERS = 4;
const WORDS = 8;

/** Bits of FLAGS: a message goes with it; time stands still; the reply says that it is an error. */
export const HAS_MESSAGE = 1;
export const IS_STILL = 2;

/** Places in `numbers`: the arguments, and then: */
export const RESULT = 8;
/** The time now, and when something happens in the kernel at the soonest, ns. */
export const NOW = 9;
export const DUE = 10;
/** Scheduler.chance. */
export const CHANCE = 11;
const NUMBERS = 12;

/** How an argument is given: by its number, or the number of what it is. */
export const TAG_NUMBER = 0;
/** The next one of the message. */
export const TAG_MESSAGE = 1;
export const TAG_BUFFER = 2;
export const TAG_WORDS = 3;
export const TAG_TOKEN = 4;
/** An object that the call fills. */
export const TAG_FILLED = 5;
/** A list of buffers: the next one of the message has their numbers. */
export const TAG_BUFFERS = 6;

const NUMBERS_AT = WORDS * 4;
const TAGS_AT = NUMBERS_AT + NUMBERS * 8;
const BYTES = TAGS_AT + 8;

export class Channel {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly tags: Uint8Array;

  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, WORDS);
    this.numbers = new Float64Array(memory, NUMBERS_AT, NUMBERS);
    this.tags = new Uint8Array(memory, TAGS_AT);
  }

  get state(): number {
    return Atomics.load(this.words, STATE);
  }

  /** Gives the turn to the other side. */
  pass(state: number): void {
    Atomics.store(this.words, STATE, state);
    Atomics.notify(this.words, STATE);
  }

  /**
   * Sleeps while the state is this one. Real time, since it is the other side's JavaScript that
   * runs meanwhile. Returns false if that takes longer than `mostMs`.
   */
  await(state: number, mostMs = Infinity): boolean {
    while (this.state === state) {
      if (Atomics.wait(this.words, STATE, state, mostMs) === 'timed-out') return false;
    }
    return true;
  }
}
