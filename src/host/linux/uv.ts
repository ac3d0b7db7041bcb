/**
 * libuv, as Node exports it to addons: the part that a separate loop needs to catch signals.
 * Functions that can fail return -errno themselves.
 */

import { isMainThread } from 'node:worker_threads';
import koffi from './koffi.ts';
import { bind, symbolAddress } from './libc.ts';
import { closeHooks, isLibuvOurs, nodeThread } from './node/node-thread.ts';

/** uv_handle_type, uv_poll_event and uv_run_mode: parts of libuv 1's ABI. */
export const UV_POLL = 8;
export const UV_TIMER = 13;
export const UV_SIGNAL = 16;
export const UV_READABLE = 1;
export const UV_RUN_NOWAIT = 2;

export interface Uv {
  loopSize(): number;
  handleSize(type: number): number;
  loopInit(loop: number): number;
  loopClose(loop: number): number;
  backendFd(loop: number): number;
  run(loop: number, mode: number): number;
  signalInit(loop: number, handle: number): number;
  signalStart(handle: number, callback: number, signo: number): number;
  close(handle: number, callback: number): void;
  /** Zeroed memory outside JavaScript's heap: libuv keeps addresses of it. 0 if none is left. */
  calloc(count: number, bytes: number): number;
  free(memory: number): void;
}

/** Binds the functions anew at each call; undefined if this program does not export them. */
export function bindUv(): Uv | undefined {
  // Bun's functions of these names end the process.
  if (!isLibuvOurs() || symbolAddress('uv_signal_start') === 0) return undefined;
  return {
    loopSize: bind('size_t uv_loop_size()'),
    handleSize: bind('size_t uv_handle_size(int)'),
    loopInit: bind('int uv_loop_init(uintptr_t)'),
    loopClose: bind('int uv_loop_close(uintptr_t)'),
    backendFd: bind('int uv_backend_fd(uintptr_t)'),
    run: bind('int uv_run(uintptr_t, int)'),
    signalInit: bind('int uv_signal_init(uintptr_t, uintptr_t)'),
    signalStart: bind('int uv_signal_start(uintptr_t, uintptr_t, int)'),
    close: bind('void uv_close(uintptr_t, uintptr_t)'),
    calloc: bind('uintptr_t calloc(size_t, size_t)'),
    free: bind('void free(uintptr_t)'),
  };
}

/** A function of ours that C may call: by its address. */
export interface CCallback {
  readonly address: number;
  free(): void;
}

export function signalCallback(tell: (signo: number) => void): CCallback {
  const type = koffi.pointer(koffi.proto('void (uintptr_t, int)'));
  const pointer = koffi.register((_handle: number, signo: number) => tell(signo), type);
  return { address: Number(pointer), free: () => koffi.unregister(pointer) };
}

/** Node's own loop in this thread, and the calls that watch a descriptor and the time in it. */
export interface NodeUv {
  /** The uv_loop_t. */
  readonly loop: number;
  /** ms, -1 without limit. */
  backendTimeout(loop: number): number;
  handleSize(type: number): number;
  pollInit(loop: number, handle: number, fd: number): number;
  pollStart(handle: number, events: number, callback: number): number;
  timerInit(loop: number, handle: number): number;
  timerStart(handle: number, callback: number, ms: number, repeatMs: number): number;
  timerStop(handle: number): number;
  updateTime(loop: number): void;
  ref(handle: number): void;
  unref(handle: number): void;
  /** A handle was initialized: it is closed with its thread. */
  opened(handle: number): void;
  /** Closes a handle; its memory is freed when libuv is done with it. */
  close(handle: number): void;
  calloc(count: number, bytes: number): number;
  free(memory: number): void;
}

/** undefined in a program that has no libuv, or one of its own. */
export function bindNodeUv(): NodeUv | undefined {
  const thread = nodeThread();
  if (thread === null || symbolAddress('uv_update_time') === 0) return undefined;
  const hooks = closeHooks(thread.isolate);
  // On its way out Node leaves the main thread's handles alone.
  if (hooks === null && !isMainThread) return undefined;
  const close = bind<[number, number]>('void uv_close(uintptr_t, uintptr_t)');
  const freeAddress = symbolAddress('free');
  return {
    loop: thread.loop,
    backendTimeout: bind('int uv_backend_timeout(uintptr_t)'),
    handleSize: bind('size_t uv_handle_size(int)'),
    pollInit: bind('int uv_poll_init(uintptr_t, uintptr_t, int)'),
    pollStart: bind('int uv_poll_start(uintptr_t, int, uintptr_t)'),
    timerInit: bind('int uv_timer_init(uintptr_t, uintptr_t)'),
    timerStart: bind('int uv_timer_start(uintptr_t, uintptr_t, uint64_t, uint64_t)'),
    timerStop: bind('int uv_timer_stop(uintptr_t)'),
    updateTime: bind('void uv_update_time(uintptr_t)'),
    ref: bind('void uv_ref(uintptr_t)'),
    unref: bind('void uv_unref(uintptr_t)'),
    calloc: bind('uintptr_t calloc(size_t, size_t)'),
    free: bind('void free(uintptr_t)'),
    opened: (handle) => hooks?.add(handle),
    close: (handle) => {
      hooks?.remove(handle);
      close(handle, freeAddress);
    },
  };
}

/** A C function that calls one of ours, whatever its arguments. */
export function plainCallback(call: () => void): CCallback {
  const pointer = koffi.register(call, koffi.pointer(koffi.proto('void ()')));
  return { address: Number(pointer), free: () => koffi.unregister(pointer) };
}
