import type { Host } from '../../host/host.ts';
import { lockWord, unlockWord } from '../mutex-word.ts';
import {
  ITEM_WORDS,
  MOST_WORK,
  WORK_FAILED,
  WORK_ITEMS,
  WORK_MUTEX,
  WORK_PUT,
  WORK_TAKEN,
} from './vcpu-words.ts';

/** An item: how many numbers it has, the name's length, whether it is to run alone, the numbers, the name. */
const COUNT = 0;
const LENGTH = 1;
const ALONE = 2;
const NUMBERS = 4;
const NAME = 16;
const MOST_NUMBERS = 6;
const MOST_BYTES = 4 * (ITEM_WORDS - NAME);

/** Work that a vCPU took out of its queue. */
export interface Work {
  readonly item: number;
  readonly name: string;
  readonly numbers: readonly number[];
  /** Whether no other vCPU may run meanwhile. QEMU: wi->exclusive. */
  readonly alone: boolean;
}

/**
 * Work for a vCPU: names of its module's functions, with numbers, first in first out. QEMU:
 * cpu->work_list.
 */
export class WorkQueue {
  readonly #words: Int32Array;
  readonly #host: Host;

  constructor(words: Int32Array, host: Host) {
    this.#words = words;
    this.#host = host;
  }

  /** QEMU: cpu_work_list_empty. */
  get isEmpty(): boolean {
    const words = this.#words;
    return Atomics.load(words, WORK_PUT) === Atomics.load(words, WORK_TAKEN);
  }

  /**
   * Returns the number of the item, for isDone; -1 if the queue is full.
   * @throws RangeError if the name is too long, or there are more than six numbers
   */
  put(name: string, numbers: readonly number[], alone = false): number {
    const bytes = new TextEncoder().encode(name);
    if (bytes.length > MOST_BYTES) {
      throw new RangeError(`work '${name}': expected a name of at most ${MOST_BYTES} bytes`);
    }
    if (numbers.length > MOST_NUMBERS) {
      throw new RangeError(
        `work '${name}': ${numbers.length} numbers: expected up to ${MOST_NUMBERS}`,
      );
    }
    const words = this.#words;
    lockWord(words, WORK_MUTEX, this.#host, 'queue_work_on_cpu');
    try {
      const item = words[WORK_PUT]!;
      if (item - words[WORK_TAKEN]! >= MOST_WORK) return -1;
      const at = placeOf(item);
      words[at + COUNT] = numbers.length;
      words[at + LENGTH] = bytes.length;
      words[at + ALONE] = alone ? 1 : 0;
      this.#numbers(at).set(numbers);
      this.#name(at).set(bytes);
      Atomics.store(words, WORK_PUT, item + 1);
      return item;
    } finally {
      unlockWord(words, WORK_MUTEX, this.#host);
    }
  }

  /** The first item; null if there is none. Its place stays taken until it is done. */
  first(): Work | null {
    if (this.isEmpty) return null;
    const item = this.#words[WORK_TAKEN]!;
    const at = placeOf(item);
    const name = new TextDecoder().decode(this.#name(at).slice(0, this.#words[at + LENGTH]));
    const numbers = [...this.#numbers(at)].slice(0, this.#words[at + COUNT]);
    return { item, name, numbers, alone: this.#words[at + ALONE] !== 0 };
  }

  /** The first item is done: the next one is first. */
  done(): void {
    Atomics.add(this.#words, WORK_TAKEN, 1);
  }

  /** The first item has thrown: no other will be done. */
  failed(): void {
    Atomics.store(this.#words, WORK_FAILED, this.#words[WORK_TAKEN]! + 1);
  }

  hasFailed(item: number): boolean {
    return Atomics.load(this.#words, WORK_FAILED) === item + 1;
  }

  isDone(item: number): boolean {
    return Atomics.load(this.#words, WORK_TAKEN) - item > 0;
  }

  #numbers(at: number): Float64Array {
    const { buffer, byteOffset } = this.#words;
    return new Float64Array(buffer, byteOffset + 4 * (at + NUMBERS), MOST_NUMBERS);
  }

  #name(at: number): Uint8Array {
    const { buffer, byteOffset } = this.#words;
    return new Uint8Array(buffer, byteOffset + 4 * (at + NAME), MOST_BYTES);
  }
}

function placeOf(item: number): number {
  return WORK_ITEMS + (item % MOST_WORK) * ITEM_WORDS;
}
