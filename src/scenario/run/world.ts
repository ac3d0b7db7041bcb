import type { ChildBehaviour } from '../../host/behaviour.ts';
import type { Host, SpawnRequest } from '../../host/host.ts';
import type { CapWorld } from '../../host/lenses/capped.ts';
import type { SpareWorkers } from '../../thread/spare-workers.ts';
import type { ChildDef } from '../model.ts';

/** The host of one thread. */
export interface LaneWorld {
  readonly kind: 'sim' | 'linux';
  /** The kernel, without faults. */
  readonly host: Host;
  /** CLOCK_MONOTONIC at the start; a scenario's times count from it. */
  readonly startNs: number;
  /** How late a time may be and still count as right, ns. */
  readonly slackNs: number;
  nowNs(): number;
  /** Makes the thread sleep, outside the loop. */
  sleep(ns: number): void;
  /** Keeps the thread busy, while others go on. */
  compute(ns: number): void;
  /** Opens a regular file. Returns an fd or -errno. */
  openFile(): number;
}

/** How much later than written something happens. */
export interface Delay {
  readonly ns: number;
  /** How much later still it may come, ns, as a search of all orders decides; 0 in other runs. */
  readonly withinNs: number;
}

export const NO_DELAY: Delay = { ns: 0, withinNs: 0 };

/** A host to run a scenario on, and the outside world around it. */
export interface World extends LaneWorld, CapWorld {
  /** Workers that are kept from run to run; undefined if each run makes its own. */
  readonly spare?: SpareWorkers | undefined;
  /**
   * The most children that may be unreaped, including their own children: more are a mistake in the
   * file.
   */
  readonly mostChildren: number;
  /** How long the machine has delayed the run, ns: time that the clocks have left out. */
  readonly heldUpNs: number;
  /** All objects exist, and the first step is next. */
  begin(): void;
  /**
   * How much later than written the outside world acts, at most mostNs: this host's element of
   * chance.
   */
  delay(mostNs: number): Delay;
  /**
   * Schedules act for a time since the start, while the thread waits or is busy.
   * @param withinNs see Delay
   */
  at(sinceStartNs: number, act: () => void, withinNs?: number): void;
  /** Other threads use its clocks too: from now on they stand still for nobody. */
  shareClocks(): void;
  /** The threads that still run are ended wherever they are: they are no part of the run any more. */
  leaveThreads(): void;
  /** Accounts for the time of an io_poll on this host. */
  ioPoll(): void;
  /**
   * The time of a trace event, by its id, or of an entry of the order log, -1. A record of the run
   * has it, so that to ask for it changes nothing of a run that is recorded or replayed.
   */
  stampNs(event: number): number;
  /** Calls act, which only looks: the run is the same without it. */
  look<T>(act: () => T): T;
  /** Calls act while the clocks stand still, and returns its result. */
  still<T>(act: () => T): T;
  /**
   * Starts a child. A described one is ready when this returns.
   * @param delay how much later than written it ends
   * @param start starts the request, and returns its pid
   */
  spawn(child: ChildDef, delay: Delay, start: (request: SpawnRequest) => number): number;
  /** kill(2) of a child. Its effects have come when this returns, unless it is a real command. */
  kill(pid: number, signo: number): number;
  /** Whether a child of ours lives; false if it has died, reaped or not. */
  isAlive(pid: number): boolean;
  /**
   * A child has just been reaped. Returns whether it has left others of its process group behind.
   */
  reaped(pid: number): boolean;
  /**
   * Ends the remaining children, and releases the host's resources.
   * @param pids children that are not reaped, or left others of their group behind
   */
  end(pids: readonly number[]): void;
}

/** A described child as hosts take it; one without an end is never late. */
export function behaviourOf(child: ChildDef, delay = NO_DELAY): ChildBehaviour {
  const then =
    child.exit !== null
      ? { exit: child.exit }
      : child.signal !== null
        ? { signal: child.signal }
        : child.stop
          ? { stop: true as const }
          : undefined;
  const endsAt = child.afterNs ?? (then === undefined ? undefined : 0);
  return {
    afterNs: endsAt === undefined ? undefined : endsAt + delay.ns,
    withinNs: endsAt === undefined ? undefined : delay.withinNs,
    then,
    write: child.write ?? undefined,
    ignore: child.ignore,
    children: child.children,
  };
}
