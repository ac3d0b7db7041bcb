import type { ChromeSlices } from './chrome-slices.ts';
import type { ChromeWriter } from './chrome-writer.ts';

/** Hands out the ids of arrows. */
export class ArrowIds {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/** Arrows from the place that schedules a call to the call, and a counter of those under way. */
export class ScheduleArrows {
  readonly #writer: ChromeWriter;
  readonly #slices: ChromeSlices;
  readonly #ids: ArrowIds;
  readonly #name: string;
  readonly #counter: string | null;
  /** Ids of arrows by the key of the scheduled call. */
  readonly #pending = new Map<string, number>();

  /** @param counter name of the counter's track; null for none */
  constructor(
    writer: ChromeWriter,
    slices: ChromeSlices,
    ids: ArrowIds,
    name: string,
    counter: string | null,
  ) {
    this.#writer = writer;
    this.#slices = slices;
    this.#ids = ids;
    this.#name = name;
    this.#counter = counter;
  }

  schedule(key: string, timeNs: number): void {
    if (this.#pending.has(key)) return;
    const id = this.#ids.next();
    this.#pending.set(key, id);
    this.#slices.flow('s', timeNs, id, this.#name);
    this.#count(timeNs);
  }

  /** The call runs now, or is cancelled. */
  end(key: string, timeNs: number): void {
    const id = this.#pending.get(key);
    if (id === undefined) return;
    this.#pending.delete(key);
    this.#slices.flow('f', timeNs, id, this.#name);
    this.#count(timeNs);
  }

  close(timeNs: number): void {
    for (const id of this.#pending.values()) this.#slices.flow('f', timeNs, id, this.#name);
    this.#pending.clear();
  }

  #count(timeNs: number): void {
    if (this.#counter !== null) this.#writer.counter(timeNs, this.#counter, this.#pending.size);
  }
}
