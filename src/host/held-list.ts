import type { Disposable } from './host.ts';

/** A disposable that does nothing. */
export const NOTHING: Disposable = { dispose() {} };

/**
 * A list whose members may come and go while it is gone through: it is replaced, never changed. A
 * member that is added twice is held twice, and each is given up by its own Disposable.
 */
export class HeldList<T> {
  #items: readonly T[] = [];
  /** The Disposable of each item. */
  #holds: readonly Disposable[] = [];

  get items(): readonly T[] {
    return this.#items;
  }

  /** Adds at the end. */
  add(item: T): Disposable {
    const hold = this.#hold();
    this.#items = [...this.#items, item];
    this.#holds = [...this.#holds, hold];
    return hold;
  }

  addFirst(item: T): Disposable {
    const hold = this.#hold();
    this.#items = [item, ...this.#items];
    this.#holds = [hold, ...this.#holds];
    return hold;
  }

  clear(): void {
    this.#items = [];
    this.#holds = [];
  }

  #hold(): Disposable {
    const hold: Disposable = {
      dispose: () => {
        const at = this.#holds.indexOf(hold);
        if (at < 0) return;
        this.#items = this.#items.toSpliced(at, 1);
        this.#holds = this.#holds.toSpliced(at, 1);
      },
    };
    return hold;
  }
}
