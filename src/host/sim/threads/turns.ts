/** Tells an observer when another thread gets the processor. */

import type { Scheduler } from '../scheduler.ts';
import type { Thread } from '../thread.ts';

/** A simulated thread, as an observer sees it. */
export interface SimThreadState {
  readonly tid: number;
  readonly name: string;
  /** The call in which it sleeps, `compute` while it is busy; null if it could run. */
  readonly call: string | null;
}

export class Turns {
  /** Called before a thread other than main goes on, if another one had the processor, or it slept. */
  onTurn: ((tid: number) => void) | null = null;
  readonly #threads: Scheduler;
  #last = 0;

  constructor(threads: Scheduler) {
    this.#threads = threads;
  }

  /** Main has had the processor since. */
  main(): void {
    this.#last = 0;
  }

  /** A thread gets the processor. The observer sees the kernel as main does. */
  next(thread: Thread, slept: boolean): void {
    const { onTurn } = this;
    if (onTurn === null || (this.#last === thread.tid && !slept)) return;
    this.#last = thread.tid;
    const threads = this.#threads;
    threads.current = threads.main;
    try {
      onTurn(thread.tid);
    } finally {
      threads.current = thread;
    }
  }

  states(): SimThreadState[] {
    return this.#threads.threads.map(({ tid, name, call, started }) => {
      return { tid, name, call: started ? (call?.what ?? null) : 'its start' };
    });
  }
}
