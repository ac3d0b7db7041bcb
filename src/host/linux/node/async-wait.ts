import { AsyncResource } from 'node:async_hooks';
import {
  CLOCK_MONOTONIC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  O_CLOEXEC,
  O_NONBLOCK,
} from '../../constants.ts';
import { check } from '../../errno.ts';
import type { Disposable, Host } from '../../host.ts';
import { type NodeWait, Turn } from '../../node-wait.ts';
import { epollWaitAsync } from '../libc.ts';
import { LinuxBuffer } from '../memory.ts';

const NS_PER_MS = 1_000_000;
/** How often an unref'd loop looks, ms: a call in the thread pool would keep the process alive. */
const LOOK_MS = 5;
/** The longest call, ms: a worker that is terminated waits for its end. */
const MOST_MS = 200;
const MOST_EVENTS = 2;

/**
 * A thread of the pool waits in epoll_wait. It works without libuv's own calls, in any program that
 * has Node-API: 28 µs a round instead of 9.
 */
export class AsyncWait implements NodeWait {
  readonly kind = 'epoll_wait.async';
  readonly blocks = false;
  readonly #host: Host;
  readonly #turn: Turn;
  readonly #closeWatch: Disposable;
  /** Holds the watched descriptor and #stop, an eventfd that ends the call. */
  readonly #epoll: number;
  readonly #stop: number;
  readonly #events: LinuxBuffer;
  readonly #one = new LinuxBuffer(16);
  #fd = -1;
  #refs = true;
  /** Whether a call is under way, and whether #stop was written for it. */
  #calling = false;
  #stopping = false;
  /** When the armed wait ends, by CLOCK_MONOTONIC, ms; Infinity for never, NaN if none is armed. */
  #untilMs = Number.NaN;
  #look: NodeJS.Timeout | null = null;
  #disposed = false;

  /** @throws HostError if no descriptors are left */
  constructor(host: Host, round: () => void) {
    this.#host = host;
    const scope = new AsyncResource('QEMU_MAIN_LOOP');
    this.#turn = new Turn(() => {
      this.#untilMs = Number.NaN;
      scope.runInAsyncScope(round);
    });
    this.#events = new LinuxBuffer(MOST_EVENTS * host.epollStride * 4);
    this.#one.i32[0] = 1;
    this.#epoll = check(host.epollCreate1(O_CLOEXEC), 'epoll_create1');
    const stop = host.eventfd(0, O_CLOEXEC | O_NONBLOCK);
    if (stop < 0) host.close(this.#epoll);
    this.#stop = check(stop, 'eventfd');
    check(host.epollCtl(this.#epoll, EPOLL_CTL_ADD, stop, EPOLLIN, 0), 'epoll_ctl');
    this.#closeWatch = host.onClose((fd) => {
      if (fd === this.#fd) this.#watch(-1);
    });
  }

  arm(fd: number, timeoutNs: number): void {
    if (this.#disposed) return;
    if (fd !== this.#fd) this.#watch(fd);
    if (timeoutNs === 0) {
      this.#turn.ask();
      return;
    }
    const most = this.#fd < 0 && fd >= 0 ? this.#nowMs() + LOOK_MS : Number.POSITIVE_INFINITY;
    const until = timeoutNs < 0 ? most : this.#nowMs() + Math.ceil(timeoutNs / NS_PER_MS);
    this.#untilMs = Math.min(until, most);
    this.#go();
  }

  unwatch(): void {
    this.#watch(-1);
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
    this.#turn.cancel();
    this.#stopLooking();
    this.#closeWatch.dispose();
    this.#untilMs = Number.NaN;
    if (this.#calling) this.#stopCall();
    else this.#close();
  }

  #nowMs(): number {
    return this.#host.clockNs(CLOCK_MONOTONIC) / NS_PER_MS;
  }

  #close(): void {
    this.#host.close(this.#epoll);
    this.#host.close(this.#stop);
  }

  #keep(keeps: boolean): void {
    if (this.#disposed || keeps === this.#refs) return;
    this.#refs = keeps;
    this.#turn.keep(keeps);
    if (!keeps && this.#calling) this.#stopCall();
    if (!Number.isNaN(this.#untilMs)) this.#go();
  }

  #watch(fd: number): void {
    if (this.#fd >= 0) this.#host.epollCtl(this.#epoll, EPOLL_CTL_DEL, this.#fd, 0, 0);
    this.#fd = -1;
    if (fd < 0) return;
    if (this.#host.epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, EPOLLIN, 0) === 0) this.#fd = fd;
  }

  /** Starts the armed wait, or leaves that to the end of the call under way. */
  #go(): void {
    if (this.#calling || this.#turn.isAsked) {
      // It may have a longer timeout than is wanted now.
      if (this.#calling) this.#stopCall();
      return;
    }
    this.#stopLooking();
    const leftMs = this.#untilMs - this.#nowMs();
    if (leftMs <= 0) this.#turn.ask();
    else if (this.#refs) this.#call(Math.min(MOST_MS, leftMs));
    else this.#lookLater(Math.min(LOOK_MS, leftMs));
  }

  #call(ms: number): void {
    this.#calling = true;
    epollWaitAsync(this.#epoll, this.#events, MOST_EVENTS, Math.ceil(ms), (count) => {
      this.#calling = false;
      this.#ended(count);
    });
  }

  #lookLater(ms: number): void {
    this.#look = setTimeout(() => {
      this.#look = null;
      this.#ended(this.#host.epollWait(this.#epoll, this.#events, MOST_EVENTS, 0));
    }, ms);
    this.#look.unref();
  }

  #stopLooking(): void {
    if (this.#look !== null) clearTimeout(this.#look);
    this.#look = null;
  }

  /** A call or a look is over. @param count what it found, #stop included */
  #ended(count: number): void {
    const stopped = this.#stopping;
    if (stopped) this.#host.read(this.#stop, this.#one, 8, 8);
    this.#stopping = false;
    if (this.#disposed) this.#close();
    else if (Number.isNaN(this.#untilMs)) return;
    else if (count > (stopped ? 1 : 0)) this.#turn.ask();
    else this.#go();
  }

  #stopCall(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#host.write(this.#stop, this.#one, 0, 8);
  }
}
