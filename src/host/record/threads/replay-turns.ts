import type { RecordEnding } from '../errors.ts';

/** How many threads were made. */
export const MADE = 0;
/** The place in the record at which the next turn begins. */
export const AT = 1;
/** Not 0 once the replay has ended. */
export const OVER = 2;
/** The length of the note, 0 while there is none. */
const NOTED = 3;
/** A word of each thread, which it waits for: YOURS, ALL_OVER, both, or 0; LEFT once it waits no more. */
export const TURNS = 4;
/** It is this thread's turn. */
const YOURS = 1;
/** The replay has ended. */
const ALL_OVER = 2;
/** The thread has ended. */
const LEFT = 4;
/** More threads than a run has. */
const MOST = 1 << 16;
/** Room for two calls with all their arguments. */
const NOTE_BYTES = 1 << 20;
/** How long a thread may take from one call to the next, ms. A Worker that is loaded needs some. */
const LONGEST_MS = 60_000;

/** Results of `await`. */
export const ENDED = -1;
export const NO_CALL = -2;

/** How a thread has ended the replay. */
export interface ReplayNote {
  readonly thread: string;
  readonly call: number;
  /** If the record ends. */
  readonly ending?: RecordEnding;
  /** If the thread has made another call than the recorded one. */
  readonly recorded?: string;
  readonly now?: string;
  /** The message of any other error. */
  readonly message?: string;
}

/** The things that the threads of a replay share. */
export interface ReplayMemory {
  readonly words: Int32Array;
  readonly note: SharedArrayBuffer;
  /** Those of the record. */
  readonly bytes: Uint8Array;
}

/** The memory for the threads of a replay, of which main's turn is the first. */
export function replayMemory(record: Uint8Array): ReplayMemory {
  const bytes = new Uint8Array(new SharedArrayBuffer(record.length));
  bytes.set(record);
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * (TURNS + MOST))),
    note: new SharedArrayBuffer(NOTE_BYTES),
    bytes,
  };
}

/**
 * The turns of the threads of a replay, in the order of the record: see RecordTurns.
 *
 * Invariants:
 *  P1. Whatever a thread waits for changes its own word: its turn, and the end. So none that comes while
 *      it is about to sleep is lost. Without it: explore replay-turns --without end-word
 *  P2. The place of the operations is stored before the turn is given: explore replay-turns --without
 *      place-first
 */
export class ReplayTurns {
  readonly name: string;
  /** Main's is 0. */
  readonly number: number;
  readonly memory: ReplayMemory;
  readonly #words: Int32Array;
  readonly #note: Uint8Array;

  constructor(name: string, number: number, memory: ReplayMemory) {
    this.name = name;
    this.number = number;
    this.memory = memory;
    this.#words = memory.words;
    this.#note = new Uint8Array(memory.note);
  }

  /** A thread that was recorded with this number is made. Returns false if the number is wrong. */
  add(number: number): boolean {
    return ++this.#words[MADE]! === number && number < MOST;
  }

  /** Gives the turn to a thread, whose operations begin there. Returns false if there is no such thread now. */
  give(to: number, at: number): boolean {
    const words = this.#words;
    if (!(to >= 0 && to <= words[MADE]!) || (words[TURNS + to]! & LEFT) !== 0) return false;
    words[AT] = at;
    Atomics.or(words, TURNS + to, YOURS);
    Atomics.notify(words, TURNS + to);
    return true;
  }

  /** This thread, whose turn it is, will take no other one. */
  leave(): void {
    Atomics.or(this.#words, TURNS + this.number, LEFT);
  }

  /**
   * Waits for this thread's turn. Returns the place of its operations; ENDED if another thread has ended
   * the replay; NO_CALL if the others make no call.
   */
  await(): number {
    const words = this.#words;
    const own = TURNS + this.number;
    for (;;) {
      const turn = Atomics.compareExchange(words, own, YOURS, 0);
      if (turn === YOURS) return words[AT]!;
      if (turn !== 0 || this.isOver) return ENDED;
      if (Atomics.wait(words, own, 0, LONGEST_MS) === 'timed-out') return NO_CALL;
    }
  }

  get isOver(): boolean {
    return Atomics.load(this.#words, OVER) !== 0;
  }

  /**
   * Ends the replay of all threads.
   * @param note for main; null if main ends it
   */
  end(note: ReplayNote | null): void {
    const words = this.#words;
    if (note !== null) {
      const text = new TextEncoder().encode(JSON.stringify(note));
      if (text.length <= this.#note.length) {
        this.#note.set(text);
        words[NOTED] = text.length;
      }
    }
    Atomics.store(words, OVER, 1);
    for (let number = 0; number <= words[MADE]!; number++) {
      Atomics.or(words, TURNS + number, ALL_OVER);
      Atomics.notify(words, TURNS + number);
    }
  }

  /** The note of the thread that has ended the replay; null if there is none. */
  get note(): ReplayNote | null {
    const length = this.#words[NOTED]!;
    if (length === 0) return null;
    return JSON.parse(new TextDecoder().decode(this.#note.slice(0, length))) as ReplayNote;
  }
}
