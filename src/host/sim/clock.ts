/** Virtual time, and the events of the simulated world. */

/** Something that happens at an instant. It is in at most one queue at a time. */
export abstract class SimEvent {
  /** When, in ns of CLOCK_MONOTONIC. Set by the queue. */
  timeNs = 0;
  /** Order of scheduling, which decides between events of the same instant. */
  seq = 0;
  /** Place in the queue's heap; -1 if it is in none. */
  index = -1;
  abstract fire(): void;
}

/** A thread, and the call in which it sleeps. */
export interface ThreadWait {
  readonly thread: string;
  readonly call: string;
}

/** Thrown if the thread would wait for ever: no event is left that could end the call. */
export class SimDeadlockError extends Error {
  override readonly name = 'SimDeadlockError';
  /** When it was thrown, in ns of CLOCK_MONOTONIC. */
  readonly timeNs: number;
  /** Each thread, and the call in which it sleeps. */
  readonly waits: readonly ThreadWait[];

  /** @param waits all threads, or the call of the only one */
  constructor(waits: readonly ThreadWait[] | string, timeNs: number) {
    const nothing =
      'the simulated host has no event to come that could end it ' +
      `(no timeout, no timeline entry, no end of a child; monotonic time ${timeNs} ns)`;
    if (typeof waits === 'string') {
      super(`${waits} blocks for ever: ${nothing}`);
      this.waits = [{ thread: 'main', call: waits }];
    } else {
      const each = waits.map(({ thread, call }) => `${thread} in ${call}`).join(', ');
      super(`all threads wait for ever, ${each}: ${nothing}`);
      this.waits = waits;
    }
    this.timeNs = timeNs;
  }
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

/**
 * The time of the one thread. It moves in three ways: a system call takes 1 ns (tick), the thread
 * is busy (advance), or it sleeps (sleep). Events happen on the way, each at its time; the outside
 * world's part takes none of the thread's time.
 */
export class VirtualClock {
  /** CLOCK_MONOTONIC. */
  nowNs: number;
  readonly #queue = new EventQueue();
  // Infinity in both means that an event is running: calls then cost nothing and start no other
  // event.
  #dueNs = Infinity;
  #callNs = 1;

  constructor(startNs: number) {
    this.nowNs = startNs;
  }

  /** The soonest event's time; Infinity if there is none. */
  nextEventNs(): number {
    return this.#queue.soonestNs();
  }

  /** Makes the event happen at timeNs, or at once if that is past. */
  schedule(event: SimEvent, timeNs: number): void {
    this.#queue.add(event, Math.max(timeNs, this.nowNs));
    if (this.#callNs !== 0) this.#dueNs = this.#queue.soonestNs();
  }

  cancel(event: SimEvent): void {
    this.#queue.remove(event);
    if (this.#callNs !== 0) this.#dueNs = this.#queue.soonestNs();
  }

  /** A system call or a clock reading ends. */
  tick(): void {
    this.nowNs += this.#callNs;
    if (this.nowNs >= this.#dueNs) this.#run(this.nowNs);
  }

  /** Runs act with time stopped: its calls take no time, and no event happens meanwhile. */
  still<T>(act: () => T): T {
    const callNs = this.#callNs;
    this.#callNs = 0;
    this.#dueNs = Infinity;
    try {
      return act();
    } finally {
      this.#callNs = callNs;
      this.#dueNs = callNs === 0 ? Infinity : this.#queue.soonestNs();
    }
  }

  /** The thread is busy for ns nanoseconds. */
  advance(ns: number): void {
    if (!(ns >= 0)) throw new RangeError(`time cannot move on by ${ns} ns`);
    this.refuseInEvent('advance()');
    const endNs = this.nowNs + ns;
    this.#run(endNs);
    this.nowNs = endNs;
  }

  /**
   * Sleeps until something happens, at most to deadlineNs; returns false if the deadline came
   * first. All events of one instant happen before the sleeper sees any of them. Throws
   * SimDeadlockError if neither can come.
   */
  sleep(call: string, deadlineNs: number): boolean {
    this.refuseInEvent(call);
    const nextNs = this.#queue.soonestNs();
    if (nextNs > deadlineNs) {
      if (deadlineNs > this.nowNs) this.nowNs = deadlineNs;
      return false;
    }
    if (nextNs === Infinity) throw new SimDeadlockError(call, this.nowNs);
    this.#run(nextNs);
    return true;
  }

  /** Whether time stands still: in still(), and while an event happens. */
  get isStill(): boolean {
    return this.#callNs === 0;
  }

  /** @throws Error if time stands still, since a call that sleeps would never end */
  refuseInEvent(call: string): void {
    if (this.#callNs === 0) {
      throw new Error(`${call} would block inside an event of the simulated outside world`);
    }
  }

  #run(limitNs: number): void {
    this.#callNs = 0;
    this.#dueNs = Infinity;
    try {
      while (this.#queue.soonestNs() <= limitNs) {
        const event = this.#queue.pop()!;
        if (event.timeNs > this.nowNs) this.nowNs = event.timeNs;
        event.fire();
      }
    } finally {
      this.#callNs = 1;
      this.#dueNs = this.#queue.soonestNs();
    }
  }
}
