/** waitid(2). */
import * as C from '../constants.ts';
import { EAGAIN, EBADF, ECHILD, EINTR, EINVAL } from '../errno.ts';
import type { WaitResult } from '../host.ts';
import type { FdTable } from './file.ts';
import { PidFd } from './pidfd.ts';
import { NO_USAGE, type Process } from './process.ts';
import { type Processes, UID } from './processes.ts';
import type { Scheduler } from './scheduler.ts';
import { ASLEEP, SleepingCall, type Thread } from './thread.ts';

const STATES = C.WEXITED | C.WSTOPPED | C.WCONTINUED;
/** __WNOTHREAD, __WALL and __WCLONE: valid, but meaningless here. */
const KNOWN = STATES | C.WNOHANG | C.WNOWAIT | 0x20000000 | 0x40000000 | 0x80000000;

/** The one child asked for, if any; the group asked for, or 0 for any child; or -errno. */
type Target = Process | undefined | number;

class WaitCall extends SleepingCall {
  readonly what = 'waitid';
  readonly #waiter: Waiter;
  readonly #thread: Thread;
  readonly #idtype: number;
  readonly #id: number;
  readonly #target: Target;
  readonly #options: number;
  readonly #out: WaitResult;

  constructor(
    waiter: Waiter,
    thread: Thread,
    idtype: number,
    id: number,
    target: Target,
    options: number,
    out: WaitResult,
  ) {
    super();
    this.#waiter = waiter;
    this.#thread = thread;
    this.#idtype = idtype;
    this.#id = id;
    this.#target = target;
    this.#options = options;
    this.#out = out;
  }

  get detail(): string {
    return this.#idtype === C.P_ALL ? 'waitid for any child' : `waitid for ${this.#id}`;
  }

  again(): number {
    const result = this.#waiter.look(this.#idtype, this.#target, this.#options, this.#out);
    if (result !== ASLEEP) return result;
    return this.#thread.endsCall() ? finish(this.#out, -EINTR) : ASLEEP;
  }
}

export class Waiter {
  readonly #processes: Processes;
  readonly #threads: Scheduler;
  readonly #fds: FdTable;
  // The current request, in fields so that a call makes no closure.
  #options = 0;
  #pgid = 0;
  #pidfdNonblock = false;
  readonly #wantsAny = (child: Process): boolean => news(child, this.#options) !== 0;
  readonly #wantsGroup = (child: Process): boolean =>
    child.pgid === this.#pgid && news(child, this.#options) !== 0;

  constructor(processes: Processes, threads: Scheduler, fds: FdTable) {
    this.#processes = processes;
    this.#threads = threads;
    this.#fds = fds;
  }

  waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    out.pid = 0;
    if ((options & ~KNOWN) !== 0 || (options & STATES) === 0) return finish(out, -EINVAL);
    const target = this.#target(idtype, id);
    if (typeof target === 'number' && target < 0) return finish(out, target);
    const nonblock = (options & C.WNOHANG) !== 0 || this.#pidfdNonblock;
    const result = this.look(idtype, target, options, out);
    if (result !== ASLEEP) return result;
    if (nonblock) return finish(out, (options & C.WNOHANG) !== 0 ? 0 : -EAGAIN);
    const { current } = this.#threads;
    const call = new WaitCall(this, current, idtype, id, target, options, out);
    return this.#threads.sleep(call, Infinity);
  }

  /** Reports a child with news; ASLEEP if news may come later. */
  look(idtype: number, target: Target, options: number, out: WaitResult): number {
    this.#options = options;
    if (typeof target === 'number') this.#pgid = target;
    const found = this.#find(idtype, target);
    if (found === null) return ASLEEP;
    return found === undefined ? finish(out, -ECHILD) : this.#report(found, options, out);
  }

  /** The one child asked for, 0 for any, or -errno. */
  #target(idtype: number, id: number): Target {
    this.#pidfdNonblock = false;
    switch (idtype) {
      case C.P_ALL:
        return 0;
      case C.P_PID:
        return id <= 0 ? -EINVAL : this.#processes.get(id);
      case C.P_PGID:
        if (id < 0) return -EINVAL;
        return id === 0 ? this.#processes.self.pgid : id;
      case C.P_PIDFD: {
        if (id < 0) return -EINVAL;
        const file = this.#fds.get(id);
        if (!(file?.node instanceof PidFd)) return -EBADF;
        this.#pidfdNonblock = (file.flags & C.O_NONBLOCK) !== 0;
        return file.node.process;
      }
      default:
        return -EINVAL;
    }
  }

  /** A child with news; null if news may come later; undefined if there is no such child. */
  #find(idtype: number, target: Target): Process | null | undefined {
    const { self, waits } = this.#processes;
    if (typeof target !== 'number') {
      if (target === undefined || target.parent !== self || target.state === 'reaped') {
        return undefined;
      }
      if (news(target, this.#options) !== 0) return target;
      return target.alive ? null : undefined;
    }
    const inGroup = idtype === C.P_PGID;
    const found = waits.first(inGroup ? this.#wantsGroup : this.#wantsAny);
    if (found !== undefined) return found;
    // Zombies only count for a caller that asks for ended children.
    const candidates = inGroup
      ? this.#processes.groups.members(this.#pgid)
      : self.children.values();
    for (const child of candidates) if (child.parent === self && child.alive) return null;
    return undefined;
  }

  #report(child: Process, options: number, out: WaitResult): number {
    const state = news(child, options);
    out.pid = child.pid;
    out.uid = UID;
    out.code = state === C.WEXITED ? child.code : C.CLD_STOPPED;
    out.status = state === C.WEXITED ? child.status : child.stoppedBy;
    if (state === C.WCONTINUED) {
      out.code = C.CLD_CONTINUED;
      out.status = C.SIGCONT;
    }
    copyUsage(child.program.usage, out);
    if ((options & C.WNOWAIT) !== 0) return 0;
    if (state === C.WEXITED) this.#processes.reap(child);
    else if (state === C.WSTOPPED) child.stoppedBy = 0;
    else child.continued = false;
    return 0;
  }
}

/** Which of the options a child has news for: WEXITED, WSTOPPED, WCONTINUED or 0. */
function news(child: Process, options: number): number {
  if (child.state === 'zombie') return options & C.WEXITED;
  if (child.stoppedBy !== 0 && (options & C.WSTOPPED) !== 0) return C.WSTOPPED;
  return child.continued ? options & C.WCONTINUED : 0;
}

function finish(out: WaitResult, result: number): number {
  out.uid = 0;
  out.code = 0;
  out.status = 0;
  copyUsage(NO_USAGE, out);
  return result;
}

function copyUsage(from: typeof NO_USAGE, out: WaitResult): void {
  out.utimeNs = from.utimeNs;
  out.stimeNs = from.stimeNs;
  out.maxrssKiB = from.maxrssKiB;
  out.minflt = from.minflt;
  out.majflt = from.majflt;
  out.nvcsw = from.nvcsw;
  out.nivcsw = from.nivcsw;
}
