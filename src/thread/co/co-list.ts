import { NEXT_QUEUED, nextOf, setNext } from './co-records.ts';

const FIRST = 0;
const LAST = 1;

/** A list of coroutines in shared memory. Whoever uses it holds the lock that it belongs to. */
export class CoList {
  static readonly WORDS = 2;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #records: Int32Array;

  constructor(words: Int32Array, at: number, records: Int32Array) {
    this.#words = words;
    this.#at = at;
    this.#records = records;
  }

  /** The number of the first; 0 if the list is empty. */
  get first(): number {
    return Atomics.load(this.#words, this.#at + FIRST);
  }

  append(number: number): void {
    const last = Atomics.load(this.#words, this.#at + LAST);
    setNext(this.#records, number, NEXT_QUEUED, 0);
    if (this.first === 0) Atomics.store(this.#words, this.#at + FIRST, number);
    else setNext(this.#records, last, NEXT_QUEUED, number);
    Atomics.store(this.#words, this.#at + LAST, number);
  }

  prepend(number: number): void {
    if (this.first === 0) {
      this.append(number);
      return;
    }
    setNext(this.#records, number, NEXT_QUEUED, this.first);
    Atomics.store(this.#words, this.#at + FIRST, number);
  }

  /** Takes the first out. Returns its number, or 0. */
  shift(): number {
    const { first } = this;
    if (first !== 0) {
      Atomics.store(this.#words, this.#at + FIRST, nextOf(this.#records, first, NEXT_QUEUED));
    }
    return first;
  }
}
