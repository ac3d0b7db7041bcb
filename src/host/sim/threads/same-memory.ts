/** Which SharedArrayBuffers are the same memory: each message makes another object of it. */

export class SameMemory {
  readonly #known: SharedArrayBuffer[] = [];
  readonly #first = new WeakMap<ArrayBufferLike, SharedArrayBuffer>();

  /** The first object that stood for this memory here. */
  of(memory: SharedArrayBuffer): SharedArrayBuffer {
    let first = this.#first.get(memory);
    if (first !== undefined) return first;
    first = this.#known.find((known) => areSame(known, memory));
    if (first === undefined) {
      first = memory;
      this.#known.push(memory);
    }
    this.#first.set(memory, first);
    return first;
  }
}

/**
 * Whether a byte that is written here appears there. It is put back before anybody can see it, since
 * all other threads of the simulated process stand still.
 */
function areSame(a: SharedArrayBuffer, b: SharedArrayBuffer): boolean {
  if (a.byteLength !== b.byteLength || a.byteLength === 0) return false;
  const [x, y] = [new Uint8Array(a), new Uint8Array(b)];
  const before = x[0]!;
  if (y[0] !== before) return false;
  x[0] = before ^ 0xff;
  const same = y[0] !== before;
  x[0] = before;
  return same;
}
