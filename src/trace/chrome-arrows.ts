import type { ChromeSlices } from './chrome-slices.ts';
import type { ChromeWriter } from './chrome-writer.ts';

/** Hands out the ids of arrows. */
export class ArrowIds {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/** The beginning of an arrow: its id, the time at which it is drawn, and the slices of its thread. */
interface Start {
  readonly id: number;
  readonly atNs: number;
  readonly slices: ChromeSlices;
}

/**
 * Arrows from the place that schedules a call to the call, which may be on another thread, and a
 * counter of those under way.
 */
export class ScheduleArrows {
  readonly #writer: ChromeWriter;
  readonly #ids: ArrowIds;
  readonly #name: string;
  readonly #counter: string | null;
  /** By the key of the scheduled call. */
  readonly #pending = new Map<string, Start>();

  /** @param counter name of the counter's track; null for none */
  constructor(writer: ChromeWriter, ids: ArrowIds, name: string, counter: string | null) {
    this.#writer = writer;
    this.#ids = ids;
    this.#name = name;
    this.#counter = counter;
  }

  /** @param slices of the thread that schedules */
  schedule(slices: ChromeSlices, key: string, timeNs: number): void {
    if (this.#pending.has(key)) return;
    const id = this.#ids.next();
    const atNs = slices.flow('s', timeNs, id, this.#name);
    this.#pending.set(key, { id, atNs, slices });
    this.#count(timeNs);
  }

  /**
   * The call runs now, or is cancelled.
   * @param slices of the thread that does this
   */
  end(slices: ChromeSlices, key: string, timeNs: number): void {
    const start = this.#pending.get(key);
    if (start === undefined) return;
    this.#pending.delete(key);
    // Slices that were made longer may have shifted its beginning; no arrow goes back.
    slices.flow('f', Math.max(timeNs, start.atNs), start.id, this.#name);
    this.#count(timeNs);
  }

  close(timeNs: number): void {
    for (const { id, slices } of this.#pending.values()) slices.flow('f', timeNs, id, this.#name);
    this.#pending.clear();
  }

  #count(timeNs: number): void {
    if (this.#counter !== null) this.#writer.counter(timeNs, this.#counter, this.#pending.size);
  }
}
