/** All names of a context's entries together take no more than this. */
const MOST_BYTES = 8192;
const LENGTH_BYTES = 4;

export function newNameMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(LENGTH_BYTES + MOST_BYTES);
}

/**
 * The names of a context's entries, in memory that threads share, so that a handle also knows
 * entries that came after it: lines of text, in order of their numbers. Only the home thread adds.
 */
export class EntryNames {
  readonly #length: Int32Array;
  readonly #bytes: Uint8Array;
  #known: string[] = [];
  #knownBytes = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#length = new Int32Array(memory, 0, 1);
    this.#bytes = new Uint8Array(memory, LENGTH_BYTES);
  }

  /**
   * Returns the number of the new entry.
   * @throws RangeError if the name is empty or has a line break, or there is no room for it
   */
  add(name: string): number {
    if (!/^[^\n]+$/.test(name)) {
      throw new RangeError(`entry ${JSON.stringify(name)}: a name is one line of text`);
    }
    const line = new TextEncoder().encode(`${name}\n`);
    const end = Atomics.load(this.#length, 0);
    if (end + line.length > MOST_BYTES) {
      throw new RangeError(
        `entry '${name}': the names of all entries take more than ${MOST_BYTES} bytes`,
      );
    }
    this.#bytes.set(line, end);
    Atomics.store(this.#length, 0, end + line.length);
    return this.list.length - 1;
  }

  /** The number of the latest entry of this name; -1 if there is none. */
  find(name: string): number {
    return this.list.lastIndexOf(name);
  }

  get list(): readonly string[] {
    const end = Atomics.load(this.#length, 0);
    if (end > this.#knownBytes) {
      this.#known = new TextDecoder().decode(this.#bytes.slice(0, end)).split('\n');
      this.#known.pop();
      this.#knownBytes = end;
    }
    return this.#known;
  }
}
