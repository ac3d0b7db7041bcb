/** Virtual time: how it passes, and when events happen. */
import type { Choices } from './choices.ts';
import { EventQueue, type SimEvent } from './event-queue.ts';

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
  readonly #choices: Choices | null;
  /** Events that may come now, and are in the queue for the latest that they may. */
  readonly #open: SimEvent[] = [];
  /**
   * Those of them that have not come where they could, with nothing to be seen since: they might as
   * well have come there.
   */
  readonly #passed = new Set<SimEvent>();

  constructor(startNs: number, choices: Choices | null = null) {
    this.nowNs = startNs;
    this.#choices = choices;
  }

  /** The soonest event's time; Infinity if there is none. */
  nextEventNs(): number {
    return this.#queue.soonestNs();
  }

  /**
   * Makes the event happen at timeNs, or at once if that is past.
   * @param withinNs how much later it may come, if Choices decide
   */
  schedule(event: SimEvent, timeNs: number, withinNs = 0): void {
    const firstNs = Math.max(timeNs, this.nowNs);
    event.lastNs = this.#choices === null ? firstNs : firstNs + withinNs;
    this.#queue.add(event, firstNs);
    if (this.#callNs !== 0) this.#dueNs = this.#queue.soonestNs();
  }

  cancel(event: SimEvent): void {
    this.#queue.remove(event);
    this.#shut(event);
    if (this.#callNs !== 0) this.#dueNs = this.#queue.soonestNs();
  }

  /** A system call or a clock reading ends. Returns whether something happened. */
  tick(): boolean {
    this.nowNs += this.#callNs;
    if (this.nowNs < this.#dueNs) return false;
    this.#run(this.nowNs);
    return true;
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
    if (this.look('sleep')) return true;
    const nextNs = this.#queue.soonestNs();
    if (nextNs > deadlineNs) {
      if (this.#choices !== null) this.#passed.clear();
      if (deadlineNs > this.nowNs) this.nowNs = deadlineNs;
      return false;
    }
    if (nextNs === Infinity) throw new SimDeadlockError(call, this.nowNs);
    this.#run(nextNs);
    return true;
  }

  /** Events whose time is open may come now. Returns whether any did. */
  look(kind: 'event' | 'sleep'): boolean {
    let came = false;
    while (this.#open.length > this.#passed.size && this.#callNs !== 0) {
      const able = this.#open.filter((event) => kind === 'event' || !this.#passed.has(event));
      const way = this.#choices!.choose(kind, able.length + 1);
      if (way === 0) {
        // If one came, the thread wakes up, and there is more to be seen.
        if (kind === 'sleep' && !came) for (const event of able) this.#passed.add(event);
        break;
      }
      this.#comeNow(able[way - 1]!);
      came = true;
    }
    return came;
  }

  #comeNow(event: SimEvent): void {
    this.#queue.remove(event);
    this.#callNs = 0;
    this.#dueNs = Infinity;
    try {
      this.#fire(event);
    } finally {
      this.#callNs = 1;
      this.#dueNs = this.#queue.soonestNs();
    }
  }

  /** The event is open no more. */
  #shut(event: SimEvent): void {
    if (this.#open.length > 0 && this.#open.includes(event)) {
      this.#open.splice(this.#open.indexOf(event), 1);
      this.#passed.delete(event);
    }
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
        const event = this.#choices === null ? this.#queue.pop()! : this.#take(this.#choices);
        if (event.timeNs > this.nowNs) this.nowNs = event.timeNs;
        if (event.lastNs > event.timeNs) {
          this.#open.push(event);
          this.#queue.add(event, event.lastNs);
          continue;
        }
        this.#fire(event);
      }
    } finally {
      this.#callNs = 1;
      this.#dueNs = this.#queue.soonestNs();
    }
  }

  /** The event happens: it is open no more, and there is more to be seen. */
  #fire(event: SimEvent): void {
    if (this.#choices !== null) {
      this.#shut(event);
      this.#passed.clear();
    }
    event.fire();
  }

  /** Takes one of the soonest instant: first those whose time only begins to be open. */
  #take(choices: Choices): SimEvent {
    const ties = this.#queue.ties();
    const opening = ties.find((event) => event.lastNs > event.timeNs);
    const event = opening ?? ties[ties.length === 1 ? 0 : choices.choose('tie', ties.length)]!;
    this.#queue.remove(event);
    return event;
  }
}
