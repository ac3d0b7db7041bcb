import type { Recorder } from '../recorder.ts';
import { HOLDER, LAST, LENGTH, MADE, NEVER, OVER, WAITERS } from './turn-words.ts';

/** Calls that a thread makes in its turn while others wait. */
const FEW = 16;
/** How long it rests then, so that one of them gets it, ms. */
const REST_MS = 0.05;

/**
 * The turns of the threads while a run is recorded: only one thread runs at a time, as under rr. It gives
 * its turn away before a call that may sleep, and between others once somebody has waited for long
 * enough. So the record is one list of operations, and whatever the threads share needs no record: in
 * a replay that gives them the same turns it is the same.
 *
 * Invariants:
 *  H1. A thread counts itself as a waiter before it looks once more who has the turn; the holder gives the
 *      turn away, then looks for waiters: explore record-turns --without waiters
 *  H2. The end is stored before the turn is given away: who sees the turn free sees the end. A waiter that
 *      saw neither sees another holder than it waits for: explore record-turns --without end-gives
 *  H3. Where the record ends is stored before the turn is given away: explore record-turns --without
 *      length-first
 */
export class RecordTurns {
  readonly #words: Int32Array;
  readonly #recorder: Recorder;
  readonly #number: number;
  readonly #own: number;
  #calls = 0;

  /** @param number of this thread */
  constructor(words: Int32Array, recorder: Recorder, number: number) {
    this.#words = words;
    this.#recorder = recorder;
    this.#number = number;
    this.#own = number + 1;
  }

  /** The number of a thread that is made now. */
  addThread(): number {
    return ++this.#words[MADE]!;
  }

  /** Waits until it is this thread's turn. Its operations follow. */
  take(): void {
    const words = this.#words;
    if (Atomics.compareExchange(words, HOLDER, 0, this.#own) !== 0) this.#wait();
    this.#calls = 0;
    const { sink } = this.#recorder;
    if (this.isOver) {
      sink.length = 0;
      return;
    }
    sink.length = words[LENGTH]!;
    if (words[LAST] === this.#number) return;
    words[LAST] = this.#number;
    this.#recorder.turn(this.#number);
  }

  give(): void {
    const words = this.#words;
    words[LENGTH] = this.#recorder.sink.length;
    // Unless it does not have it, since all is over.
    Atomics.compareExchange(words, HOLDER, this.#own, 0);
    if (Atomics.load(words, WAITERS) > 0) Atomics.notify(words, HOLDER, 1);
  }

  /** Before a call that does not sleep: others may get their turns, if they have waited. */
  pass(): void {
    const words = this.#words;
    if (Atomics.load(words, WAITERS) === 0 || ++this.#calls < FEW) return;
    this.give();
    Atomics.wait(words, NEVER, 0, REST_MS);
    this.take();
  }

  /** The record ends: all go on at once, and are not recorded. */
  end(): void {
    Atomics.store(this.#words, OVER, 1);
    this.give();
    Atomics.notify(this.#words, HOLDER);
  }

  /** Calls act in a turn of this thread, which may be in a call that sleeps. */
  within(act: () => void): void {
    const isMine = Atomics.load(this.#words, HOLDER) === this.#own;
    if (!isMine) this.take();
    act();
    if (!isMine) this.give();
  }

  get isOver(): boolean {
    return Atomics.load(this.#words, OVER) !== 0;
  }

  #wait(): void {
    const words = this.#words;
    Atomics.add(words, WAITERS, 1);
    while (!this.isOver) {
      const holder = Atomics.compareExchange(words, HOLDER, 0, this.#own);
      if (holder === 0) break;
      Atomics.wait(words, HOLDER, holder);
    }
    Atomics.sub(words, WAITERS, 1);
  }
}
