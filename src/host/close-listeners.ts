import { checkFunction } from './arguments.ts';
import { HeldList } from './held-list.ts';
import type { Disposable } from './host.ts';

/** The listeners that are called before a descriptor is closed through a host. */
export class CloseListeners {
  readonly #listeners = new HeldList<(fd: number) => void>();

  /** Host.onClose. */
  add(listener: (fd: number) => void): Disposable {
    checkFunction(listener, 'onClose: the listener');
    return this.#listeners.add(listener);
  }

  get isEmpty(): boolean {
    return this.#listeners.items.length === 0;
  }

  tell(fd: number): void {
    const { items } = this.#listeners;
    if (items.length !== 0) for (const listener of items) listener(fd);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
