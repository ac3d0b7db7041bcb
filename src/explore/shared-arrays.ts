import type { ExploredWords } from './explored-words.ts';

/** Memory of a program: the classes under test make their arrays of it, as of any other. */
export class ExploredMemory {
  /** Stands for the memory; it has no bytes that anybody uses, and is not shared: a page may share none. */
  readonly buffer: SharedArrayBuffer;
  /** The program's word of its first four bytes. */
  readonly first: number;

  constructor(first: number, bytes = 0) {
    this.first = first;
    this.buffer = new ArrayBuffer(bytes) as unknown as SharedArrayBuffer;
  }
}

/** The arrays of a run, and the words where they begin. */
type Known = WeakMap<object, number>;

/**
 * Runs code that reaches its words by Atomics, and by arrays that it makes of shared memory. Both
 * are ours meanwhile: what it does to such an array is an operation of the explored words. All other
 * arrays are as ever.
 */
export function withArrays<T>(
  words: ExploredWords,
  memories: readonly ExploredMemory[],
  act: () => T,
): T {
  const known: Known = new WeakMap();
  const { Atomics: ownAtomics, Int32Array: ownInt32, Float64Array: ownFloat64 } = globalThis;
  // A page may share no memory, and what is explored does not need to.
  const ownShared: typeof SharedArrayBuffer | undefined = globalThis.SharedArrayBuffer;
  const arrays = (own: Int32ArrayConstructor | Float64ArrayConstructor): object =>
    new Proxy(own, {
      construct(target, args, newTarget) {
        const memory = memories.find(({ buffer }) => buffer === args[0]);
        if (memory === undefined) return Reflect.construct(target, args, newTarget);
        const scale = own.BYTES_PER_ELEMENT / ownInt32.BYTES_PER_ELEMENT;
        const first = memory.first + (args[1] ?? 0) / ownInt32.BYTES_PER_ELEMENT;
        return arrayOf(words, known, { first, scale, buffer: memory.buffer });
      },
    });
  Object.assign(globalThis, {
    Atomics: atomicsOf(words, known, ownAtomics),
    Int32Array: arrays(ownInt32),
    Float64Array: arrays(ownFloat64),
    SharedArrayBuffer: ownShared ?? ArrayBuffer,
  });
  try {
    return act();
  } finally {
    Object.assign(globalThis, {
      Atomics: ownAtomics,
      Int32Array: ownInt32,
      Float64Array: ownFloat64,
      SharedArrayBuffer: ownShared,
    });
  }
}

interface Place {
  readonly first: number;
  /** Words of an element. */
  readonly scale: number;
  readonly buffer: SharedArrayBuffer;
}

/** An array over explored words: its plain reads and writes are loads and stores. */
function arrayOf(words: ExploredWords, known: Known, { first, scale, buffer }: Place): object {
  const properties: Record<string, unknown> = {
    buffer,
    byteOffset: 0,
    set: (values: readonly number[], at: number) => {
      for (const [i, value] of values.entries()) words.store(first + scale * (at + i), value);
    },
    fill: (value: number, from: number, to: number) => {
      for (let i = from; i < to; i++) words.store(first + scale * i, value);
    },
  };
  const array = new Proxy(properties, {
    get: (target, key) => {
      const i = typeof key === 'string' ? Number(key) : Number.NaN;
      return Number.isInteger(i) ? words.load(first + scale * i) : target[String(key)];
    },
    set: (_target, key, value) => {
      words.store(first + scale * Number(key), value);
      return true;
    },
  });
  known.set(array, first);
  return array;
}

function atomicsOf(words: ExploredWords, known: Known, own: typeof Atomics): object {
  const at = (array: object, i: number): number => known.get(array)! + i;
  const ours = {
    load: (array: object, i: number) => words.load(at(array, i)),
    store: (array: object, i: number, value: number) => {
      words.storeFenced(at(array, i), value);
      return value;
    },
    exchange: (array: object, i: number, value: number) => words.exchange(at(array, i), value),
    compareExchange: (array: object, i: number, expected: number, value: number) =>
      words.compareExchange(at(array, i), expected, value),
    add: (array: object, i: number, value: number) => words.fetchAdd(at(array, i), value),
    sub: (array: object, i: number, value: number) => words.fetchAdd(at(array, i), -value),
    or: (array: object, i: number, value: number) => words.fetchOr(at(array, i), value),
    and: (array: object, i: number, value: number) => words.fetchAnd(at(array, i), value),
    // No time passes.
    wait: (array: object, i: number, expected: number) =>
      words.futexWait(at(array, i), expected) === 0 ? 'ok' : 'not-equal',
    notify: (array: object, i: number, count = 0x7fffffff) => words.futexWake(at(array, i), count),
  };
  return new Proxy(own, {
    get: (target, key) => {
      const real: unknown = Reflect.get(target, key);
      const mine: unknown = Reflect.get(ours, key);
      if (typeof real !== 'function' || typeof mine !== 'function') return real;
      return (array: object, ...args: unknown[]) =>
        known.has(array) ? mine(array, ...args) : Reflect.apply(real, own, [array, ...args]);
    },
  });
}
