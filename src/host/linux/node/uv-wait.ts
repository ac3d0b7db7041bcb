import { AsyncResource } from 'node:async_hooks';
import type { Disposable } from '../../host.ts';
import { type NodeWait, Turn } from '../../node-wait.ts';
import {
  bindNodeUv,
  type CCallback,
  type NodeUv,
  plainCallback,
  UV_POLL,
  UV_READABLE,
  UV_TIMER,
} from '../uv.ts';

const NS_PER_MS = 1_000_000;
/** How often a loop looks whose descriptor libuv refuses, ms. */
const LOOK_MS = 1;
/** libuv's timers take no longer ones here. */
const MAX_MS = 0x7fffffff;

/**
 * libuv watches the descriptor in Node's own loop. Its callback only asks for the round, which comes
 * from setImmediate in the same turn of Node's loop.
 */
export class UvWait implements NodeWait {
  readonly kind = 'uv_poll';
  readonly blocks = false;
  readonly #uv: NodeUv;
  readonly #turn: Turn;
  readonly #callback: CCallback;
  readonly #closeWatch: Disposable;
  /** The uv_timer_t; libuv frees it when it is closed. */
  readonly #timer: number;
  #timerOn = false;
  /** The uv_poll_t and its descriptor; 0 and -1 for none. */
  #poll = 0;
  #fd = -1;
  #refs = true;
  #disposed = false;

  private constructor(
    uv: NodeUv,
    timer: number,
    round: () => void,
    onClose: (listener: (fd: number) => void) => Disposable,
  ) {
    this.#uv = uv;
    this.#timer = timer;
    const scope = new AsyncResource('QEMU_MAIN_LOOP');
    this.#turn = new Turn(() => scope.runInAsyncScope(round));
    this.#callback = plainCallback(() => this.#turn.ask());
    // libuv must stop before its descriptor is closed.
    this.#closeWatch = onClose((fd) => {
      if (fd === this.#fd) this.unwatch();
    });
  }

  /** Null if this thread has no libuv. */
  static open(
    round: () => void,
    onClose: (listener: (fd: number) => void) => Disposable,
  ): UvWait | null {
    const uv = bindNodeUv();
    if (uv === undefined) return null;
    const timer = uv.calloc(1, uv.handleSize(UV_TIMER));
    if (timer === 0) return null;
    uv.timerInit(uv.loop, timer);
    uv.opened(timer);
    return new UvWait(uv, timer, round, onClose);
  }

  arm(fd: number, timeoutNs: number): void {
    if (this.#disposed) return;
    if (timeoutNs === 0) {
      this.#turn.ask();
      return;
    }
    const watched = fd === this.#fd || this.#watch(fd);
    if (!watched) this.#setTimer(LOOK_MS);
    else this.#setTimer(timeoutNs < 0 ? -1 : Math.ceil(timeoutNs / NS_PER_MS));
  }

  unwatch(): void {
    if (this.#poll !== 0) this.#uv.close(this.#poll);
    this.#poll = 0;
    this.#fd = -1;
  }

  wake(): void {
    if (!this.#disposed) this.#turn.ask();
  }

  ref(): void {
    this.#keep(true);
  }

  unref(): void {
    this.#keep(false);
  }

  isEndless(): boolean {
    return false;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#closeWatch.dispose();
    this.#turn.cancel();
    this.unwatch();
    this.#uv.close(this.#timer);
    this.#callback.free();
  }

  #keep(keeps: boolean): void {
    if (this.#disposed) return;
    this.#refs = keeps;
    this.#turn.keep(keeps);
    this.#applyRef(this.#timer);
    if (this.#poll !== 0) this.#applyRef(this.#poll);
  }

  #applyRef(handle: number): void {
    if (this.#refs) this.#uv.ref(handle);
    else this.#uv.unref(handle);
  }

  /** Returns false if libuv refuses the descriptor. */
  #watch(fd: number): boolean {
    this.unwatch();
    const uv = this.#uv;
    if (fd < 0) return true;
    const poll = uv.calloc(1, uv.handleSize(UV_POLL));
    if (poll === 0) return false;
    if (uv.pollInit(uv.loop, poll, fd) < 0) {
      uv.free(poll);
      return false;
    }
    uv.opened(poll);
    this.#poll = poll;
    this.#fd = fd;
    this.#applyRef(poll);
    return uv.pollStart(poll, UV_READABLE, this.#callback.address) === 0;
  }

  /** @param ms -1 for none */
  #setTimer(ms: number): void {
    const uv = this.#uv;
    if (ms < 0) {
      if (this.#timerOn) uv.timerStop(this.#timer);
      this.#timerOn = false;
      return;
    }
    // Its time is that of the start of this turn, which may have been long.
    uv.updateTime(uv.loop);
    uv.timerStart(this.#timer, this.#callback.address, Math.min(ms, MAX_MS), 0);
    this.#timerOn = true;
  }
}
