/** The shared words of one thread: its state and its id. */

import type { Host } from '../host/host.ts';

const STATE = 0;
const TID = 1;
const EXITS = 2;
const WORDS = 3;

/** The states of a thread, in their order. */
export const STARTING = 0;
export const RUNNING = 1;
/** It runs no JavaScript of its job any more. */
export const ENDED = 2;

/** More waiters than there can be. */
const ALL = 0x7fffffff;

/**
 * The words of a thread, as it and the thread that started it see them. STATE is a futex: the
 * thread wakes those that wait for it when it changes.
 */
export class ThreadWords {
  readonly array: Int32Array;

  constructor(array?: Int32Array) {
    this.array = array ?? new Int32Array(new SharedArrayBuffer(WORDS * 4));
  }

  /** The index of the word that futexWait waits for. */
  readonly stateIndex = STATE;

  get state(): number {
    return Atomics.load(this.array, STATE);
  }

  set state(state: number) {
    Atomics.store(this.array, STATE, state);
  }

  /** The thread has come to a state: wakes those that wait for it. */
  tell(host: Pick<Host, 'futexWake'>, state: number): void {
    this.state = state;
    // Without it: explore iothread_stop --without tell-end
    host.futexWake(this.array, STATE, ALL);
  }

  /** Whether process.exit ends it, and its Worker with it. Told before its end. */
  get exits(): boolean {
    return Atomics.load(this.array, EXITS) !== 0;
  }

  tellExit(): void {
    Atomics.store(this.array, EXITS, 1);
  }

  /** As gettid; 0 before the thread has told. */
  get tid(): number {
    return Atomics.load(this.array, TID);
  }

  set tid(tid: number) {
    Atomics.store(this.array, TID, tid);
  }
}
