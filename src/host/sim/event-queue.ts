/** The events of the simulated world, by their time. */

/** Something that happens at an instant. It is in at most one queue at a time. */
export abstract class SimEvent {
  /** When, in ns of CLOCK_MONOTONIC. Set by the queue. */
  timeNs = 0;
  /** The latest that it may come; later than timeNs only where Choices decide. */
  lastNs = 0;
  /** Order of scheduling, which decides between events of the same instant. */
  seq = 0;
  /** Place in the queue's heap; -1 if it is in none. */
  index = -1;
  abstract fire(): void;
}

/** A binary heap: soonest first, and among equals, first scheduled first. */
export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #seq = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The soonest event's time; Infinity if there is none. */
  soonestNs(): number {
    const first = this.#heap[0];
    return first === undefined ? Infinity : first.timeNs;
  }

  add(event: SimEvent, timeNs: number): void {
    if (event.index >= 0) throw new Error('this event is scheduled already');
    event.timeNs = timeNs;
    event.seq = this.#seq++;
    this.#heap.push(event);
    this.#up(event, this.#heap.length - 1);
  }

  /** Those of the soonest instant, first scheduled first. */
  ties(): SimEvent[] {
    const soonestNs = this.soonestNs();
    const ties = this.#heap.filter(({ timeNs }) => timeNs === soonestNs);
    return ties.sort((a, b) => a.seq - b.seq);
  }

  /** Takes the event out, if it is in. */
  remove(event: SimEvent): void {
    const at = event.index;
    if (at < 0) return;
    event.index = -1;
    const last = this.#heap.pop()!;
    if (last === event) return;
    this.#down(last, at);
    if (last.index === at) this.#up(last, at);
  }

  pop(): SimEvent | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  #up(event: SimEvent, from: number): void {
    const heap = this.#heap;
    let i = from;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up]!;
      if (!before(event, parent)) break;
      heap[i] = parent;
      parent.index = i;
      i = up;
    }
    heap[i] = event;
    event.index = i;
  }

  #down(event: SimEvent, from: number): void {
    const heap = this.#heap;
    const size = heap.length;
    let i = from;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (!before(below, event)) break;
      heap[i] = below;
      below.index = i;
      i = child;
    }
    heap[i] = event;
    event.index = i;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.timeNs < b.timeNs || (a.timeNs === b.timeNs && a.seq < b.seq);
}
