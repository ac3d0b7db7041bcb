import { QemuAbort } from '../aio/abort.ts';
import type { ContextHandle } from '../aio/handles.ts';
import { EPERM, errnoMessage } from '../host/errno.ts';
import { LOCK_DEPTH, LOCK_OWNER, LOCK_STATE } from './context-words.ts';
import type { LockOwner } from './global-lock.ts';
import { lockWord, unlockWord } from './mutex-word.ts';

/**
 * The lock of a context, as one thread sees it. It is recursive. Running the context does not take
 * it: it protects what threads agree on, and coroutines that aio_co_schedule and aio_co_wake enter
 * hold it. QEMU: ctx->lock.
 */
export class ContextLock {
  readonly #words: Int32Array;
  readonly #owner: LockOwner;

  /** All locks of contexts that the thread holds. */
  readonly #held: Set<ContextLock>;

  /** @param owner the thread that this object is for */
  constructor(context: ContextHandle, owner: LockOwner, held: Set<ContextLock>) {
    this.#words = new Int32Array(context.words);
    this.#owner = owner;
    this.#held = held;
  }

  /** How often this thread holds it. */
  get depth(): number {
    const words = this.#words;
    return Atomics.load(words, LOCK_OWNER) === this.#owner.id ? words[LOCK_DEPTH]! : 0;
  }

  /**
   * Takes it, once no other thread holds it.
   * @throws HostError (EDEADLK) if the host knows that nobody will ever give it back.
   *   QEMU: aio_context_acquire.
   */
  acquire(): void {
    const words = this.#words;
    const { id, host } = this.#owner;
    if (Atomics.load(words, LOCK_OWNER) !== id) {
      lockWord(words, LOCK_STATE, host, 'aio_context_acquire');
      Atomics.store(words, LOCK_OWNER, id);
      this.#held.add(this);
    }
    words[LOCK_DEPTH] = words[LOCK_DEPTH]! + 1;
  }

  /** @throws QemuAbort if this thread does not hold it. QEMU: aio_context_release. */
  release(): void {
    const words = this.#words;
    const { id, host } = this.#owner;
    if (Atomics.load(words, LOCK_OWNER) !== id) {
      throw new QemuAbort(`qemu: qemu_mutex_unlock_impl: ${errnoMessage(EPERM)}`);
    }
    words[LOCK_DEPTH] = words[LOCK_DEPTH]! - 1;
    if (words[LOCK_DEPTH] !== 0) return;
    this.#held.delete(this);
    Atomics.store(words, LOCK_OWNER, 0);
    unlockWord(words, LOCK_STATE, host);
  }
}
