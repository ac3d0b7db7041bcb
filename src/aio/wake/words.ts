/** Memory of 32-bit words, and the operations that several threads may do on it. */

/** Accesses words by index. The values are signed, as in an Int32Array. */
export interface Words {
  load(i: number): number;
  /**
   * A load that nothing orders: the value may be an old one. What it says may be a guess, which the
   * next operation proves; or it is old only if no order between the threads says otherwise.
   */
  peek(i: number): number;
  /** A plain store: another thread may see it late, but before it sees the next read-modify-write. */
  store(i: number, value: number): void;
  /** Returns the previous value, as do the others below. */
  exchange(i: number, value: number): number;
  /** Stores value if the word is `expected`. Returns the previous value. */
  compareExchange(i: number, expected: number, value: number): number;
  fetchAdd(i: number, value: number): number;
  fetchOr(i: number, value: number): number;
  fetchAnd(i: number, value: number): number;
}

/** The words of a single thread: no operation is atomic, nor has to be. */
export class PlainWords implements Words {
  #array: Int32Array;

  constructor(length: number) {
    this.#array = new Int32Array(length);
  }

  get length(): number {
    return this.#array.length;
  }

  load(i: number): number {
    return this.#array[i]!;
  }

  peek(i: number): number {
    return this.#array[i]!;
  }

  store(i: number, value: number): void {
    this.#array[i] = value;
  }

  exchange(i: number, value: number): number {
    const old = this.#array[i]!;
    this.#array[i] = value;
    return old;
  }

  compareExchange(i: number, expected: number, value: number): number {
    const old = this.#array[i]!;
    if (old === expected) this.#array[i] = value;
    return old;
  }

  fetchAdd(i: number, value: number): number {
    const old = this.#array[i]!;
    this.#array[i] = old + value;
    return old;
  }

  fetchOr(i: number, value: number): number {
    const old = this.#array[i]!;
    this.#array[i] = old | value;
    return old;
  }

  fetchAnd(i: number, value: number): number {
    const old = this.#array[i]!;
    this.#array[i] = old & value;
    return old;
  }

  /** Makes room for at least this many words; existing ones keep their values. */
  reserve(length: number): void {
    const { length: now } = this.#array;
    if (length <= now) return;
    const array = new Int32Array(Math.max(length, 2 * now));
    array.set(this.#array);
    this.#array = array;
  }
}
