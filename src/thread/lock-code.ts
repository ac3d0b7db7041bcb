/**
 * The two steps of a mutex that nobody contends, in WebAssembly: Node 20 calls a function of V8's
 * for each of Atomics' operations, which takes three times as long.
 */

/**
 *     (import "m" "m" (memory 1 1 shared))
 *     (func (export "take") (param $state i32) (param $owner i32) (param $id i32) (result i32)
 *       (if (result i32)
 *         (i32.atomic.rmw.cmpxchg (local.get $state) (i32.const 0) (i32.const 1))
 *         (then (i32.const 0))
 *         (else (i32.store (local.get $owner) (local.get $id)) (i32.const 1))))
 *     (func (export "give") (param $state i32) (param $owner i32) (result i32)
 *       (i32.store (local.get $owner) (i32.const 0))
 *       (i32.atomic.rmw.xchg (local.get $state) (i32.const 0)))
 */
const CODE = [
  ['magic, version', 0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ['types', 0x01, 14, 2, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f],
  ['import', 0x02, 9, 1, 1, 0x6d, 1, 0x6d, 0x02, 0x03, 1, 1],
  ['functions', 0x03, 3, 2, 0, 1],
  ['exports', 0x07, 15, 2, 4, 0x74, 0x61, 0x6b, 0x65, 0, 0, 4, 0x67, 0x69, 0x76, 0x65, 0, 1],
  ['code', 0x0a, 47, 2],
  ['take', 27, 0, 0x20, 0, 0x41, 0, 0x41, 1, 0xfe, 0x48, 2, 0, 0x04, 0x7f, 0x41, 0, 0x05],
  ['', 0x20, 1, 0x20, 2, 0x36, 2, 0, 0x41, 1, 0x0b, 0x0b],
  ['give', 17, 0, 0x20, 1, 0x41, 0, 0x36, 2, 0, 0x20, 0, 0x41, 0, 0xfe, 0x41, 2, 0, 0x0b],
].flatMap(([, ...bytes]) => bytes as number[]);

/** The steps of a mutex; `state` and `owner` are the bytes where its words stand. */
export interface LockCode {
  /** Takes it if nobody holds it, and writes the owner. Returns 1 if it did, or 0. */
  take(state: number, owner: number, id: number): number;
  /** Clears the owner, and gives it back. Returns the state before. */
  give(state: number, owner: number): number;
}

/** A shared WebAssembly.Memory; structured clone takes it to another thread. */
export interface LockMemory {
  /** The steps, if they are not to be WebAssembly: for memory that is not real. @internal */
  readonly code?: LockCode;
  readonly buffer: SharedArrayBuffer;
}

/** The language's library leaves WebAssembly to the browser's. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Memory: new (options: object) => LockMemory;
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object, imports: object) => { readonly exports: LockCode };
  };
};

/** Memory that threads share, and that the code can use: 64 KiB. */
export function newLockMemory(): LockMemory {
  return new wasm.Memory({ initial: 1, maximum: 1, shared: true });
}

export function lockCode(memory: LockMemory): LockCode {
  if (memory.code !== undefined) return memory.code;
  const module = new wasm.Module(Uint8Array.from(CODE));
  return new wasm.Instance(module, { m: { m: memory } }).exports;
}
