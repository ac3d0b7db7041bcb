import { checkArray, checkObject, checkWord } from '../arguments.ts';
import { P_PID } from '../constants.ts';
import { EINVAL } from '../errno.ts';
import type { HostBuffer, SpawnRequest, WaitResult } from '../host.ts';
import { HostLens } from './lens.ts';

/** The calls that can be made to fail. `poll` is ppoll and epoll_wait, `waitpid` is waitid. */
export type FaultCall = 'read' | 'write' | 'poll' | 'spawn' | 'waitpid' | 'epoll_ctl';

/** An error to inject into a host's calls. */
export interface Fault {
  readonly call: FaultCall;
  /** The errno, above 0: the call is not made, and returns -error. */
  readonly error?: number | undefined;
  /** Instead of an error: the most bytes that a read or write transfers. */
  readonly short?: number | undefined;
  /** Number of matching calls to leave alone first. */
  readonly after: number;
  /** Number of calls that then fail. */
  readonly times: number;
  /**
   * Selects calls by their subject: the descriptor of read, write and epoll_ctl, the pid of
   * waitpid (-1 if it waits for any). By default all match.
   */
  readonly on?: ((subject: number) => boolean) | undefined;
  /** The same, for spawn. */
  readonly onSpawn?: ((request: SpawnRequest) => boolean) | undefined;
}

const FAULT_CALLS: readonly FaultCall[] = [
  'read',
  'write',
  'poll',
  'spawn',
  'waitpid',
  'epoll_ctl',
];

interface Armed {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/**
 * Puts faults between the loop and any host. Every matching call counts for `after`. If
 * several faults are due at once, the first acts and the others wait.
 */
export class FaultHost extends HostLens {
  /** Whether faults act. Calls before that do not count. */
  active = false;
  readonly #all: Armed[] = [];
  readonly #read: Armed[] = [];
  readonly #write: Armed[] = [];
  readonly #poll: Armed[] = [];
  readonly #spawn: Armed[] = [];
  readonly #waitpid: Armed[] = [];
  readonly #epollCtl: Armed[] = [];

  /**
   * Appends faults.
   * @throws TypeError or RangeError if one of them is not a Fault; then none is added
   */
  add(faults: readonly Fault[]): void {
    checkArray(faults, 'FaultHost.add: the faults', 'an array of { call, after, times }');
    for (const fault of faults) {
      checkObject(fault, 'FaultHost.add: a fault', '{ call, after, times }');
      checkWord(fault.call, FAULT_CALLS, 'FaultHost.add: call');
    }
    for (const fault of faults) {
      const armed = { fault, skip: fault.after, left: fault.times };
      this.#all.push(armed);
      this.#list(fault.call).push(armed);
    }
  }

  /** Whether each fault has acted, in the order in which they were added. */
  get acted(): boolean[] {
    return this.#all.map(({ fault, left }) => left < fault.times);
  }

  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const fault = this.#match(this.#read, fd);
    if (fault === null) return this.host.read(fd, buf, offset, count);
    if (fault.error !== undefined) return -fault.error;
    const most = Math.min(count, fault.short ?? count);
    const ret = this.host.read(fd, buf, offset, most);
    if (ret !== -EINVAL) return ret;
    // A signalfd or an eventfd is read whole or not at all: read it whole, and report less.
    return Math.min(this.host.read(fd, buf, offset, count), most);
  }

  override write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const fault = this.#match(this.#write, fd);
    if (fault === null) return this.host.write(fd, buf, offset, count);
    if (fault.error !== undefined) return -fault.error;
    const most = Math.min(count, fault.short ?? count);
    const ret = this.host.write(fd, buf, offset, most);
    return ret === -EINVAL ? Math.min(this.host.write(fd, buf, offset, count), most) : ret;
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const fault = this.#match(this.#poll, -1);
    return fault === null ? this.host.poll(fds, nfds, timeoutNs) : -(fault.error ?? 0);
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    const fault = this.#match(this.#poll, -1);
    return fault === null ? this.host.epollWait(epfd, events, max, timeoutNs) : -(fault.error ?? 0);
  }

  override epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    const fault = this.#match(this.#epollCtl, fd);
    if (fault === null) return this.host.epollCtl(epfd, op, fd, events, token);
    return -(fault.error ?? 0);
  }

  override spawn(request: SpawnRequest): number {
    const fault = this.#match(this.#spawn, -1, request);
    return fault === null ? this.host.spawn(request) : -(fault.error ?? 0);
  }

  override waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    const fault = this.#match(this.#waitpid, idtype === P_PID ? id : -1);
    if (fault === null) return this.host.waitid(idtype, id, options, out);
    out.pid = 0;
    return -(fault.error ?? 0);
  }

  #match(list: readonly Armed[], subject: number, request?: SpawnRequest): Fault | null {
    if (!this.active || list.length === 0) return null;
    let found: Fault | null = null;
    for (const armed of list) {
      if (armed.left === 0 || !matches(armed.fault, subject, request)) continue;
      if (armed.skip > 0) {
        armed.skip--;
      } else if (found === null) {
        armed.left--;
        found = armed.fault;
      }
    }
    return found;
  }

  #list(call: FaultCall): Armed[] {
    switch (call) {
      case 'read':
        return this.#read;
      case 'write':
        return this.#write;
      case 'poll':
        return this.#poll;
      case 'spawn':
        return this.#spawn;
      case 'waitpid':
        return this.#waitpid;
      case 'epoll_ctl':
        return this.#epollCtl;
    }
  }
}

function matches(fault: Fault, subject: number, request: SpawnRequest | undefined): boolean {
  if (request !== undefined) return fault.onSpawn === undefined || fault.onSpawn(request);
  return fault.on === undefined || fault.on(subject);
}
