import type { BigLock } from '../aio/big-lock.ts';
import { soonestTimeout } from '../aio/clock.ts';
import type { PollRecord } from '../aio/handler.ts';
import type { TimerListGroup } from '../aio/timer-group.ts';
import { checkFunction } from '../host/arguments.ts';
import { CLOCK_MONOTONIC } from '../host/constants.ts';
import { HeldList } from '../host/held-list.ts';
import type { Disposable, Host } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import type { MainContext } from './main-context.ts';
import type { MainPoll } from './main-poll.ts';

const T_BEGIN = EV.main_loop_wait_begin;
const T_END = EV.main_loop_wait_end;
const T_PHASE = EV.main_loop_phase;

const NS_PER_MS = 1_000_000;

/** The argument of a poll notifier. QEMU: MainLoopPoll. */
export interface MainLoopPoll {
  /** FILL before the poll; OK or ERR after it. */
  state: 'FILL' | 'OK' | 'ERR';
  /** While FILL: how long the poll may take, ms, -1 without limit; notifiers may lower it. */
  timeoutMs: number;
  /** While FILL: notifiers may add fds of their own. After the poll these have their revents. */
  readonly fds: PollRecord[];
}

/** Start and end of a main loop's polls, for callers that measure how long something waited. */
export interface PollTimes {
  /** The clock is read only while this is above 0. */
  wanted: number;
  enterNs: number;
  returnNs: number;
  /** returnNs of the previous poll. */
  previousReturnNs: number;
}

/** The parts of a main loop that an iteration goes through. */
export interface IterationParts {
  readonly host: Host;
  readonly trace: Tracer;
  readonly sources: MainContext;
  readonly timers: TimerListGroup;
}

/**
 * One iteration of a main loop, cut at its wait: arm says how long the loop may sleep, fire runs
 * whatever the wait has found. Between the two the caller waits, blocking its thread or not.
 * QEMU: main_loop_wait.
 */
export class Iteration {
  readonly times: PollTimes = { wanted: 0, enterNs: 0, returnNs: 0, previousReturnNs: 0 };
  /** The number of iterations so far, including nested ones. */
  count = 0;
  /** Once true, no iteration sleeps. */
  closed = false;
  /** The lock that it gives back while it waits; see MainLoop.lock. */
  lock: BigLock | null = null;

  /** The lock that was given back while Node waits; null if there is none. */
  #unlocked: BigLock | null = null;

  readonly #host: Host;
  readonly #trace: Tracer;
  readonly #sources: MainContext;
  readonly #timers: TimerListGroup;
  readonly #poll: MainPoll;
  /** The latest is first. Replaced on each change, never modified. */
  readonly #notifiers = new HeldList<(poll: MainLoopPoll) => void>();
  readonly #pollState: MainLoopPoll = { state: 'FILL', timeoutMs: -1, fds: [] };

  constructor({ host, trace, sources, timers }: IterationParts, poll: MainPoll) {
    this.#host = host;
    this.#trace = trace;
    this.#sources = sources;
    this.#timers = timers;
    this.#poll = poll;
  }

  /** QEMU: main_loop_poll_add_notifier. */
  addPollNotifier(notifier: (poll: MainLoopPoll) => void): Disposable {
    checkFunction(notifier, 'main_loop_poll_add_notifier: the notifier');
    return this.#notifiers.addFirst(notifier);
  }

  /** All of it, blocking the thread while it waits. Returns the number of ready fds, or -errno. */
  run(nonblocking: boolean): number {
    const number = this.begin(nonblocking);
    let ret = 0;
    try {
      const timeoutNs = this.arm(nonblocking);
      ret = this.wait(timeoutNs);
      this.fire(ret);
    } finally {
      this.end(number, ret);
    }
    return ret;
  }

  /** Counts it. Returns its number, for end. */
  begin(nonblocking: boolean): number {
    const number = ++this.count;
    if (this.#trace.on[T_BEGIN] !== 0) this.#trace.emit(T_BEGIN, number, nonblocking ? 1 : 0);
    return number;
  }

  end(number: number, ret: number): void {
    if (this.#trace.on[T_END] !== 0) this.#trace.emit(T_END, number, ret);
  }

  /** Asks everybody how long the loop may sleep: ns, 0 if there is work, -1 without limit. */
  arm(nonblocking: boolean): number {
    const timeoutNs = this.#fill(nonblocking);
    this.#phase('prepare');
    const sources = this.#sources;
    sources.prepare();
    const sourcesNs = sources.timeoutMs < 0 ? -1 : sources.timeoutMs * NS_PER_MS;
    this.#phase('poll');
    // A callback may have closed the loop: then nothing would end its sleep.
    return this.closed ? 0 : soonestTimeout(sourcesNs, timeoutNs);
  }

  /** Sleeps for timeoutNs at most. Returns the number of ready fds, or -errno. */
  wait(timeoutNs: number): number {
    return this.lock === null
      ? this.#timedPoll(timeoutNs)
      : this.#unlockedPoll(this.lock, timeoutNs);
  }

  /** Also a wait that does not sleep lets others have the lock. QEMU: os_host_main_loop_wait. */
  #unlockedPoll(lock: BigLock, timeoutNs: number): number {
    lock.unlock();
    try {
      return this.#timedPoll(timeoutNs);
    } finally {
      lock.lock();
    }
  }

  #timedPoll(timeoutNs: number): number {
    const { times } = this;
    if (times.wanted > 0) times.enterNs = this.#host.clockNs(CLOCK_MONOTONIC);
    const ret = this.#poll.wait(this.#sources.pollsFds, this.#pollState.fds, timeoutNs);
    if (times.wanted > 0) {
      times.previousReturnNs = times.returnNs;
      times.returnNs = this.#host.clockNs(CLOCK_MONOTONIC);
    }
    return ret;
  }

  /** The loop will be driven by Node. */
  prepareForNode(): void {
    this.#poll.prepareForNode();
  }

  /** See MainPoll.armNodeWait. */
  armNodeWait(end: () => void): number {
    const { times } = this;
    if (times.wanted > 0) times.enterNs = this.#host.clockNs(CLOCK_MONOTONIC);
    const fd = this.#poll.armNodeWait(this.#pollState.fds, end);
    this.#unlocked = this.lock;
    this.#unlocked?.unlock();
    return fd;
  }

  leaveNodeWait(): void {
    this.#poll.leaveNodeWait();
    const lock = this.#unlocked;
    this.#unlocked = null;
    lock?.lock();
  }

  /** Looks what is ready after Node's wait. Returns the number of ready fds, or -errno. */
  lookAfterNode(): number {
    const { enterNs } = this.times;
    const ret = this.#timedPoll(0);
    this.times.enterNs = enterNs;
    return ret;
  }

  /** Dispatches what is ready, by priority, then runs the loop's own timers. @param ret of wait */
  fire(ret: number): void {
    const sources = this.#sources;
    this.#phase('check');
    const ready = sources.check();
    this.#phase('dispatch');
    if (ready) sources.dispatch();
    if (this.#notifiers.items.length > 0) this.#tell(ret < 0 ? 'ERR' : 'OK');
    this.#phase('timers');
    this.#timers.run();
  }

  /** How long the notifiers and the loop's own timers allow the poll to take, ns. */
  #fill(nonblocking: boolean): number {
    let timeoutNs = nonblocking ? 0 : -1;
    // Includes the fds of a notifier that has been removed.
    if (this.#pollState.fds.length > 0) this.#pollState.fds.length = 0;
    if (this.#notifiers.items.length > 0) {
      this.#pollState.timeoutMs = nonblocking ? 0 : -1;
      this.#tell('FILL');
      timeoutNs = this.#pollState.timeoutMs < 0 ? -1 : this.#pollState.timeoutMs * NS_PER_MS;
    }
    return timeoutNs === 0 ? 0 : soonestTimeout(timeoutNs, this.#timers.deadlineNs());
  }

  #tell(state: MainLoopPoll['state']): void {
    this.#pollState.state = state;
    for (const notifier of this.#notifiers.items) notifier(this.#pollState);
  }

  #phase(phase: string): void {
    if (this.#trace.on[T_PHASE] !== 0) this.#trace.emit(T_PHASE, phase);
  }
}
