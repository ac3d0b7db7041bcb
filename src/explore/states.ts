const CHUNK_BITS = 14;
const CHUNK_STATES = 1 << CHUNK_BITS;
const IN_CHUNK = CHUNK_STATES - 1;

/** Part of a state's hash: that of one of its numbers. All parts are combined by exclusive or. */
export function mix(index: number, value: number): number {
  let x = Math.imul(value + Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * States that were reached: lists of numbers, each once, in order of their discovery. Each has the
 * state from which it was found, and by which step.
 */
export class States {
  /** Numbers of a state. */
  readonly width: number;
  count = 0;
  readonly #chunks: Int32Array[] = [];
  readonly #hashes: Int32Array[] = [];
  readonly #parents: Int32Array[] = [];
  readonly #steps: Int16Array[] = [];
  /** Open addressing: the number of a state plus 1. */
  #table = new Int32Array(1 << 12);

  constructor(width: number) {
    this.width = width;
  }

  /** Memory that they take, in bytes. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_STATES * (4 * this.width + 10) + 4 * this.#table.length;
  }

  /** Copies a state to `into`. Returns its hash. */
  read(state: number, into: Int32Array): number {
    const chunk = this.#chunks[state >> CHUNK_BITS]!;
    const at = (state & IN_CHUNK) * this.width;
    for (let i = 0; i < this.width; i++) into[i] = chunk[at + i]!;
    return this.#hashes[state >> CHUNK_BITS]![state & IN_CHUNK]!;
  }

  parent(state: number): number {
    return this.#parents[state >> CHUNK_BITS]![state & IN_CHUNK]!;
  }

  step(state: number): number {
    return this.#steps[state >> CHUNK_BITS]![state & IN_CHUNK]!;
  }

  /** Returns the number of a state, which is added if it is new. */
  add(numbers: Int32Array, hash: number, parent: number, step: number): number {
    if (2 * this.count >= this.#table.length) this.#rehash();
    const table = this.#table;
    const mask = table.length - 1;
    let slot = hash & mask;
    for (let found = table[slot]!; found !== 0; found = table[slot]!) {
      if (this.#is(found - 1, numbers, hash)) return found - 1;
      slot = (slot + 1) & mask;
    }
    const state = this.count++;
    table[slot] = state + 1;
    this.#append(state, numbers, hash, parent, step);
    return state;
  }

  #is(state: number, numbers: Int32Array, hash: number): boolean {
    const index = state >> CHUNK_BITS;
    if (this.#hashes[index]![state & IN_CHUNK] !== hash) return false;
    const chunk = this.#chunks[index]!;
    const at = (state & IN_CHUNK) * this.width;
    for (let i = 0; i < this.width; i++) if (chunk[at + i] !== numbers[i]) return false;
    return true;
  }

  #append(state: number, numbers: Int32Array, hash: number, parent: number, step: number): void {
    const index = state >> CHUNK_BITS;
    const place = state & IN_CHUNK;
    if (place === 0) {
      this.#chunks.push(new Int32Array(CHUNK_STATES * this.width));
      this.#hashes.push(new Int32Array(CHUNK_STATES));
      this.#parents.push(new Int32Array(CHUNK_STATES));
      this.#steps.push(new Int16Array(CHUNK_STATES));
    }
    const chunk = this.#chunks[index]!;
    const at = place * this.width;
    for (let i = 0; i < this.width; i++) chunk[at + i] = numbers[i]!;
    this.#hashes[index]![place] = hash;
    this.#parents[index]![place] = parent;
    this.#steps[index]![place] = step;
  }

  #rehash(): void {
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    for (let state = 0; state < this.count; state++) {
      let slot = this.#hashes[state >> CHUNK_BITS]![state & IN_CHUNK]! & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = state + 1;
    }
    this.#table = table;
  }
}
