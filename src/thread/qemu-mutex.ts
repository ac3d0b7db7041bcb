import type { Host } from '../host/host.ts';
import { lockWord, tryLockWord, unlockWord } from './mutex-word.ts';

/** The shared memory of a mutex; structured clone takes it to another thread. */
export interface MutexHandle {
  readonly words: Int32Array;
}

/** A mutex between threads. QEMU: QemuMutex. */
export class QemuMutex {
  readonly #host: Host;
  readonly #words: Int32Array;

  /** @param handle of a mutex that another thread has made; by default a new one */
  constructor(host: Host, handle?: MutexHandle) {
    this.#host = host;
    this.#words = handle?.words ?? new Int32Array(new SharedArrayBuffer(4));
  }

  share(): MutexHandle {
    return { words: this.#words };
  }

  /**
   * Takes it, once nobody else holds it; a thread that holds it waits for ever. QEMU:
   * qemu_mutex_lock.
   * @throws HostError (EDEADLK) if the host knows that nobody will ever give it back
   */
  lock(): void {
    lockWord(this.#words, 0, this.#host, 'qemu_mutex_lock');
  }

  /** Takes it if nobody holds it. Returns whether it did. QEMU: qemu_mutex_trylock. */
  tryLock(): boolean {
    return tryLockWord(this.#words, 0);
  }

  /** Gives it back. The caller must hold it. QEMU: qemu_mutex_unlock. */
  unlock(): void {
    unlockWord(this.#words, 0, this.#host);
  }
}
