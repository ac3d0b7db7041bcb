/**
 * This process's children in the order that waitid looks at them (their births and adoptions), kept
 * so that the first one with news is found without looking at the others.
 */
import type { Process } from './process.ts';

export class WaitQueue {
  /**
   * A binary heap, by birth, of children with news; those without news any more leave it lazily.
   */
  #heap: Process[] = [];
  /** How many of the heap are reaped. */
  #gone = 0;
  #births = 0;

  /** A child was born, or adopted. */
  adopted(child: Process): void {
    child.birth = ++this.#births;
    child.inWaitQueue = false;
  }

  /** A child ended, stopped or continued. */
  changed(child: Process): void {
    if (child.inWaitQueue) return;
    child.inWaitQueue = true;
    this.#push(child);
  }

  /** A child was reaped. Once most of the heap is reaped, all of those are dropped together. */
  reaped(child: Process): void {
    if (!child.inWaitQueue || ++this.#gone * 2 < this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ state }) => state !== 'reaped');
    this.#heap.sort((a, b) => a.birth - b.birth);
    this.#gone = 0;
  }

  /** The first child for which a wait with these options has news, or undefined. */
  first(matches: (child: Process) => boolean): Process | undefined {
    const heap = this.#heap;
    while (heap.length > 0 && !hasNews(heap[0]!)) this.#pop();
    const head = heap[0];
    if (head === undefined || matches(head)) return head;
    // The head has news of another kind than asked for: this is rare, so the others are walked.
    let best: Process | undefined;
    for (const child of heap) {
      if (!hasNews(child) || !matches(child)) continue;
      if (best === undefined || child.birth < best.birth) best = child;
    }
    return best;
  }

  #push(child: Process): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(child);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (heap[up]!.birth <= child.birth) break;
      heap[i] = heap[up]!;
      i = up;
    }
    heap[i] = child;
  }

  #pop(): void {
    const heap = this.#heap;
    heap[0]!.inWaitQueue = false;
    if (heap[0]!.state === 'reaped') this.#gone--;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.birth < heap[child]!.birth) child++;
      if (heap[child]!.birth >= last.birth) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function hasNews(child: Process): boolean {
  return child.state === 'zombie' || child.stoppedBy !== 0 || child.continued;
}
