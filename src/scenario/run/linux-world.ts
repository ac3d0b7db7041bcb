import {
  O_CLOEXEC,
  O_RDONLY,
  O_RDWR,
  P_PID,
  SIGKILL,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { check, EPERM, ESRCH } from '../../host/errno.ts';
import { newWaitResult, type SpawnRequest } from '../../host/host.ts';
import { linuxProgram } from '../../host/linux/behave.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { TimedHost } from '../../host/timed.ts';
import type { ChildDef } from '../model.ts';
import { behaviourOf, type World } from './world.ts';

/** Upper bounds on times are given this much on a real machine. */
const SLACK_NS = 50e6;
/** How often a wait looks whether anything is left to wait for. */
const LOOK_NS = 20e6;
const STDERR = 2;

/**
 * The real kernel: real processes, real times. The process should be one of its
 * own, since signals are blocked in all of its threads while a scenario runs.
 */
export class LinuxWorld implements World {
  readonly kind = 'linux';
  readonly host: TimedHost;
  readonly slackNs = SLACK_NS;
  readonly #result = newWaitResult();
  #startNs: number;
  #nullFd = -1;

  constructor() {
    this.host = new TimedHost(new LinuxHost());
    this.#startNs = this.host.nowNs;
  }

  get startNs(): number {
    return this.#startNs;
  }

  nowNs(): number {
    return this.host.nowNs;
  }

  nextLookNs(): number {
    return this.host.nowNs + LOOK_NS;
  }

  isDeadlock(): boolean {
    return false;
  }

  /** To make the objects takes some ms, which no timeline should have to know of. */
  begin(): void {
    this.#startNs = this.host.nowNs;
  }

  /** The kernel is late by itself. */
  lateNs(): number {
    return 0;
  }

  at(sinceStartNs: number, act: () => void): void {
    this.host.at(this.#startNs + sinceStartNs, act);
  }

  block(ns: number): void {
    this.host.advance(ns);
  }

  sleep(ns: number): void {
    this.host.sleep(ns);
  }

  ioPoll(): void {}

  /** A group of its own, so that whom it leaves behind can be ended with it; stdout is ours alone. */
  program(child: ChildDef): SpawnRequest {
    if (this.#nullFd < 0) {
      this.#nullFd = check(this.host.open('/dev/null', O_RDWR | O_CLOEXEC, 0), 'open /dev/null');
    }
    const fds = [this.#nullFd, STDERR, STDERR];
    if (child.command === null) return { ...linuxProgram(behaviourOf(child)), fds, pgroup: 0 };
    return { file: child.command[0]!, argv: child.command, fds, pgroup: 0 };
  }

  isAlive(pid: number): boolean {
    const options = WEXITED | WNOHANG | WNOWAIT;
    return this.host.waitid(P_PID, pid, options, this.#result) === 0 && this.#result.pid === 0;
  }

  /** Any file that is there for certain and is not empty. */
  openFile(): number {
    return this.host.open('/proc/self/exe', O_RDONLY | O_CLOEXEC, 0);
  }

  /** Asked at once: pids are given away in turn, so that this one is not another's yet. */
  leftGroup(pid: number): boolean {
    return this.host.kill(-pid, 0) !== -ESRCH;
  }

  end(pids: readonly number[]): void {
    for (const pid of pids) {
      if (this.#isAnothers(pid)) continue;
      this.host.kill(-pid, SIGKILL);
      // One that has become another user's would be waited for in vain.
      if (this.host.kill(pid, 0) === -EPERM) continue;
      this.host.waitid(P_PID, pid, WEXITED, this.#result);
    }
    if (this.#nullFd >= 0) this.host.close(this.#nullFd);
    this.host.dispose();
  }

  /**
   * Whether the kernel has given the pid of a child of ours to somebody else. It
   * does not while the child is not reaped, nor while a process group of that id
   * has members. So once the child is reaped, a process of that pid says that the
   * group it led is gone, and that one of that id is led by a stranger. A stranger
   * that has led one and is gone too is not seen: pids would have to go round once
   * in this run, after the last of those that the child had left behind.
   */
  #isAnothers(pid: number): boolean {
    const options = WEXITED | WNOHANG | WNOWAIT;
    const isOurs = this.host.waitid(P_PID, pid, options, this.#result) === 0;
    return !isOurs && this.host.kill(pid, 0) !== -ESRCH;
  }
}
