import type { BottomHalf } from '../aio/bottom-half.ts';
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  CLOCK_MONOTONIC,
  P_ALL,
  P_PID,
  SA_NOCLDSTOP,
  SIGCHLD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../host/constants.ts';
import { HostError } from '../host/errno.ts';
import {
  type Disposable,
  newWaitResult,
  type SpawnRequest,
  type WaitResult,
} from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { SignalLoop, Signals } from './signals.ts';

const T_SPAWN = EV.child_spawn;
const T_STATUS = EV.child_status;
const T_REAP = EV.child_reap;

/** Sleeps shorter than this do not show whether the loop was waiting when the child died. */
const SLEPT_NS = 100_000;

/** How a child ended, or changed. */
export interface ChildEvent extends Readonly<WaitResult> {
  readonly name: string;
  /**
   * ns from death to reap. Where the loop slept when the child died this is from
   * its waking up; where it was busy, the most that it can be: from the last
   * time it looked.
   */
  readonly latencyNs: number;
  /** Whether latencyNs is a bound, since the loop was busy. */
  readonly latencyIsBound: boolean;
}

export interface ChildCallbacks {
  readonly onEnd?: ((event: ChildEvent) => void) | undefined;
  /** The child stopped or went on; only with ChildWatchOptions.stops. */
  readonly onStatus?: ((event: ChildEvent) => void) | undefined;
}

/** A child that is to be started and watched. */
export interface ChildRequest {
  readonly request: SpawnRequest;
  /** What traces and events call it. */
  readonly name: string;
  readonly callbacks?: ChildCallbacks | undefined;
}

/** When the loop's last polls began and ended. MainLoop.pollTimes is one. */
export interface LoopTimes {
  wanted: number;
  readonly enterNs: number;
  readonly returnNs: number;
  readonly previousReturnNs: number;
}

export interface ChildWatchOptions {
  readonly loop: SignalLoop;
  readonly signals: Signals;
  readonly times: LoopTimes;
  /** Whether stops and continues are told too: without SA_NOCLDSTOP. */
  readonly stops?: boolean | undefined;
  /**
   * Whether every child of the process is ours, as for pid 1 and subreapers:
   * orphans that come to us are reaped and told to onOrphan.
   */
  readonly adopts?: boolean | undefined;
  readonly onOrphan?: ((event: ChildEvent) => void) | undefined;
}

interface Watched {
  readonly pid: number;
  readonly name: string;
  readonly callbacks: ChildCallbacks;
  /** Follows the source that announces this child's end where SIGCHLD does not come by itself. */
  readonly announced: Disposable | null;
}

/**
 * Starts children and reaps them: SIGCHLD's handler schedules a bottom half, and
 * that waits for whatever has ended. QEMU had it as sigchld_handler and
 * sigchld_bh_handler, until 2021.
 *
 * Invariants:
 *  C1. One SIGCHLD may stand for any number of children, so the bottom half
 *      reaps until nothing is left.
 *  C2. Only children of ours are waited for. Somebody else's (Node's
 *      child_process) is looked at with WNOWAIT at most, and stays.
 */
export class ChildWatch implements Disposable {
  /** SIGCHLD records that were handled. */
  sigchlds = 0;
  reaped = 0;
  readonly #options: ChildWatchOptions;
  readonly #bh: BottomHalf;
  readonly #action: Disposable;
  readonly #children = new Map<number, Watched>();
  readonly #result = newWaitResult();
  readonly #waitFor: number;
  #disposed = false;
  /** When those that the next round reaps died; -1: not known yet. */
  #deathNs = -1;
  /** The child that died right then; 0 where #deathNs is a bound for all. */
  #diedThen = 0;

  constructor(options: ChildWatchOptions) {
    this.#options = options;
    const { loop, signals, stops = false } = options;
    this.#waitFor = WEXITED | (stops ? WSTOPPED | WCONTINUED : 0);
    this.#bh = loop.context.newBottomHalf('sigchld_bh', () => this.#reapAll());
    this.#action = signals.sigaction(SIGCHLD, {
      name: 'sigchld_handler',
      flags: stops ? 0 : SA_NOCLDSTOP,
      handler: (_signo, info) => {
        this.sigchlds++;
        this.#noteDeath(info.ssi_pid);
        this.#bh.schedule();
      },
    });
    options.times.wanted++;
  }

  /** How many children live, or have not been reaped. */
  get size(): number {
    return this.#children.size;
  }

  /** Pids of the children that have not been reaped, in order of spawn. */
  pids(): number[] {
    return [...this.#children.keys()];
  }

  /**
   * Starts a program and watches it. Returns its pid.
   * @throws HostError as posix_spawn fails: ENOENT, EACCES, EAGAIN, ENOMEM, …
   */
  spawn(request: SpawnRequest, name: string, callbacks: ChildCallbacks = {}): number {
    const pid = this.#options.loop.host.spawn(request);
    if (pid < 0) throw new HostError(pid, `spawn ${request.file}`);
    this.#started(pid, { request, name, callbacks });
    return pid;
  }

  /**
   * Starts many at once, which is faster than one after the other: programs are loaded
   * while the next are made. Returns their pids; -errno (Host.spawn) for each that
   * could not be started, and the others are started all the same.
   */
  spawnAll(children: readonly ChildRequest[]): number[] {
    const pids = this.#options.loop.host.spawnAll(children.map(({ request }) => request));
    for (let i = 0; i < pids.length; i++) if (pids[i]! > 0) this.#started(pids[i]!, children[i]!);
    return pids;
  }

  #started(pid: number, { request, name, callbacks }: ChildRequest): void {
    const { trace } = this.#options.loop;
    if (trace.on[T_SPAWN] !== 0) trace.emit(T_SPAWN, pid, name, request.argv.join(' '));
    this.watch(pid, name, callbacks);
  }

  /** Watches a child that somebody else has started. */
  watch(pid: number, name: string, callbacks: ChildCallbacks = {}): void {
    const announced = this.#options.signals.source.announceChild?.(pid) ?? null;
    this.#children.set(pid, { pid, name, callbacks, announced });
  }

  /** Watches no more. Children that have not been reaped are left so. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.times.wanted--;
    this.#action.dispose();
    for (const child of this.#children.values()) child.announced?.dispose();
    this.#children.clear();
    this.#bh.dispose();
  }

  /** QEMU: sigchld_bh_handler. */
  #reapAll(): void {
    // Scheduled by somebody else, who may know of a death before SIGCHLD comes.
    if (this.#deathNs < 0) this.#noteDeath(0);
    let done = false;
    try {
      this.#reapFirstToLast();
      done = true;
    } finally {
      this.#deathNs = -1;
      // A callback threw: the others' SIGCHLD is gone, so nothing else would bring us back.
      if (!done) this.#bh.schedule();
    }
  }

  #reapFirstToLast(): void {
    const adopts = this.#options.adopts ?? false;
    for (;;) {
      const found = this.#wait(P_ALL, 0, adopts ? 0 : WNOWAIT);
      if (found <= 0) return;
      if (adopts) {
        this.#tell(this.#children.get(found));
      } else if (this.#children.has(found)) {
        if (this.#wait(P_PID, found, 0) > 0) this.#tell(this.#children.get(found));
      } else {
        this.#reapEach();
        return;
      }
    }
  }

  /** C2. Somebody else's child stands before ours, so ours are asked one by one. */
  #reapEach(): void {
    for (const child of [...this.#children.values()]) {
      while (this.#wait(P_PID, child.pid, 0) > 0) this.#tell(child);
    }
  }

  /** Returns the pid that has changed, 0 for none, or -errno. */
  #wait(idtype: number, id: number, options: number): number {
    const ret = this.#options.loop.host.waitid(
      idtype,
      id,
      this.#waitFor | WNOHANG | options,
      this.#result,
    );
    return ret < 0 ? ret : this.#result.pid;
  }

  #tell(child: Watched | undefined): void {
    const { trace } = this.#options.loop;
    const event = this.#event(child?.name ?? 'orphan');
    const { pid, code, status } = event;
    if (code === CLD_STOPPED || code === CLD_CONTINUED) {
      if (trace.on[T_STATUS] !== 0) trace.emit(T_STATUS, pid, event.name, code, status);
      child?.callbacks.onStatus?.(event);
      return;
    }
    this.reaped++;
    this.#children.delete(pid);
    child?.announced?.dispose();
    if (trace.on[T_REAP] !== 0) {
      const { name, utimeNs, stimeNs, latencyNs } = event;
      const bound = event.latencyIsBound ? 1 : 0;
      trace.emit(T_REAP, pid, name, code, status, utimeNs, stimeNs, latencyNs, bound);
    }
    if (child === undefined) this.#options.onOrphan?.(event);
    else child.callbacks.onEnd?.(event);
  }

  #event(name: string): ChildEvent {
    const result = this.#result;
    const latencyNs = this.#options.loop.host.clockNs(CLOCK_MONOTONIC) - this.#deathNs;
    // Field by field: a spread makes a new hidden class for each child, which takes V8 15 µs.
    return {
      pid: result.pid,
      uid: result.uid,
      code: result.code,
      status: result.status,
      utimeNs: result.utimeNs,
      stimeNs: result.stimeNs,
      maxrssKiB: result.maxrssKiB,
      minflt: result.minflt,
      majflt: result.majflt,
      nvcsw: result.nvcsw,
      nivcsw: result.nivcsw,
      name,
      latencyNs,
      latencyIsBound: result.pid !== this.#diedThen,
    };
  }

  /**
   * SIGCHLD has just been read, and names the child whose death sent it. If the
   * poll before it slept, that death has ended its sleep; otherwise it came at
   * some time since the poll before that one. Others that are reaped with it
   * have died since.
   */
  #noteDeath(pid: number): void {
    if (this.#deathNs >= 0) return;
    const { enterNs, returnNs, previousReturnNs } = this.#options.times;
    const slept = returnNs - enterNs >= SLEPT_NS;
    this.#diedThen = slept ? pid : 0;
    if (slept) this.#deathNs = returnNs;
    else this.#deathNs = previousReturnNs > 0 ? previousReturnNs : enterNs;
  }
}
