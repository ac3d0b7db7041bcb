import { QemuAbort } from '../../aio/abort.ts';
import { CLD_EXITED, P_PID, WEXITED, WNOHANG, WNOWAIT, WSTOPPED } from '../../host/constants.ts';
import { check, ESRCH, HostError } from '../../host/errno.ts';
import { newWaitResult, type SpawnRequest } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { type ChildEvent, ChildWatch } from '../../signal/child-watch.ts';
import { signalName } from '../../signal/names.ts';
import { grouped } from '../limits.ts';
import type { ChildDef, Scenario } from '../model.ts';
import type { LaneLog } from './order-log.ts';
import type { SignalSet } from './signal-set.ts';
import type { World } from './world.ts';

/** How a child ended: an exit status, or a signal. */
export type End = { readonly exit: number } | { readonly signal: string };

interface Child {
  readonly def: ChildDef;
  readonly pid: number;
  /** Null until we have reaped it. */
  end: End | null;
  /** Whether others of its process group were left behind when it was reaped. */
  leftGroup: boolean;
}

/** The parts of a run, and of the thread that reaps, that Children works on. */
export interface ChildrenParts {
  readonly world: World;
  readonly scenario: Scenario;
  readonly loop: MainLoop;
  readonly log: LaneLog;
  readonly signals: SignalSet;
}

/** The children that a scenario has started. A name may be started repeatedly. */
export class Children {
  readonly #parts: ChildrenParts;
  readonly #watch: ChildWatch;
  readonly #defs = new Map<string, ChildDef>();
  readonly #byPid = new Map<number, Child>();
  readonly #byName = new Map<string, Child[]>();
  /** Children that are not reaped, in order of spawn. */
  readonly #open = new Map<number, Child>();
  readonly #result = newWaitResult();
  /** Their number, including all processes that any of them has left behind. */
  #processes = 0;
  /** The latest that was started, or is about to be. */
  #starting: { readonly name: string; readonly request: SpawnRequest } | null = null;

  constructor(defs: readonly ChildDef[], parts: ChildrenParts) {
    this.#parts = parts;
    for (const def of defs) {
      this.#defs.set(def.name, def);
      this.#byName.set(def.name, []);
    }
    const { loop, signals } = parts;
    this.#watch = new ChildWatch({ loop, signals: signals.signals, times: loop.pollTimes });
    signals.adoptBuiltIn();
  }

  /** @throws QemuAbort if it cannot be started, or there are too many */
  spawn(name: string): void {
    const def = this.#defs.get(name)!;
    const { mostChildren } = this.#parts.world;
    this.#processes += 1 + def.children;
    if (this.#processes > mostChildren) {
      const are = `more than ${grouped(mostChildren)} children that are not reaped, with theirs`;
      throw new QemuAbort(`spawn '${name}': there are ${are}`);
    }
    const { world, scenario } = this.#parts;
    let pid: number;
    try {
      pid = world.spawn(def, world.delay(scenario.jitterNs), (request) => {
        this.#starting = { name, request };
        return this.#watch.spawn(request, name, { onEnd: (event) => this.#ended(event) });
      });
    } catch (error) {
      if (error instanceof HostError) throw new QemuAbort(`spawn '${name}': ${error.message}`);
      throw error;
    }
    const child: Child = { def, pid, end: null, leftGroup: false };
    this.#byPid.set(pid, child);
    this.#byName.get(name)!.push(child);
    this.#open.set(pid, child);
  }

  /**
   * Sends a signal to all children of that name that are not reaped; ones that are dead ignore it.
   * @throws QemuAbort if none was started, HostError if one may not be signalled
   */
  kill(name: string, signo: number): void {
    const all = this.#byName.get(name)!;
    if (all.length === 0) throw new QemuAbort(`kill_child: '${name}' was never started`);
    for (const { pid } of all) {
      const ret = this.#open.has(pid) ? this.#parts.world.kill(pid, signo) : 0;
      if (ret !== -ESRCH) check(ret, `kill_child ${name}`);
    }
  }

  nameOf(pid: number): string | undefined {
    return this.#byPid.get(pid)?.def.name;
  }

  /** Whether a request is for that name. Faults ask this while the child is started. */
  isProgramOf(name: string, request: unknown): boolean {
    return this.#starting?.name === name && this.#starting.request === request;
  }

  isPidOf(name: string, pid: number): boolean {
    return this.#byPid.get(pid)?.def.name === name;
  }

  /** Whether any child lives. One that is dead but not reaped does not count. */
  anyAlive(): boolean {
    for (const pid of this.#open.keys()) {
      if (this.#parts.world.isAlive(pid)) return true;
    }
    return false;
  }

  /** Whether it was started, and is dead and reaped, even by the kernel itself. */
  hasEnded(name: string): boolean {
    const all = this.#byName.get(name)!;
    return all.length > 0 && all.every((child) => child.end !== null || this.#isGone(child.pid));
  }

  /** How the children of a name ended: an end, `running`, `stopped`, or in words. */
  fates(name: string): (End | string)[] {
    return this.#byName.get(name)!.map(({ pid, end }) => {
      if (end !== null) return end;
      if (this.#isGone(pid)) return 'reaped by the kernel';
      if (!this.#parts.world.isAlive(pid)) return 'dead and not reaped';
      return this.#isStopped(pid) ? 'stopped' : 'running';
    });
  }

  close(): void {
    this.#watch.dispose();
  }

  /** Pids of children that are not reaped, or have left others of their group behind. */
  leftBehind(): number[] {
    return [...this.#byPid.values()]
      .filter(({ end, leftGroup }) => end === null || leftGroup)
      .map(({ pid }) => pid);
  }

  #ended({ pid, code, status }: ChildEvent): void {
    const child = this.#byPid.get(pid)!;
    const { name } = child.def;
    this.#open.delete(pid);
    this.#processes--;
    child.leftGroup = this.#parts.world.reaped(pid);
    if (code === CLD_EXITED) {
      child.end = { exit: status };
      this.#parts.log.add(`${name} exited ${status}`);
    } else {
      child.end = { signal: signalName(status) };
      this.#parts.log.add(`${name} killed ${signalName(status)}`);
    }
  }

  #isGone(pid: number): boolean {
    return this.#look(pid, WEXITED) < 0;
  }

  #isStopped(pid: number): boolean {
    return this.#look(pid, WSTOPPED) === 0 && this.#result.pid === pid;
  }

  /** waitid with WNOWAIT. */
  #look(pid: number, what: number): number {
    const { host } = this.#parts.world;
    return host.waitid(P_PID, pid, what | WNOHANG | WNOWAIT, this.#result);
  }
}
