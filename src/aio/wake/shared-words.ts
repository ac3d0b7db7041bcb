import type { Words } from './words.ts';

/** log2 of the words in a chunk. */
const CHUNK_BITS = 10;
const IN_CHUNK = (1 << CHUNK_BITS) - 1;
export const CHUNK_WORDS = 1 << CHUNK_BITS;
export const CHUNK_BYTES = 4 * CHUNK_WORDS;

/**
 * Memory for a chunk. It begins a page, and so a line of the processor's cache: that of a buffer which can grow
 * is mapped, and other memory may begin anywhere.
 */
export function newChunk(): SharedArrayBuffer {
  const Buffer = SharedArrayBuffer as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => SharedArrayBuffer;
  return new Buffer(CHUNK_BYTES, { maxByteLength: CHUNK_BYTES });
}

/** The chunk that a word stands in. */
export function chunkOf(i: number): number {
  return i >> CHUNK_BITS;
}

/**
 * Words that threads share. `peek` and `store` are plain, and all other operations are sequentially
 * consistent: each of these is a call of a function of V8's, which takes 10 to 20 ns. By JavaScript's
 * memory model a thread that sees a read-modify-write of another's sees the plain stores before it, and so
 * do those that see its own later ones. Nothing more is asked of them. Memory is added in chunks, and none
 * ever moves, so a thread may keep the chunks that it was given.
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

  peek(i: number): number {
    return this.#chunks[i >> CHUNK_BITS]![i & IN_CHUNK]!;
  }

  store(i: number, value: number): void {
    this.#chunks[i >> CHUNK_BITS]![i & IN_CHUNK] = value;
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
