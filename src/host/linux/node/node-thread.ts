/** Node's own loop of this thread, as far as Node exports what leads to it. */

import koffi from '../koffi.ts';
import { symbolAddress } from '../libc.ts';
import { closeCode } from '../machine/close-code.ts';
import { CodePage } from '../machine/code-page.ts';

const CURRENT_ISOLATE = '_ZN2v87Isolate10GetCurrentEv';
const CURRENT_LOOP = '_ZN4node19GetCurrentEventLoopEPN2v87IsolateE';
const ADD_HOOK = '_ZN4node25AddEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_';
const REMOVE_HOOK = '_ZN4node28RemoveEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_';

/** Whether this program's own loop is libuv 1's. Bun and Deno only export functions of its names. */
export function isLibuvOurs(): boolean {
  const { uv, bun, deno } = process.versions;
  return uv?.startsWith('1.') === true && bun === undefined && deno === undefined;
}

/** A C++ function by its symbol; null if the program does not export it. */
function bound<F>(symbol: string, type: string): F | null {
  const address = symbolAddress(symbol);
  return address === 0 ? null : koffi.decode(BigInt(address), koffi.proto(type));
}

/** The v8::Isolate of this thread, and Node's uv_loop_t in it; null if they are not exported. */
export function currentLoop(): { readonly isolate: number; readonly loop: number } | null {
  const isolateOf = bound<() => number>(CURRENT_ISOLATE, 'uintptr_t ()');
  const loopOf = bound<(isolate: number) => number>(CURRENT_LOOP, 'uintptr_t (uintptr_t)');
  if (isolateOf === null || loopOf === null) return null;
  const isolate = isolateOf();
  const loop = loopOf(isolate);
  return isolate === 0 || loop === 0 ? null : { isolate, loop };
}

/** Closes libuv handles when Node leaves this thread, also if that runs no JavaScript any more. */
export interface CloseHooks {
  add(handle: number): void;
  remove(handle: number): void;
}

/** Shared by all handles of a JavaScript thread; undefined until they are wanted. */
let hooks: CloseHooks | null | undefined;

/** Null if the machine's code is unknown, or Node does not export what it takes. */
export function closeHooks(isolate: number): CloseHooks | null {
  if (hooks === undefined) hooks = makeHooks(isolate);
  return hooks;
}

function makeHooks(isolate: number): CloseHooks | null {
  const type = 'void (uintptr_t, uintptr_t, uintptr_t)';
  type Change = (isolate: number, hook: number, argument: number) => void;
  const add = bound<Change>(ADD_HOOK, type);
  const remove = bound<Change>(REMOVE_HOOK, type);
  if (add === null || remove === null) return null;
  // The page stays as long as the process: a hook may be about to run.
  const page = CodePage.make(closeCode(symbolAddress('uv_close'), symbolAddress('free')));
  if (typeof page === 'number') return null;
  return {
    add: (handle) => add(isolate, page.address, handle),
    remove: (handle) => remove(isolate, page.address, handle),
  };
}
