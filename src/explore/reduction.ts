import type { Footprints } from './footprints.ts';
import {
  END,
  FUTEX_WAIT,
  isWrite,
  needsEmptyBuffer,
  SLEEP_ON,
  STORE,
  WAIT_FOR_ZERO,
} from './operation.ts';
import { ASLEEP, type SearchParts, WOKEN } from './search-parts.ts';

/**
 * Partial-order reduction: chooses, in each state, some of the possible steps, so that the order of
 * these and of the others' makes no difference. The states in which nothing goes on, and errors of
 * threads, are found as without it.
 *
 * A unit is something that can take the next step: a thread, or its buffer, by itself. A set of
 * units is enough if no other unit can ever touch a word that the next step of one of them touches;
 * and if those that they wait for are among them.
 */
export class Reduction {
  readonly #parts: SearchParts;
  readonly #footprints: Footprints;
  readonly #threads: number;
  readonly #sleepAt: number;
  readonly #placeAt: number;
  readonly #bufferAt: number;

  constructor(parts: SearchParts, room: number, footprints: Footprints) {
    this.#parts = parts;
    this.#footprints = footprints;
    this.#threads = parts.program.threads.length;
    this.#sleepAt = room;
    this.#placeAt = room + this.#threads;
    this.#bufferAt = room + 2 * this.#threads;
  }

  /** Bits of units: threads, then buffers. Returns 0 if no choice is smaller than all. */
  choose(now: Int32Array): number {
    const threads = this.#threads;
    let enabled = 0;
    for (let thread = 0; thread < threads; thread++) {
      if (this.#canStep(now, thread)) enabled |= 1 << thread;
      if (now[this.#bufferAt + thread] !== 0) enabled |= 1 << (threads + thread);
    }
    let best = 0;
    let fewest = bitsIn(enabled);
    for (let unit = 0; unit < 2 * threads && fewest > 1; unit++) {
      if ((enabled & (1 << unit)) === 0) continue;
      const steps = this.#close(now, unit) & enabled;
      if (bitsIn(steps) >= fewest) continue;
      fewest = bitsIn(steps);
      best = steps;
    }
    return best;
  }

  #canStep(now: Int32Array, thread: number): boolean {
    const place = now[this.#placeAt + thread]!;
    const { kind, word } = this.#parts.places;
    const operation = kind[place]!;
    if (operation >= END) return false;
    if (needsEmptyBuffer(operation) && now[this.#bufferAt + thread] !== 0) return false;
    if (operation === SLEEP_ON) return now[word[place]!] !== 0;
    if (operation === WAIT_FOR_ZERO) return now[word[place]!] === 0;
    return operation !== FUTEX_WAIT || now[this.#sleepAt + thread] !== ASLEEP;
  }

  /** The least set with this unit that is enough. */
  #close(now: Int32Array, unit: number): number {
    const threads = this.#threads;
    let set = 1 << unit;
    for (let done = 0; done !== set; ) {
      const next = 31 - Math.clz32(set & ~done);
      done |= 1 << next;
      set |=
        next < threads
          ? this.#neededByThread(now, next)
          : this.#neededByBuffer(now, next - threads);
    }
    return set;
  }

  #neededByThread(now: Int32Array, thread: number): number {
    const place = now[this.#placeAt + thread]!;
    const kind = this.#parts.places.kind[place]!;
    const word = this.#parts.places.word[place]!;
    if (kind >= END) return 0;
    const isHeld = needsEmptyBuffer(kind) && now[this.#bufferAt + thread] !== 0;
    if (isHeld) return 1 << (this.#threads + thread);
    if (word < 0 || (kind === STORE && !this.#parts.isSc)) return 0;
    if (kind === FUTEX_WAIT && now[this.#sleepAt + thread] === WOKEN) return 0;
    return this.#touching(now, thread, word, !isWrite(kind));
  }

  #neededByBuffer(now: Int32Array, thread: number): number {
    const content = this.#parts.buffers.contents[now[this.#bufferAt + thread]!]!;
    let needed = 0;
    for (let i = 0; i < content.length; i += 2) {
      const word = content[i]!;
      if (word >= 0) needed |= this.#touching(now, thread, word, false);
    }
    return needed;
  }

  /** The units of other threads that may touch a word. */
  #touching(now: Int32Array, thread: number, word: number, onlyWrites: boolean): number {
    let units = 0;
    for (let other = 0; other < this.#threads; other++) {
      if (other === thread) continue;
      if (this.#footprints.touches(now[this.#placeAt + other]!, word, onlyWrites)) {
        units |= 1 << other;
      }
      const buffer = now[this.#bufferAt + other]!;
      if (buffer !== 0 && this.#parts.buffers.newest(buffer, word) >= 0) {
        units |= 1 << (this.#threads + other);
      }
    }
    return units;
  }
}

function bitsIn(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
