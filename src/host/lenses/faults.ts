import { checkArray, checkObject, checkWord } from '../arguments.ts';
import { type FaultCall, HOST_CALL_NAMES, HOST_CALLS, type HostCallName } from '../calls.ts';
import { P_PID } from '../constants.ts';
import { EINVAL } from '../errno.ts';
import type { SpawnRequest, WaitResult } from '../host.ts';
import { HostLens } from './lens.ts';

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

/** The calls that have a fault. */
const FAULTY = HOST_CALL_NAMES.filter((name) => HOST_CALLS[name].fault !== undefined);
const FAULT_CALLS = [...new Set(FAULTY.map((name) => HOST_CALLS[name].fault!))];

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
  readonly #byCall = new Map(FAULT_CALLS.map((call) => [call, [] as Armed[]]));

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
      this.#byCall.get(fault.call)!.push(armed);
    }
  }

  /** Whether each fault has acted, in the order in which they were added. */
  get acted(): boolean[] {
    return this.#all.map(({ fault, left }) => left < fault.times);
  }

  static {
    for (const name of FAULTY) {
      const value = function (this: FaultHost, ...args: readonly unknown[]): number {
        return this.#call(name, args);
      };
      Object.defineProperty(FaultHost.prototype, name, { value, configurable: true });
    }
  }

  /** Makes a call, or fails in its place. */
  #call(name: HostCallName, args: readonly unknown[]): number {
    const call = (...given: readonly unknown[]): number =>
      (this.host[name] as (...args: readonly unknown[]) => number)(...given);
    const subject = subjectOf(name, args);
    const list = this.#byCall.get(HOST_CALLS[name].fault!)!;
    const fault =
      typeof subject === 'number'
        ? this.#match(list, subject)
        : this.#match(list, -1, subject as SpawnRequest);
    if (fault === null) return call(...args);
    for (const [i, [, kind]] of HOST_CALLS[name].args.entries()) {
      if (kind === 'waitResult') (args[i] as WaitResult).pid = 0;
    }
    if (fault.error !== undefined) return -fault.error;
    return fault.call === 'read' || fault.call === 'write' ? shorten(call, args, fault) : 0;
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
}

/** The argument that a fault selects calls by; -1 if there is none. */
function subjectOf(name: HostCallName, args: readonly unknown[]): unknown {
  const { subject, args: known } = HOST_CALLS[name];
  // Other ids of waitid are not pids.
  if (name === 'waitid' && args[0] !== P_PID) return -1;
  const at = known.findIndex(([argument]) => argument === subject);
  return at < 0 ? -1 : args[at];
}

/** A read or write of fewer bytes than are asked for. */
function shorten(
  call: (...args: readonly unknown[]) => number,
  args: readonly unknown[],
  fault: Fault,
): number {
  const [fd, buf, offset, count] = args as [number, unknown, number, number];
  const most = Math.min(count, fault.short ?? count);
  const ret = call(fd, buf, offset, most);
  // A signalfd or an eventfd is transferred whole or not at all: do that, and report less.
  return ret === -EINVAL ? Math.min(call(fd, buf, offset, count), most) : ret;
}

function matches(fault: Fault, subject: number, request: SpawnRequest | undefined): boolean {
  if (request !== undefined) return fault.onSpawn === undefined || fault.onSpawn(request);
  return fault.on === undefined || fault.on(subject);
}
