/** Node's own loop of this thread, as far as Node exports what leads to it. */

import koffi from '../koffi.ts';
import { bind, symbolAddress } from '../libc.ts';
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

/** V8 and libuv of this JavaScript thread, as Node has made them. */
export interface NodeThread {
  /** The v8::Isolate. */
  readonly isolate: number;
  /** The uv_loop_t. */
  readonly loop: number;
  /** The descriptor of that loop's epoll. */
  readonly backendFd: number;
}

/** undefined until it is wanted. */
let current: NodeThread | null | undefined;

/**
 * This thread's; null if the program does not export what leads there. Node ends the process if a
 * Worker is terminated while koffi binds a function, so a Worker asks for it before its loop runs.
 */
export function nodeThread(): NodeThread | null {
  if (current === undefined) current = isLibuvOurs() ? findThread() : null;
  return current;
}

function findThread(): NodeThread | null {
  const isolateOf = bound<() => number>(CURRENT_ISOLATE, 'uintptr_t ()');
  const loopOf = bound<(isolate: number) => number>(CURRENT_LOOP, 'uintptr_t (uintptr_t)');
  if (isolateOf === null || loopOf === null) return null;
  const isolate = isolateOf();
  const loop = loopOf(isolate);
  if (isolate === 0 || loop === 0) return null;
  return { isolate, loop, backendFd: bind<[number]>('int uv_backend_fd(uintptr_t)')(loop) };
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
