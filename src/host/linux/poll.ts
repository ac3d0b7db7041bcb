/** ppoll(2), epoll(7) and the clocks: the calls of one loop iteration. */

import { isInt, isTimeout } from '../arguments.ts';
import { CLOCK_MONOTONIC, POLLFD_SIZE } from '../constants.ts';
import { EACCES, EBADF, EINVAL, ENOSYS, EPERM } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { c, result, SYS } from './libc.ts';
import type { LoopCalls } from './machine/calls.ts';
import { LinuxBuffer, putTimespec, word64 } from './memory.ts';

/**
 * struct epoll_event is packed only on x86-64: events, then 8 bytes of data. Elsewhere the data
 * begins at byte 8.
 */
export const EPOLL_STRIDE = process.arch === 'x64' ? 3 : 4;
export const EPOLL_DATA_WORD = process.arch === 'x64' ? 1 : 2;

/** CLOCK_MONOTONIC, as libuv reads it: V8 makes this call in half the time, or less, of one through koffi. */
const { hrtime } = process;

const NS_PER_MS = 1e6;
/** The longest timeout that epoll_wait can express, an int of ms. */
const MAX_WAIT_MS = 0x7fffffff;
/** See LinuxPoll.inSlices. */
const SLICE_NS = 1e9;

export class LinuxPoll {
  readonly #scratch = new LinuxBuffer(32);
  readonly #words = this.#scratch.i32;
  readonly #address = this.#scratch.address;
  readonly #calls: LoopCalls;
  readonly #syscall: typeof c.syscall;
  // Calls that do not exist here, or are refused; see isRefused.
  #noPoll = false;
  #noPpoll = false;
  #noWait = false;
  #noPwait2 = false;
  /** The part that the last clockNs left out, ns. */
  restNs = 0;
  /**
   * Whether a long sleep comes back to JavaScript once a second, which then notices that Node has ended
   * its Worker. libuv writes no second message to a loop that has not taken the first.
   */
  inSlices = false;

  /** @param syscall syscall(2), for what the C library may not have */
  constructor(calls: LoopCalls, syscall = c.syscall) {
    this.#calls = calls;
    this.#syscall = syscall;
  }

  clockNs(clock: number): number {
    if (clock === CLOCK_MONOTONIC) {
      const time = hrtime();
      return this.#sum(time[0], time[1]);
    }
    if (!isInt(clock)) return -EINVAL;
    const ret = result(c.clockGettime(clock, this.#address));
    return ret < 0 ? ret : this.#sum(word64(this.#words, 0), this.#words[2]!);
  }

  #sum(seconds: number, restNs: number): number {
    // Exact, since 1e9 is 2^9 times a 21-bit number; the sum need not be.
    const secondsNs = seconds * 1e9;
    const ns = secondsNs + restNs;
    this.restNs = restNs - (ns - secondsNs);
    return ns;
  }

  /**
   * poll(2) if it can express the timeout, since it is faster than ppoll. Each can replace the
   * other.
   */
  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    if (!isInt(nfds) || !LinuxBuffer.hasFirst(fds, nfds * POLLFD_SIZE)) return -EINVAL;
    if (!isTimeout(timeoutNs)) return -EINVAL;
    if (this.inSlices && isLong(timeoutNs)) return this.#pollInSlices(fds, nfds, timeoutNs);
    const { address } = fds;
    if (needsNs(timeoutNs) && !this.#noPpoll) {
      const ret = this.#ppoll(address, nfds, timeoutNs);
      if (!isRefused(ret)) return ret;
      this.#noPpoll = true;
    }
    if (!this.#noPoll) {
      const ret = this.#calls.poll(address, nfds, wholeMs(timeoutNs));
      if (!isRefused(ret) || this.#noPpoll) return ret;
      this.#noPoll = true;
    }
    return this.#ppoll(address, nfds, timeoutNs);
  }

  #pollInSlices(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const endNs = this.#endNs(timeoutNs);
    for (;;) {
      const leftNs = endNs - this.clockNs(CLOCK_MONOTONIC);
      const ret = this.poll(fds, nfds, sliceOf(leftNs));
      if (ret !== 0 || leftNs <= SLICE_NS) return ret;
    }
  }

  #endNs(timeoutNs: number): number {
    return timeoutNs < 0 ? Number.POSITIVE_INFINITY : this.clockNs(CLOCK_MONOTONIC) + timeoutNs;
  }

  #ppoll(fds: number, nfds: number, timeoutNs: number): number {
    if (timeoutNs >= 0) putTimespec(this.#words, 0, timeoutNs);
    return result(c.ppoll(fds, nfds, timeoutNs < 0 ? 0 : this.#address, 0));
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    if (!isInt(epfd) || !isInt(fd)) return -EBADF;
    if (!isInt(op) || !Number.isInteger(events) || !Number.isInteger(token)) return -EINVAL;
    const words = this.#words;
    words[0] = events;
    words[EPOLL_DATA_WORD] = fd;
    words[EPOLL_DATA_WORD + 1] = token;
    return result(c.epollCtl(epfd, op, fd, this.#address));
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    if (!isInt(epfd)) return -EBADF;
    if (!isInt(maxEvents) || !isTimeout(timeoutNs)) return -EINVAL;
    if (!LinuxBuffer.hasFirst(events, maxEvents * EPOLL_STRIDE * 4)) return -EINVAL;
    if (this.inSlices && isLong(timeoutNs)) {
      return this.#waitInSlices(epfd, events, maxEvents, timeoutNs);
    }
    const { address } = events;
    if (needsNs(timeoutNs) && !this.#noPwait2) {
      const ret = this.#pwait2(epfd, address, maxEvents, timeoutNs);
      if (!isRefused(ret)) return ret;
      this.#noPwait2 = true;
    }
    if (!this.#noWait) {
      const ret = this.#calls.epollWait(epfd, address, maxEvents, wholeMs(timeoutNs));
      if (!isRefused(ret) || this.#noPwait2) return ret;
      this.#noWait = true;
    }
    return this.#pwait2(epfd, address, maxEvents, timeoutNs);
  }

  #waitInSlices(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    const endNs = this.#endNs(timeoutNs);
    for (;;) {
      const leftNs = endNs - this.clockNs(CLOCK_MONOTONIC);
      const ret = this.epollWait(epfd, events, maxEvents, sliceOf(leftNs));
      if (ret !== 0 || leftNs <= SLICE_NS) return ret;
    }
  }

  #pwait2(epfd: number, events: number, maxEvents: number, timeoutNs: number): number {
    if (timeoutNs >= 0) putTimespec(this.#words, 0, timeoutNs);
    const timeout = timeoutNs < 0 ? 0 : this.#address;
    return result(this.#syscall(SYS.epollPwait2, epfd, events, maxEvents, timeout, 0, 8));
  }
}

/**
 * Whether a call must be replaced by another: the kernel lacks it (epoll_pwait2 came with 5.11), or
 * a container's filter forbids it.
 */
function isRefused(ret: number): boolean {
  return ret < 0 && (ret === -ENOSYS || ret === -EPERM || ret === -EACCES);
}

/** See LinuxPoll.inSlices. */
function isLong(timeoutNs: number): boolean {
  return timeoutNs < 0 || timeoutNs > SLICE_NS;
}

function sliceOf(leftNs: number): number {
  return Math.max(0, Math.min(leftNs, SLICE_NS));
}

/** Whether poll and epoll_wait cannot express a timeout. */
function needsNs(timeoutNs: number): boolean {
  return timeoutNs > 0 && (timeoutNs % NS_PER_MS !== 0 || timeoutNs > MAX_WAIT_MS * NS_PER_MS);
}

/** A timeout for poll and epoll_wait: in ms, rounded up. */
function wholeMs(ns: number): number {
  return ns <= 0 ? (ns < 0 ? -1 : 0) : Math.min(MAX_WAIT_MS, Math.ceil(ns / NS_PER_MS));
}
