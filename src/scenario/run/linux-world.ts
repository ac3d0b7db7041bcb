import {
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  O_RDONLY,
  P_PID,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { type Disposable, type Host, newWaitResult, type SpawnRequest } from '../../host/host.ts';
import { PacedHost } from '../../host/lenses/paced.ts';
import { TimedHost } from '../../host/lenses/timed.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { type Stamps, stampsOf, threadsOf } from '../../host/record/outside.ts';
import type { ChildDef } from '../model.ts';
import { LinuxChildren } from './linux-children.ts';
import { MainThreads } from './threads/main-threads.ts';
import { type Delay, NO_DELAY, type World } from './world.ts';

/** Tolerance for upper bounds on times on a real machine. */
const SLACK_NS = 50e6;
/** How often a wait checks whether anything is left to wait for. */
const LOOK_NS = 20e6;

/** An act at a time counted from a start that is still to come. */
interface Early {
  readonly ns: number;
  readonly act: () => void;
  disposed: boolean;
  event: Disposable | null;
}

/**
 * The real kernel: real processes, and a clock that stands still while the machine delays the
 * loop's thread. The process should run only this, since signals are blocked in all of its threads
 * while a scenario runs.
 */
export class LinuxWorld implements World {
  readonly kind = 'linux';
  readonly host: TimedHost;
  readonly slackNs = SLACK_NS;
  readonly mostChildren = 1_000;
  /** @internal */
  readonly startThreads = MainThreads.make;
  readonly #linux: Host;
  /** Null if the run is neither recorded nor replayed. */
  readonly #stamps: Stamps | null;
  readonly #stampNow = (): number => this.#paced.timeAt(this.#stamps!.realNs());
  readonly #paced: PacedHost;
  readonly #result = newWaitResult();
  #startNs: number;
  /** Null once all objects exist. */
  #early: Early[] | null = [];
  readonly #children: LinuxChildren;

  /** @param host the kernel: it may be one that is recorded, or the replay of a record */
  constructor(host: Host = new LinuxHost()) {
    this.#linux = host;
    this.#stamps = stampsOf(host);
    this.#paced = new PacedHost(this.#linux);
    this.host = new TimedHost(this.#paced);
    this.#startNs = this.host.nowNs;
    this.#children = new LinuxChildren(
      this.#linux,
      (act) => this.still(act),
      (ns, act) => this.#after(ns, act),
    );
  }

  get startNs(): number {
    return this.#startNs;
  }

  get heldUpNs(): number {
    return this.#paced.lateNs;
  }

  nowNs(): number {
    return this.host.nowNs;
  }

  stampNs(event: number): number {
    const stamps = this.#stamps;
    return stamps === null ? this.host.nowNs : stamps.timeOf(event, this.#stampNow);
  }

  nextLookNs(): number {
    return this.host.nowNs + LOOK_NS;
  }

  isDeadlock(): boolean {
    return false;
  }

  /** Making the objects takes some ms, which timelines need not account for. */
  begin(): void {
    this.#startNs = this.host.nowNs;
    const early = this.#early ?? [];
    this.#early = null;
    // Acts registered earlier come after those due at the same time of the timeline, as on the
    // simulated host.
    early.forEach((one, i) => {
      if (!one.disposed) one.event = this.host.at(this.#startNs + one.ns + i + 1, one.act);
    });
  }

  shareClocks(): void {
    this.#paced.stop();
    this.#startNs = this.host.nowNs;
  }

  leaveThreads(): void {
    threadsOf(this.#linux)?.leaveThreads();
  }

  /** The kernel is late by itself. */
  delay(): Delay {
    return NO_DELAY;
  }

  at(sinceStartNs: number, act: () => void): void {
    this.host.at(this.#startNs + sinceStartNs, act);
  }

  sleep(ns: number): void {
    this.host.sleep(ns);
  }

  compute(ns: number): void {
    const endNs = this.host.clockNs(CLOCK_MONOTONIC) + ns;
    while (this.host.clockNs(CLOCK_MONOTONIC) < endNs);
  }

  look<T>(act: () => T): T {
    const stamps = this.#stamps;
    return stamps === null ? this.still(act) : stamps.look(() => this.#paced.hold(act));
  }

  still<T>(act: () => T): T {
    return this.#paced.still(act);
  }

  ioPoll(): void {}

  spawn(child: ChildDef, _delay: Delay, start: (request: SpawnRequest) => number): number {
    return this.#children.spawn(child, start);
  }

  kill(pid: number, signo: number): number {
    return this.#children.kill(pid, signo);
  }

  isAlive(pid: number): boolean {
    const options = WEXITED | WNOHANG | WNOWAIT;
    return this.host.waitid(P_PID, pid, options, this.#result) === 0 && this.#result.pid === 0;
  }

  /** Any file that certainly exists and is not empty. */
  openFile(): number {
    return this.host.open('/proc/self/exe', O_RDONLY | O_CLOEXEC, 0);
  }

  reaped(pid: number): boolean {
    return this.#children.reaped(pid);
  }

  end(pids: readonly number[]): void {
    this.#children.end(pids);
    this.host.dispose();
  }

  #after(ns: number, act: () => void): Disposable {
    if (this.#early === null) return this.host.at(this.host.nowNs + ns, act);
    const one: Early = { ns, act, disposed: false, event: null };
    this.#early.push(one);
    return {
      dispose: () => {
        one.disposed = true;
        one.event?.dispose();
      },
    };
  }
}
