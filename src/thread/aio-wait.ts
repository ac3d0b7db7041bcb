import { assertionFailed } from '../aio/abort.ts';
import { AioContext } from '../aio/aio-context.ts';
import type { EntryCallback } from '../aio/entries.ts';
import { checkFunction } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';
import type { ListedIOThread } from './iothread-info.ts';
import { FIRST_DONE, MOST_DONE, NUM_WAITERS } from './machine-words.ts';
import type { QemuThread } from './qemu-thread.ts';
import type { RemoteContext } from './remote-context.ts';

/** An entry that main waits for: it has not run, has returned, or has thrown. */
const WAITS = 0;
const DONE = 1;
const FAILED = 2;

/**
 * How a thread waits for something that an AioContext does, while it runs its own context or main's.
 * Whoever may have made the condition false calls kick. QEMU: AioWait.
 *
 * Invariant: a waiter is counted before it evaluates its condition, and kick looks at the count after
 * its caller has changed the condition, with a full barrier in between in both. So either the waiter
 * sees the change, or kick sees the waiter.
 */
export class AioWait {
  readonly #thread: QemuThread;
  /** How many calls of bhOneshot wait for another thread, each within the last. */
  #nested = 0;

  /** @internal */
  constructor(thread: QemuThread) {
    this.#thread = thread;
  }

  /**
   * Polls while the condition is true: the context if this thread runs it; otherwise main's, with
   * the lock of `context` given back meanwhile. Only main may wait for another thread's context, or
   * for several (null). The condition is any function of this thread. Returns whether it polled.
   * @throws QemuAbort if another thread than main waits for another thread's context, or if the
   *   caller does not hold that context's lock. QEMU: AIO_WAIT_WHILE.
   */
  waitWhile(context: AioContext | RemoteContext | null, condition: () => boolean): boolean {
    return this.#wait(context, condition, true);
  }

  /** waitWhile without the context's lock. QEMU: AIO_WAIT_WHILE_UNLOCKED. */
  waitWhileUnlocked(context: AioContext | RemoteContext | null, condition: () => boolean): boolean {
    return this.#wait(context, condition, false);
  }

  /**
   * Makes main evaluate the condition that it waits for; does nothing if nobody waits. Any thread
   * may call it. QEMU: aio_wait_kick.
   */
  kick(): void {
    const { machine } = this.#thread;
    // A read with a full barrier: a plain store of the caller must not move behind it. Without it:
    // explore aio_wait_while --without kick-mb
    if (Atomics.or(machine.words, NUM_WAITERS, 0) !== 0) machine.wakeMain();
  }

  /**
   * Registers a function of this thread's context for bhOneshot of main.
   * @throws TypeError, RangeError as AioContext.newEntry; Error if this thread runs no context
   */
  newEntry(name: string, callback: EntryCallback): Disposable {
    checkFunction(callback, `AioWait.newEntry: the callback of '${name}'`);
    const { context, machine } = this.#thread;
    if (context === null)
      throw new Error(`thread '${this.#thread.name}' runs no context of its own`);
    return context.newEntry(entryName(name), (slot, ...numbers) => {
      let state = FAILED;
      try {
        callback(...numbers);
        state = DONE;
      } finally {
        Atomics.store(machine.words, FIRST_DONE + slot, state);
        this.kick();
      }
    });
  }

  /**
   * Runs a function in a context, and waits for its end; other work of main's runs meanwhile. In
   * main's own context it is any function; in another thread's it is one that newEntry registered
   * there, and gets up to five numbers. Main must hold that context's lock.
   * @throws QemuAbort in another thread than main, or without the lock; RangeError if there is no
   *   such entry; what the function throws, which ends its IOThread; Error if that has ended otherwise.
   *   QEMU: aio_wait_bh_oneshot.
   */
  bhOneshot(context: AioContext, callback: () => void): void;
  bhOneshot(context: RemoteContext, entry: string, ...numbers: number[]): void;
  bhOneshot(
    context: AioContext | RemoteContext,
    act: string | (() => void),
    ...numbers: number[]
  ): void {
    this.checkOneshot();
    if (context instanceof AioContext) this.#ownOneshot(context, act as () => void);
    else this.#remoteOneshot(context, act as string, numbers);
  }

  /** @throws QemuAbort in another thread than main @internal */
  checkOneshot(): void {
    const { context, machine } = this.#thread;
    if (context !== null || machine.mainContext === null) throw notMain('aio_wait_bh_oneshot');
  }

  #ownOneshot(context: AioContext, callback: () => void): void {
    let done = false;
    context.scheduleOneshot('aio_wait_bh', () => {
      try {
        callback();
      } finally {
        done = true;
        this.kick();
      }
    });
    this.waitWhile(context, () => !done);
  }

  #remoteOneshot(context: RemoteContext, entry: string, numbers: readonly number[]): void {
    const { words } = this.#thread.machine;
    if (this.#nested === MOST_DONE) throw new Error('aio_wait_bh_oneshot: nested too deep');
    const slot = this.#nested++;
    const at = FIRST_DONE + slot;
    try {
      Atomics.store(words, at, WAITS);
      const io = this.#ioThreadOf(context);
      const isGone = (): boolean => io?.hasEnded() === true;
      if (isGone() || !context.scheduleOneshot(entryName(entry), slot, ...numbers)) {
        throw hasEnded(context);
      }
      this.waitWhile(context, () => Atomics.load(words, at) === WAITS && !isGone());
      const state = Atomics.load(words, at);
      if (state === DONE) return;
      throw io?.takeFailure() ?? (state === FAILED ? hasThrown(context, entry) : hasEnded(context));
    } finally {
      this.#nested--;
    }
  }

  #ioThreadOf({ handle }: RemoteContext): ListedIOThread | undefined {
    const { iothreads } = this.#thread.machine.workers;
    return [...iothreads.values()].find(({ wakeFd }) => wakeFd === handle.wakeFd);
  }

  #wait(
    context: AioContext | RemoteContext | null,
    condition: () => boolean,
    unlock: boolean,
  ): boolean {
    checkFunction(condition, 'AIO_WAIT_WHILE: the condition');
    const { words } = this.#thread.machine;
    // Before the condition: explore aio_wait_while --without count-first
    Atomics.add(words, NUM_WAITERS, 1);
    try {
      return this.#pollWhile(context, condition, unlock);
    } finally {
      Atomics.sub(words, NUM_WAITERS, 1);
    }
  }

  #pollWhile(
    context: AioContext | RemoteContext | null,
    condition: () => boolean,
    unlock: boolean,
  ): boolean {
    const thread = this.#thread;
    const { main } = thread.machine;
    let waited = false;
    if (thread.context !== null && context !== null && thread.runs(context)) {
      for (; condition(); waited = true) thread.context.poll(true);
      return waited;
    }
    if (main === null || !thread.runs(main)) throw notMain('AIO_WAIT_WHILE');
    if (!unlock || context === null || thread.runs(context)) {
      for (; condition(); waited = true) thread.pollMain(true);
      return waited;
    }
    const lock = thread.lockOf(context);
    for (; condition(); waited = true) {
      lock.release();
      try {
        thread.pollMain(true);
      } finally {
        lock.acquire();
      }
    }
    return waited;
  }
}

/** An entry that tells when it has ended is not called as others are. */
function entryName(name: string): string {
  return `aio_wait_bh ${name}`;
}

function hasThrown({ name }: RemoteContext, entry: string): Error {
  return new Error(`aio_wait_bh_oneshot: entry '${entry}' of context '${name}' has thrown`);
}

function hasEnded({ name }: RemoteContext): Error {
  return new Error(`aio_wait_bh_oneshot: the thread of context '${name}' has ended`);
}

function notMain(where: string): Error {
  return assertionFailed(where, 'qemu_get_current_aio_context() == qemu_get_aio_context()');
}
