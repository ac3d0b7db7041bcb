import { checkFunction } from './arguments.ts';
import type { Disposable } from './host.ts';

/** The listeners that are called before a descriptor is closed through a host. */
export class CloseListeners {
  /** Replaced, never changed: a listener may add and remove others. */
  #listeners: readonly ((fd: number) => void)[] = [];

  /** Host.onClose. */
  add(listener: (fd: number) => void): Disposable {
    checkFunction(listener, 'onClose: the listener');
    // Wrapped, so that a listener that is given twice is held twice.
    const held = (fd: number): void => listener(fd);
    this.#listeners = [...this.#listeners, held];
    return {
      dispose: () => {
        this.#listeners = this.#listeners.filter((other) => other !== held);
      },
    };
  }

  tell(fd: number): void {
    if (this.#listeners.length !== 0) for (const listener of this.#listeners) listener(fd);
  }

  clear(): void {
    this.#listeners = [];
  }
}
