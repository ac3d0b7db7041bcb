/**
 * libuv, as Node exports it to addons: the part that a separate loop needs to catch signals.
 * Functions that can fail return -errno themselves.
 */

import { isMainThread } from 'node:worker_threads';
import koffi from 'koffi';
import { bind, symbolAddress } from './libc.ts';

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
  if (symbolAddress('uv_loop_init') === 0 || symbolAddress('uv_signal_start') === 0) {
    return undefined;
  }
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
  /** The address of free(3), as a uv_close_cb that gives back the handle's memory. */
  readonly freeAddress: number;
  handleSize(type: number): number;
  pollInit(loop: number, handle: number, fd: number): number;
  pollStart(handle: number, events: number, callback: number): number;
  timerInit(loop: number, handle: number): number;
  timerStart(handle: number, callback: number, ms: number, repeatMs: number): number;
  timerStop(handle: number): number;
  updateTime(loop: number): void;
  ref(handle: number): void;
  unref(handle: number): void;
  close(handle: number, callback: number): void;
  calloc(count: number, bytes: number): number;
  free(memory: number): void;
}

/**
 * undefined in a program whose own loop is not libuv 1's, though it may export functions of these
 * names: Bun, Deno.
 */
export function bindNodeUv(): NodeUv | undefined {
  const { uv, bun, deno } = process.versions;
  if (uv === undefined || !uv.startsWith('1.')) return undefined;
  if (bun !== undefined || deno !== undefined) return undefined;
  if (symbolAddress('uv_poll_start') === 0 || symbolAddress('uv_update_time') === 0) {
    return undefined;
  }
  if (!isMainThread) return undefined;
  const defaultLoop = bind<[]>('uintptr_t uv_default_loop()');
  return {
    loop: defaultLoop(),
    freeAddress: symbolAddress('free'),
    handleSize: bind('size_t uv_handle_size(int)'),
    pollInit: bind('int uv_poll_init(uintptr_t, uintptr_t, int)'),
    pollStart: bind('int uv_poll_start(uintptr_t, int, uintptr_t)'),
    timerInit: bind('int uv_timer_init(uintptr_t, uintptr_t)'),
    timerStart: bind('int uv_timer_start(uintptr_t, uintptr_t, uint64_t, uint64_t)'),
    timerStop: bind('int uv_timer_stop(uintptr_t)'),
    updateTime: bind('void uv_update_time(uintptr_t)'),
    ref: bind('void uv_ref(uintptr_t)'),
    unref: bind('void uv_unref(uintptr_t)'),
    close: bind('void uv_close(uintptr_t, uintptr_t)'),
    calloc: bind('uintptr_t calloc(size_t, size_t)'),
    free: bind('void free(uintptr_t)'),
  };
}

/** A C function that calls one of ours, whatever its arguments. */
export function plainCallback(call: () => void): CCallback {
  const pointer = koffi.register(call, koffi.pointer(koffi.proto('void ()')));
  return { address: Number(pointer), free: () => koffi.unregister(pointer) };
}
