import {
  AF_UNIX,
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  O_RDWR,
  P_PID,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../../host/constants.ts';
import { check, ECHILD, EINTR, EPERM, ESRCH } from '../../host/errno.ts';
import {
  type Disposable,
  type Host,
  type HostBuffer,
  newWaitResult,
  type SpawnRequest,
} from '../../host/host.ts';
import { gatedProgram } from '../../host/linux/behave.ts';
import { ignoredByDefault, stops } from '../../host/sim/signal-actions.ts';
import type { ChildDef } from '../model.ts';
import { ChildGuard } from './linux-guard.ts';
import { behaviourOf } from './world.ts';

const STDERR = 2;
/** The descriptor of a child's gate. */
const GATE = 3;
/** Effects of a signal come within this time, or not at all: some shells ignore SIGQUIT. */
const AWAITED_NS = 10e9;
/** A child's stop is visible a little before its SIGCHLD arrives. */
const TOLD_NS = 20e6;
const NEWLINE = 10;
const FIRST_NAP_NS = 50e3;
const LONGEST_NAP_NS = 5e6;

/** A described child, which ends when its gate is opened. */
interface Gated {
  readonly def: ChildDef;
  readonly pid: number;
  /** Our end of its gate. */
  readonly fd: number;
  /** When the gate is to be opened; null once it was, or if only a signal ends the child. */
  due: Disposable | null;
  stopped: boolean;
  /** Whether it will die as soon as it continues: a signal is pending, or its gate was opened. */
  dying: boolean;
}

/** Schedules act for a time from now, or from the start if that is still to come. */
export type After = (ns: number, act: () => void) => Disposable;

/**
 * The real processes of a scenario. Whatever one of them does, it does while the loop's thread
 * waits for it and the loop's clock stands still: it is ready when its spawn returns, and dead once
 * its end is due or a signal has killed it. The order of deaths is therefore the order of their
 * times, however slow the machine is.
 */
export class LinuxChildren {
  readonly #host: Host;
  readonly #still: <T>(act: () => T) => T;
  readonly #after: After;
  /** /dev/null; -1 before the first child. */
  #nullFd = -1;
  #guard: ChildGuard | null = null;
  readonly #gated = new Map<number, Gated>();
  readonly #line: HostBuffer;
  readonly #result = newWaitResult();

  constructor(host: Host, still: <T>(act: () => T) => T, after: After) {
    this.#host = host;
    this.#still = still;
    this.#after = after;
    this.#line = host.alloc(8);
    this.#line.u8[0] = NEWLINE;
  }

  /**
   * Starts a child in a group of its own, so that processes it leaves behind can be ended with it;
   * its stdout is ours alone.
   * @param start starts the request, and returns its pid
   * @throws HostError if no descriptors are left, and whatever start throws
   */
  spawn(def: ChildDef, start: (request: SpawnRequest) => number): number {
    if (this.#nullFd < 0) this.#still(() => this.#begin());
    if (def.command !== null) {
      const [file] = def.command as [string];
      const fds = [this.#nullFd, STDERR, STDERR];
      const pid = this.#still(() => start({ file, argv: def.command!, fds, pgroup: 0 }));
      this.#guard?.add(pid);
      return pid;
    }
    const child = this.#still(() => this.#startGated(def, start));
    const { afterNs, then } = behaviourOf(def);
    if (afterNs !== undefined || then !== undefined) {
      child.due = this.#after(afterNs ?? 0, () => this.#open(child));
    }
    return child.pid;
  }

  /** kill(2); the effects have come when it returns, unless the child is a real command. */
  kill(pid: number, signo: number): number {
    const child = this.#gated.get(pid);
    if (child === undefined) return this.#host.kill(pid, signo);
    return this.#still(() => {
      const ret = this.#host.kill(pid, signo);
      if (ret === 0) this.#awaitSignal(child, signo);
      return ret;
    });
  }

  /**
   * A child was reaped. Returns whether it has left others of its group behind. Call it at once:
   * pids are reused in turn, so this one does not belong to another process yet.
   */
  reaped(pid: number): boolean {
    this.#forget(pid);
    const left = this.#host.kill(-pid, 0) !== -ESRCH;
    if (!left) this.#guard?.remove(pid);
    return left;
  }

  /** Ends those groups, and releases everything of ours for the children. */
  end(pids: readonly number[]): void {
    for (const pid of pids) {
      if (this.#isAnothers(pid)) continue;
      this.#host.kill(-pid, SIGKILL);
      // Waiting for a process that has become another user's would be in vain.
      if (this.#host.kill(pid, 0) === -EPERM) continue;
      this.#host.waitid(P_PID, pid, WEXITED, this.#result);
    }
    for (const pid of [...this.#gated.keys()]) this.#forget(pid);
    this.#guard?.dispose();
    if (this.#nullFd >= 0) this.#host.close(this.#nullFd);
  }

  #begin(): void {
    this.#nullFd = check(this.#host.open('/dev/null', O_RDWR | O_CLOEXEC, 0), 'open /dev/null');
    this.#guard = ChildGuard.start(this.#host, this.#nullFd);
  }

  #startGated(def: ChildDef, start: (request: SpawnRequest) => number): Gated {
    const pair: number[] = [];
    check(this.#host.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, pair), 'socketpair');
    const [fd, its] = pair as [number, number];
    let pid = -1;
    try {
      const fds = [this.#nullFd, STDERR, STDERR, its];
      pid = start({ ...gatedProgram(behaviourOf(def), GATE), fds, pgroup: 0 });
    } finally {
      this.#host.close(its);
      if (pid < 0) this.#host.close(fd);
    }
    this.#guard?.add(pid);
    const child: Gated = { def, pid, fd, due: null, stopped: false, dying: false };
    this.#gated.set(pid, child);
    // It is ready, or dead: its SIGPIPE may have come while it wrote.
    while (this.#host.read(fd, this.#line, 1, 1) === -EINTR);
    return child;
  }

  /** Its end is due. */
  #open(child: Gated): void {
    const { fd, def } = child;
    child.due = null;
    this.#still(() => {
      this.#host.write(fd, this.#line, 0, 1);
      if (child.stopped) child.dying = !def.stop;
      else this.#awaitEnd(child, true);
    });
  }

  #awaitSignal(child: Gated, signo: number): void {
    const { pid, def } = child;
    if (signo === SIGCONT) {
      if (!child.stopped) return;
      child.stopped = false;
      if (child.dying) this.#awaitEnd(child, false);
      else if (this.#until(pid, WCONTINUED | WEXITED)) this.#untilTold();
      return;
    }
    const certain = signo === SIGKILL || signo === SIGSTOP;
    if (!certain && (def.ignore.includes(signo) || ignoredByDefault(signo))) return;
    if (signo !== SIGKILL && child.stopped) child.dying ||= !stops(signo);
    else this.#awaitEnd(child, stops(signo));
  }

  /** @param mayStop whether it may stop instead of ending */
  #awaitEnd(child: Gated, mayStop: boolean): void {
    const options = mayStop ? WEXITED | WSTOPPED : WEXITED;
    if (!this.#until(child.pid, options)) return;
    child.stopped = this.#has(child.pid, WSTOPPED);
    if (child.stopped) this.#untilTold();
  }

  /** Waits until a child has changed that way. Returns false if it has not, or is gone. */
  #until(pid: number, options: number): boolean {
    const endNs = this.#host.clockNs(CLOCK_MONOTONIC) + AWAITED_NS;
    for (let napNs = FIRST_NAP_NS; ; napNs = Math.min(2 * napNs, LONGEST_NAP_NS)) {
      const ret = this.#look(pid, options);
      if (ret === 0 && this.#result.pid === pid) return true;
      if (ret === -ECHILD || this.#host.clockNs(CLOCK_MONOTONIC) > endNs) return false;
      this.#host.poll(this.#line, 0, napNs);
    }
  }

  /** Waits for SIGCHLD, which a stopped child sends right after its stop is visible. */
  #untilTold(): void {
    const endNs = this.#host.clockNs(CLOCK_MONOTONIC) + TOLD_NS;
    while (
      !this.#host.pendingSignals().includes(SIGCHLD) &&
      this.#host.clockNs(CLOCK_MONOTONIC) < endNs
    ) {
      this.#host.poll(this.#line, 0, FIRST_NAP_NS);
    }
  }

  #has(pid: number, options: number): boolean {
    return this.#look(pid, options) === 0 && this.#result.pid === pid;
  }

  /** waitid with WNOWAIT and WNOHANG. */
  #look(pid: number, options: number): number {
    return this.#host.waitid(P_PID, pid, options | WNOHANG | WNOWAIT, this.#result);
  }

  #forget(pid: number): void {
    const child = this.#gated.get(pid);
    if (child === undefined) return;
    this.#gated.delete(pid);
    child.due?.dispose();
    this.#host.close(child.fd);
  }

  /**
   * Whether the kernel has given the pid of a child of ours to another process. It does not while
   * the child is not reaped, nor while a process group of that id has members. If a process has
   * that pid once the child is reaped, the child's group is therefore gone, and a group of that id
   * is a stranger's. A stranger that led one and is gone too goes unnoticed: pids would have to
   * wrap around in this run, after the last of those that the child left behind.
   */
  #isAnothers(pid: number): boolean {
    const isOurs = this.#look(pid, WEXITED) === 0;
    return !isOurs && this.#host.kill(pid, 0) !== -ESRCH;
  }
}
