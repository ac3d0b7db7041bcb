import type { Words } from './words.ts';

/** log2 of the words in a chunk. */
const CHUNK_BITS = 10;
const IN_CHUNK = (1 << CHUNK_BITS) - 1;
export const CHUNK_BYTES = 4 << CHUNK_BITS;

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
  readonly #buffers: SharedArrayBuffer[] = [];

  /** Uses the given chunk as number `index`; without a buffer it is made, and filled with 0. */
  addChunk(index: number, buffer = new SharedArrayBuffer(CHUNK_BYTES)): void {
    this.#buffers[index] = buffer;
    this.#chunks[index] = new Int32Array(buffer);
  }

  /** The memory of a chunk, for another thread. */
  buffer(index: number): SharedArrayBuffer {
    return this.#buffers[index]!;
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
