/** ppoll(2), epoll(7) and the clocks: what one iteration of the loop calls. */

import { isWithin } from '../arguments.ts';
import { POLLFD_SIZE } from '../constants.ts';
import { EINVAL, ENOSYS, EPERM } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { c, result, SYS } from './libc.ts';
import type { LoopCalls } from './machine/calls.ts';
import { LinuxBuffer, putTimespec, word64 } from './memory.ts';

/**
 * struct epoll_event is packed on x86-64 alone: events, then 8 bytes of data.
 * Elsewhere the data begins at byte 8.
 */
export const EPOLL_STRIDE = process.arch === 'x64' ? 3 : 4;
export const EPOLL_DATA_WORD = process.arch === 'x64' ? 1 : 2;

/** The longest that epoll_wait's timeout, an int of ms, can say. */
const MAX_WAIT_MS = 0x7fffffff;

export class LinuxPoll {
  private readonly scratch = new LinuxBuffer(32);
  private readonly words = this.scratch.i32;
  private readonly address = this.scratch.address;
  private readonly calls: LoopCalls;
  private pwait2 = true;
  /** What the last clockNs left out, ns. */
  restNs = 0;

  constructor(calls: LoopCalls) {
    this.calls = calls;
  }

  clockNs(clock: number): number {
    const ret = result(c.clockGettime(clock, this.address));
    if (ret < 0) return ret;
    // Exact, since 1e9 is 2^9 times a number of 21 bits; the sum need not be.
    const secondsNs = word64(this.words, 0) * 1e9;
    const ns = secondsNs + this.words[2]!;
    this.restNs = this.words[2]! - (ns - secondsNs);
    return ns;
  }

  /** poll(2) where it can say the timeout: it is faster than ppoll. */
  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    if (!isWithin(fds, 0, nfds * POLLFD_SIZE)) return -EINVAL;
    if (timeoutNs <= 0) return this.calls.poll(fds.address, nfds, timeoutNs < 0 ? -1 : 0);
    putTimespec(this.words, 0, timeoutNs);
    return result(c.ppoll(fds.address, nfds, this.address, 0));
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    const words = this.words;
    words[0] = events;
    words[EPOLL_DATA_WORD] = fd;
    words[EPOLL_DATA_WORD + 1] = token;
    return result(c.epollCtl(epfd, op, fd, this.address));
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    if (!(maxEvents * EPOLL_STRIDE * 4 <= events.size)) return -EINVAL;
    if (timeoutNs <= 0) {
      return this.calls.epollWait(epfd, events.address, maxEvents, timeoutNs < 0 ? -1 : 0);
    }
    if (this.pwait2) {
      putTimespec(this.words, 0, timeoutNs);
      const ret = result(
        c.syscall(SYS.epollPwait2, epfd, events.address, maxEvents, this.address, 0, 8),
      );
      // Linux before 5.11 has none; a container's filter may refuse what it does not know.
      if (ret !== -ENOSYS && ret !== -EPERM) return ret;
      this.pwait2 = false;
    }
    const ms = Math.min(MAX_WAIT_MS, Math.ceil(timeoutNs / 1e6));
    return this.calls.epollWait(epfd, events.address, maxEvents, ms);
  }
}
