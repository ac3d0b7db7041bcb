import type { Scenario } from '../../model.ts';

/** Words of an object: its descriptor, its other end, and whether it has handlers. */
const WORDS = 3;

/** The numbers of descriptors that one thread has opened, for the others to write to. */
export class SharedFds {
  readonly words: Int32Array;
  readonly #names: readonly string[];

  constructor({ objects }: Scenario, words?: Int32Array) {
    this.#names = objects
      .filter(({ section }) => section === 'fds' || section === 'notifiers')
      .map(({ name }) => name);
    const bytes = 4 * WORDS * Math.max(1, this.#names.length);
    this.words = words ?? new Int32Array(new SharedArrayBuffer(bytes)).fill(-1);
  }

  publish(name: string, fd: number, peer: number): void {
    const at = this.#at(name);
    Atomics.store(this.words, at, fd);
    Atomics.store(this.words, at + 1, peer);
  }

  fd(name: string): number {
    return Atomics.load(this.words, this.#at(name));
  }

  /** -1 if it has no other end. */
  peer(name: string): number {
    return Atomics.load(this.words, this.#at(name) + 1);
  }

  /** Whether a descriptor has handlers, once all that was asked of its thread is done. */
  isWatched(name: string): boolean {
    return Atomics.load(this.words, this.#at(name) + 2) === 1;
  }

  setWatched(name: string, is: boolean): void {
    Atomics.store(this.words, this.#at(name) + 2, is ? 1 : 0);
  }

  #at(name: string): number {
    return this.#names.indexOf(name) * WORDS;
  }
}
