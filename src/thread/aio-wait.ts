import { assertionFailed } from '../aio/abort.ts';
import { AioContext } from '../aio/aio-context.ts';
import { NUM_WAITERS } from './machine-words.ts';
import type { QemuThread } from './qemu-thread.ts';
import type { RemoteContext } from './remote-context.ts';

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
    // A read with a full barrier: a plain store of the caller must not move behind it.
    if (Atomics.or(machine.words, NUM_WAITERS, 0) !== 0) machine.wakeMain();
  }

  /**
   * Runs a function in a context of this thread, and waits for its end. Other bottom halves run
   * meanwhile. QEMU: aio_wait_bh_oneshot.
   */
  bhOneshot(context: AioContext, callback: () => void): void {
    const { currentContext, machine } = this.#thread;
    if (currentContext === null || currentContext !== machine.mainContext) {
      throw notMain('aio_wait_bh_oneshot');
    }
    let done = false;
    context.scheduleOneshot('aio_wait_bh', () => {
      callback();
      done = true;
      this.kick();
    });
    this.waitWhileUnlocked(context, () => !done);
  }

  #wait(
    context: AioContext | RemoteContext | null,
    condition: () => boolean,
    unlock: boolean,
  ): boolean {
    const { words } = this.#thread.machine;
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
    const { currentContext, machine } = this.#thread;
    let waited = false;
    if (context instanceof AioContext && context === currentContext) {
      for (; condition(); waited = true) context.poll(true);
      return waited;
    }
    const main = machine.mainContext;
    if (main === null || currentContext !== main) throw notMain('AIO_WAIT_WHILE');
    if (!unlock || context === null) {
      for (; condition(); waited = true) main.poll(true);
      return waited;
    }
    const lock = this.#thread.lockOf(context);
    for (; condition(); waited = true) {
      lock.release();
      try {
        main.poll(true);
      } finally {
        lock.acquire();
      }
    }
    return waited;
  }
}

function notMain(where: string): Error {
  return assertionFailed(where, 'qemu_get_current_aio_context() == qemu_get_aio_context()');
}
