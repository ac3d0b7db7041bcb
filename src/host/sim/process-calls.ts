/** The calls on processes, except waitid: sending signals, groups, pidfds, prctl. */
import { areInts, isInt } from '../arguments.ts';
import * as C from '../constants.ts';
import { EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { FdTable } from './file.ts';
import { isSignal, SignalInfo } from './pending.ts';
import { PidFd } from './pidfd.ts';
import type { Process } from './process.ts';
import { type Processes, SELF_PID, UID } from './processes.ts';
import type { Scheduler } from './scheduler.ts';
import type { Signals } from './signals.ts';
import type { Thread } from './thread.ts';
import type { SimProcess } from './world.ts';

/** PIDFD_THREAD: a simulated process is its one thread. */
const O_EXCL = 0o200;

export class ProcessCalls {
  readonly #processes: Processes;
  readonly #signals: Signals;
  readonly #fds: FdTable;
  readonly #threads: Scheduler;
  #deathSignal = 0;

  constructor(processes: Processes, signals: Signals, fds: FdTable, threads: Scheduler) {
    this.#threads = threads;
    this.#processes = processes;
    this.#signals = signals;
    this.#fds = fds;
  }

  raise(signo: number): number {
    return this.tgkill(SELF_PID, this.#threads.current.tid, signo);
  }

  kill(pid: number, signo: number): number {
    if (!isInt(pid)) return -EINVAL;
    if (signo !== 0 && !isSignal(signo)) return -EINVAL;
    if (pid > 0) return this.#send(this.#processes.get(pid), signo, C.SI_USER, 0, null);
    if (pid === -1) return this.#killAll(signo);
    const { groups, self } = this.#processes;
    // The latest member of the group gets it first.
    return this.#killEach([...groups.members(pid === 0 ? self.pgid : -pid)].reverse(), signo);
  }

  /** Sends to every process except init and the caller. */
  #killAll(signo: number): number {
    const { self } = this.#processes;
    const others = [...this.#processes.all()].filter((p) => p !== self && p.pid !== 1);
    return this.#killEach(others, signo);
  }

  /** Succeeds if at least one signal was sent. */
  #killEach(targets: readonly Process[], signo: number): number {
    let result = -ESRCH;
    for (const target of targets) {
      const sent = this.#send(target, signo, C.SI_USER, 0, null);
      if (sent === 0 || result !== 0) result = sent;
    }
    return result;
  }

  sigqueue(pid: number, signo: number, value: number): number {
    if (!areInts(pid, value)) return -EINVAL;
    if (signo !== 0 && !isSignal(signo)) return -EINVAL;
    const target = pid > 0 ? this.#processes.get(pid) : undefined;
    return this.#send(target, signo, C.SI_QUEUE, value, null);
  }

  tgkill(tgid: number, tid: number, signo: number): number {
    if (!areInts(tgid, tid) || tgid <= 0 || tid <= 0) return -EINVAL;
    if (signo !== 0 && !isSignal(signo)) return -EINVAL;
    const { self } = this.#processes;
    const thread = this.#threads.threads.find((one) => one.tid === tid);
    if (thread !== undefined && tgid === SELF_PID) {
      return this.#send(self, signo, C.SI_TKILL, 0, thread);
    }
    const target = tgid === tid ? this.#processes.get(tid) : undefined;
    return this.#send(target, signo, C.SI_TKILL, 0, null);
  }

  #send(
    target: Process | undefined,
    signo: number,
    code: number,
    value: number,
    thread: Thread | null,
  ): number {
    if (target === undefined) return -ESRCH;
    if (this.#processes.isForeign(target)) return -EPERM;
    if (signo === 0) return 0;
    const info = new SignalInfo(signo, code, SELF_PID, UID);
    info.value = value;
    if (target === this.#processes.self) this.#signals.send(info, thread);
    else this.#processes.signal(target, info);
    return 0;
  }

  pidfdOpen(pid: number, flags: number): number {
    if ((flags & ~(C.O_NONBLOCK | O_EXCL)) !== 0 || pid <= 0) return -EINVAL;
    const process = this.#processes.get(pid);
    if (process === undefined) return -ESRCH;
    return this.#fds.install(new PidFd(process, flags).file, true);
  }

  /** For options that fill an int, returns that int. */
  prctl(option: number, arg: number): number {
    const { self } = this.#processes;
    switch (option) {
      case C.PR_SET_CHILD_SUBREAPER:
        self.subreaper = arg !== 0;
        return 0;
      case C.PR_GET_CHILD_SUBREAPER:
        return self.subreaper ? 1 : 0;
      case C.PR_SET_PDEATHSIG:
        if (arg !== 0 && !isSignal(arg)) return -EINVAL;
        this.#deathSignal = arg;
        return 0;
      case C.PR_GET_PDEATHSIG:
        return this.#deathSignal;
      default:
        return -EINVAL;
    }
  }

  getpgid(pid: number): number {
    return this.#processes.get(pid === 0 ? SELF_PID : pid)?.pgid ?? -ESRCH;
  }

  setpgid(pid: number, pgid: number): number {
    const target = this.#processes.get(pid === 0 ? SELF_PID : pid);
    return this.#processes.groups.setpgid(this.#processes.self, target, pgid);
  }

  descendants(): SimProcess[] {
    const found: SimProcess[] = [];
    for (const { pid, parent, pgid, state } of this.#processes.all()) {
      if (pid > SELF_PID) found.push({ pid, ppid: parent?.pid ?? 0, pgid, state });
    }
    return found;
  }
}
