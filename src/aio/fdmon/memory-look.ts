import { POLLIN } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { AioHandler } from '../handler.ts';

/**
 * A look at descriptors of io_urings: their completions stand in memory, so that it needs no call. The kernel
 * finds the same, since it puts a completion there before this thread goes on.
 */
export class MemoryLook {
  readonly #nodes: readonly AioHandler[];
  readonly #looks: readonly (() => boolean)[];

  /** Null if one of the nodes must be polled. A simulated run keeps its calls, which take its time. */
  static of(nodes: readonly AioHandler[], host: Host): MemoryLook | null {
    const looks = nodes.map(({ owner }) => owner.hasEvents);
    if (host.kind !== 'linux' || nodes.length === 0 || looks.includes(undefined)) return null;
    return new MemoryLook(nodes, looks as (() => boolean)[]);
  }

  private constructor(nodes: readonly AioHandler[], looks: readonly (() => boolean)[]) {
    this.#nodes = nodes;
    this.#looks = looks;
  }

  /** Fills the words of the nodes' pollfds as a poll would. Returns how many are ready. */
  poll(words: Int32Array): number {
    let count = 0;
    for (let i = 0; i < this.#looks.length; i++) {
      const isReady = this.#looks[i]!();
      words[2 * i + 1] = this.#nodes[i]!.events | (isReady ? POLLIN << 16 : 0);
      if (isReady) count++;
    }
    return count;
  }
}
