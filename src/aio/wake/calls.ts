import { CHUNK_BYTES, CHUNK_WORDS, chunkOf, type SharedWords } from './shared-words.ts';

/** The slot of the first call; those below it are of bottom halves. */
export const FIRST_CALL = 2 ** 20;
const FIRST_CHUNK = chunkOf(FIRST_CALL);
/** Words of a call: the entry and how many numbers it has, its link, two unused, the numbers. */
const CALL_WORDS = 16;
const ENTRY = 0;
const COUNT = 2;
/** Index of the first number among the doubles of a call. */
const NUMBERS = 2;
/** The most numbers that a call takes. */
export const MOST_NUMBERS = 6;
/** Instead of its first call a chunk has two words of bits: which of its calls are in use. */
const BITS = 32;
/** How many chunks are looked at before memory is added. */
const MOST_LOOKS = 8;
const FIRST_CHUNKS = 1;
const MOST_CHUNKS = 4096;

/** The language's library of today does not know it yet. */
interface Growable extends SharedArrayBuffer {
  grow(bytes: number): void;
}

/** Memory for the calls of a context. It grows in place, up to 16 MiB. */
export function newCallMemory(): SharedArrayBuffer {
  const Buffer = SharedArrayBuffer as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => SharedArrayBuffer;
  return new Buffer(FIRST_CHUNKS * CHUNK_BYTES, { maxByteLength: MOST_CHUNKS * CHUNK_BYTES });
}

/**
 * Calls of a context's entries, from any thread: each has a slot, which Inbox pushes as it does a
 * bottom half's. A slot in use belongs to the thread that took it, until it is pushed; then to the
 * home thread, which frees it.
 */
export class Calls {
  readonly #memory: Growable;
  readonly #words: SharedWords;
  readonly #numbers: Float64Array[] = [];
  /** The chunk where the last call was taken. */
  #cursor = 0;

  constructor(memory: SharedArrayBuffer, words: SharedWords) {
    this.#memory = memory as Growable;
    this.#words = words;
  }

  /** Takes a free slot, and fills it. Returns -1 if there is none: a quarter million calls wait. */
  take(entry: number, numbers: readonly number[]): number {
    const slot = this.#takeSlot();
    if (slot < 0) return -1;
    this.#words.store(slot + ENTRY, entry);
    this.#words.store(slot + COUNT, numbers.length);
    const doubles = this.#doublesOf(slot);
    const at = firstNumber(slot);
    for (let i = 0; i < numbers.length; i++) doubles[at + i] = numbers[i]!;
    return slot;
  }

  /** Must come before anything else is done with a slot that another thread took. */
  see(slot: number): void {
    this.#chunk(chunkOf(slot) - FIRST_CHUNK);
  }

  entry(slot: number): number {
    return this.#words.peek(slot + ENTRY);
  }

  count(slot: number): number {
    return this.#words.peek(slot + COUNT);
  }

  number(slot: number, i: number): number {
    return this.#doublesOf(slot)[firstNumber(slot) + i]!;
  }

  free(slot: number): void {
    const call = (slot % CHUNK_WORDS) / CALL_WORDS;
    const base = slot - (slot % CHUNK_WORDS);
    // In one step: explore inbox-call-freed --without free-rmw
    this.#words.fetchAnd(base + (call < BITS ? 0 : 1), ~(1 << (call % BITS)));
  }

  #takeSlot(): number {
    for (;;) {
      const chunks = this.#memory.byteLength / CHUNK_BYTES;
      for (let look = 0; look < Math.min(MOST_LOOKS, chunks); look++) {
        if (this.#cursor >= chunks) this.#cursor = 0;
        const slot = this.#takeIn(this.#cursor);
        if (slot >= 0) return slot;
        this.#cursor++;
      }
      if (chunks === MOST_CHUNKS) return this.#takeAnywhere();
      this.#grow(Math.min(MOST_CHUNKS, 2 * chunks));
      this.#cursor = chunks;
    }
  }

  #takeAnywhere(): number {
    for (let chunk = 0; chunk < MOST_CHUNKS; chunk++) {
      const slot = this.#takeIn(chunk);
      if (slot >= 0) return slot;
    }
    return -1;
  }

  #takeIn(chunk: number): number {
    this.#chunk(chunk);
    const words = this.#words;
    const base = FIRST_CALL + chunk * CHUNK_WORDS;
    for (let word = 0; word < 2; word++) {
      // The bits themselves stand in place of call 0.
      const own = word === 0 ? 1 : 0;
      let used = words.peek(base + word) | own;
      while (used !== -1) {
        const bit = 31 - Math.clz32(~used);
        // In one step: explore inbox-call --without bits-rmw
        used = words.fetchOr(base + word, 1 << bit) | own;
        if ((used & (1 << bit)) === 0) return base + (word * BITS + bit) * CALL_WORDS;
      }
    }
    return -1;
  }

  #grow(chunks: number): void {
    try {
      this.#memory.grow(chunks * CHUNK_BYTES);
    } catch (error) {
      // Another thread has made it larger meanwhile.
      if (this.#memory.byteLength < chunks * CHUNK_BYTES) throw error;
    }
  }

  #chunk(chunk: number): void {
    if (this.#numbers[chunk] !== undefined) return;
    this.#words.addChunk(FIRST_CHUNK + chunk, this.#memory, chunk * CHUNK_BYTES);
    this.#numbers[chunk] = new Float64Array(
      this.#memory,
      chunk * CHUNK_BYTES,
      CHUNK_BYTES / Float64Array.BYTES_PER_ELEMENT,
    );
  }

  #doublesOf(slot: number): Float64Array {
    return this.#numbers[chunkOf(slot) - FIRST_CHUNK]!;
  }
}

/** The place of a call's first number among the doubles of its chunk. */
function firstNumber(slot: number): number {
  return (slot % CHUNK_WORDS) / 2 + NUMBERS;
}
