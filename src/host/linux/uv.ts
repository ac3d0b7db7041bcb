/**
 * libuv, as Node exports it to addons: the part that a separate loop needs to catch signals.
 * Functions that can fail return -errno themselves.
 */

import koffi from 'koffi';
import { bind, symbolAddress } from './libc.ts';

/** UV_SIGNAL of uv_handle_type, and UV_RUN_NOWAIT. Both are part of libuv 1's ABI. */
export const UV_SIGNAL = 16;
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

/** A uv_signal_cb that C may call while a C call of ours runs. */
export interface SignalCallback {
  readonly address: number;
  free(): void;
}

export function signalCallback(tell: (signo: number) => void): SignalCallback {
  const type = koffi.pointer(koffi.proto('void (uintptr_t, int)'));
  const pointer = koffi.register((_handle: number, signo: number) => tell(signo), type);
  return { address: Number(pointer), free: () => koffi.unregister(pointer) };
}
