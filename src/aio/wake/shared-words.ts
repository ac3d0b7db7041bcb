import type { Words } from './words.ts';

/** log2 of the words in a chunk. */
const CHUNK_BITS = 10;
const IN_CHUNK = (1 << CHUNK_BITS) - 1;
export const CHUNK_WORDS = 1 << CHUNK_BITS;
export const CHUNK_BYTES = 4 * CHUNK_WORDS;

/** The chunk that a word stands in. */
export function chunkOf(i: number): number {
  return i >> CHUNK_BITS;
}

/**
 * Words that threads share. Every operation is sequentially consistent. Memory is added in chunks,
 * and none ever moves, so a thread may keep the chunks that it was given.
 */
export class SharedWords implements Words {
  readonly #chunks: Int32Array[] = [];

  /** Uses the given memory as chunk number `index`. */
  addChunk(index: number, buffer: SharedArrayBuffer, byteOffset = 0): void {
    this.#chunks[index] = new Int32Array(buffer, byteOffset, CHUNK_WORDS);
  }

  /** The memory of a chunk, for another thread; undefined if this thread does not have it. */
  buffer(index: number): SharedArrayBuffer | undefined {
    return this.#chunks[index]?.buffer as SharedArrayBuffer | undefined;
  }

  load(i: number): number {
    return Atomics.load(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK);
  }

  store(i: number, value: number): void {
    Atomics.store(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, value);
  }

  exchange(i: number, value: number): number {
    return Atomics.exchange(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, value);
  }

  compareExchange(i: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, expected, value);
  }

  fetchAdd(i: number, value: number): number {
    return Atomics.add(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, value);
  }

  fetchOr(i: number, value: number): number {
    return Atomics.or(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, value);
  }

  fetchAnd(i: number, value: number): number {
    return Atomics.and(this.#chunks[i >> CHUNK_BITS]!, i & IN_CHUNK, value);
  }
}
