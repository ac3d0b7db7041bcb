import type { BottomHalf } from '../aio/bottom-half.ts';
import { isInt, shown } from '../host/arguments.ts';
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  O_RDONLY,
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
import { check, ECHILD, EINTR, ENOTDIR, HostError } from '../host/errno.ts';
import { type Disposable, newWaitResult, type SpawnRequest } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import {
  checkCallbacks,
  checkChild,
  checkChildren,
  checkOpen,
  checkWatchOptions,
  timesOf,
} from './child-checks.ts';
import { type ChildCallbacks, type ChildEvent, newChildEvent } from './child-event.ts';
import type { ChildRequest, ChildWatchOptions } from './child-request.ts';
import { DeathTimes, type LoopTimes } from './death-times.ts';

export type { ChildCallbacks, ChildEvent, ChildRequest, ChildWatchOptions };

const T_SPAWN = EV.child_spawn;
const T_STATUS = EV.child_status;
const T_REAP = EV.child_reap;

interface Watched {
  readonly pid: number;
  readonly name: string;
  readonly callbacks: ChildCallbacks;
  /** Announces this child's end if SIGCHLD does not come by itself. */
  readonly announced: Disposable | null;
}

/**
 * Starts children and reaps them: SIGCHLD's handler schedules a bottom half, which waits for the
 * children that have ended. QEMU had this as sigchld_handler and sigchld_bh_handler, until 2021.
 *
 * Invariants:
 *  C1. One SIGCHLD may stand for several children: the bottom half reaps until none is left.
 *  C2. Only our own children are waited for. Others (Node's child_process) are looked at with
 *      WNOWAIT at most: SIGCHLD is handed on to Node, which reaps them.
 */
export class ChildWatch implements Disposable {
  /** SIGCHLD records handled so far. */
  sigchlds = 0;
  reaped = 0;
  readonly #options: ChildWatchOptions;
  readonly #bh: BottomHalf;
  readonly #action: Disposable;
  readonly #children = new Map<number, Watched>();
  readonly #result = newWaitResult();
  readonly #waitFor: number;
  readonly #times: LoopTimes;
  readonly #deaths: DeathTimes;
  #disposed = false;

  /**
   * @throws Error if these Signals have no SIGCHLD, or already have a ChildWatch; TypeError for a
   *   missing option; nothing is changed then.
   */
  constructor(options: ChildWatchOptions) {
    checkWatchOptions(options);
    const { loop, signals, stops = false } = options;
    const times = timesOf(options);
    this.#options = options;
    this.#times = times;
    this.#deaths = new DeathTimes(times);
    this.#waitFor = WEXITED | (stops ? WSTOPPED | WCONTINUED : 0);
    // First, since it may fail.
    this.#action = signals.sigaction(SIGCHLD, {
      name: 'sigchld_handler',
      flags: stops ? 0 : SA_NOCLDSTOP,
      handler: (_signo, info) => {
        this.sigchlds++;
        this.#deaths.note(info.ssi_pid);
        this.#bh.schedule();
      },
    });
    this.#bh = loop.context.newBottomHalf('sigchld_bh', () => this.#reapAll());
    signals.childWatch = this;
    times.wanted++;
    // No SIGCHLD comes for children that died before the handler was there.
    if (options.adopts && this.#hasEnded()) this.#bh.schedule();
  }

  #hasEnded(): boolean {
    const { host } = this.#options.loop;
    const options = WEXITED | WNOHANG | WNOWAIT;
    return host.waitid(P_ALL, 0, options, this.#result) === 0 && this.#result.pid !== 0;
  }

  /** The number of children that live, or have not been reaped. */
  get size(): number {
    return this.#children.size;
  }

  /** Pids of the children that have not been reaped, in order of spawn. */
  pids(): number[] {
    return [...this.#children.keys()];
  }

  /**
   * Starts a program and watches it. Returns its pid.
   * @throws HostError with posix_spawn's errno: ENOENT, EACCES, EAGAIN, ENOMEM, …, or with chdir's
   *   if cwd cannot be entered, named in its syscall; TypeError if the request is not a
   *   SpawnRequest; Error after dispose
   */
  spawn(request: SpawnRequest, name: string, callbacks: ChildCallbacks = {}): number {
    this.#checkOpen('spawn');
    checkChild(request, callbacks);
    const pid = this.#options.loop.host.spawn(request);
    if (pid === -ENOTDIR) throw this.#cannotEnter(request);
    if (pid < 0) throw new HostError(pid, `spawn ${request.file}`);
    this.#started([pid], [{ request, name, callbacks }]);
    return pid;
  }

  /** Finds out why cwd cannot be entered: Host.spawn does not say. */
  #cannotEnter({ file, cwd = '' }: SpawnRequest): HostError {
    const { host } = this.#options.loop;
    const errno = host.open(cwd === '' ? '' : `${cwd}/.`, O_RDONLY | O_CLOEXEC, 0);
    if (errno >= 0) host.close(errno);
    return new HostError(errno < 0 ? errno : ENOTDIR, `spawn ${file}: chdir ${cwd}`);
  }

  /**
   * Starts many children at once, which is faster: their programs load while the next are made.
   * Returns their pids, -errno (Host.spawn) for each child that failed; the others still start.
   * @throws TypeError if a request is malformed, before any is started; Error after dispose
   */
  spawnAll(children: readonly ChildRequest[]): number[] {
    this.#checkOpen('spawnAll');
    checkChildren(children);
    const pids = this.#options.loop.host.spawnAll(children.map(({ request }) => request));
    this.#started(pids, children);
    return pids;
  }

  /** All are watched before any is traced: a trace that throws loses none. */
  #started(pids: readonly number[], children: readonly ChildRequest[]): void {
    const { trace } = this.#options.loop;
    for (let i = 0; i < pids.length; i++) {
      const { name, callbacks } = children[i]!;
      if (pids[i]! > 0) this.#add(pids[i]!, name, callbacks ?? {});
    }
    if (trace.on[T_SPAWN] === 0) return;
    for (let i = 0; i < pids.length; i++) {
      const { name, request } = children[i]!;
      if (pids[i]! > 0) trace.emit(T_SPAWN, pids[i]!, name, request.argv.join(' '));
    }
  }

  /**
   * Watches a child of this process that was started by other means, and reaps it when it ends,
   * even if it has ended already. Do not pass a child of Node's child_process: Node reaps those
   * itself, and would wait for it for ever.
   * @throws HostError ECHILD if pid is not a child of this process, or has been reaped; another
   *   HostError if waitid fails (EPERM by a filter); Error if it is watched already, or after
   *   dispose
   */
  watch(pid: number, name: string, callbacks: ChildCallbacks = {}): void {
    this.#checkOpen('watch');
    checkCallbacks(callbacks);
    if (!isInt(pid) || pid <= 0) throw new HostError(ECHILD, `watch: child ${shown(pid)}`);
    if (this.#children.has(pid)) throw new Error(`watch: child ${pid} is watched already`);
    check(this.#wait(P_PID, pid, WNOWAIT), `watch: child ${pid}`);
    this.#add(pid, name, callbacks);
    // Its SIGCHLD may have come before.
    this.#bh.schedule();
  }

  #checkOpen(what: string): void {
    if (this.#disposed) throw new Error(`${what}: this ChildWatch is disposed`);
    checkOpen(this.#options, what);
  }

  #add(pid: number, name: string, callbacks: ChildCallbacks): void {
    const announced = this.#options.signals.source.announceChild?.(pid) ?? null;
    this.#children.set(pid, { pid, name, callbacks, announced });
  }

  /** Stops watching. Children that have not been reaped stay so. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#options.signals.childWatch = null;
    this.#times.wanted--;
    this.#action.dispose();
    for (const child of this.#children.values()) child.announced?.dispose();
    this.#children.clear();
    this.#bh.dispose();
  }

  /** QEMU: sigchld_bh_handler. */
  #reapAll(): void {
    // Other news of a death may have scheduled this, before SIGCHLD came.
    this.#deaths.note(0);
    let done = false;
    try {
      this.#reapFirstToLast();
      done = true;
    } finally {
      this.#deaths.forget();
      // A callback threw. The others' SIGCHLD has been read, so nothing else would bring us back.
      if (!done && !this.#disposed) this.#bh.schedule();
    }
  }

  #reapFirstToLast(): void {
    const adopts = this.#options.adopts ?? false;
    // A callback may have disposed of us: the rest are then left alone.
    while (!this.#disposed) {
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

  /** C2. Somebody else's child comes before ours, so ours are asked one by one. */
  #reapEach(): void {
    for (const child of [...this.#children.values()]) {
      while (!this.#disposed && this.#wait(P_PID, child.pid, 0) > 0) this.#tell(child);
    }
  }

  /**
   * Returns the pid of a child that has changed, 0 for none, -ECHILD if there is no child.
   * @throws HostError for any other answer: children that have ended would stay for ever
   */
  #wait(idtype: number, id: number, options: number): number {
    const { host } = this.#options.loop;
    const what = this.#waitFor | WNOHANG | options;
    let ret: number;
    do {
      ret = host.waitid(idtype, id, what, this.#result);
    } while (ret === -EINTR);
    if (ret < 0 && ret !== -ECHILD) throw new HostError(ret, 'waitid');
    return ret < 0 ? ret : this.#result.pid;
  }

  #tell(child: Watched | undefined): void {
    const { trace } = this.#options.loop;
    const nowNs = this.#options.loop.host.clockNs(CLOCK_MONOTONIC);
    const event = newChildEvent(child?.name ?? 'orphan', this.#result, this.#deaths, nowNs);
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
}
