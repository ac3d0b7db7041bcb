import type { ChildBehaviour } from '../../host/behaviour.ts';
import type { Host, SpawnRequest } from '../../host/host.ts';
import type { CapWorld } from '../../host/lenses/capped.ts';
import type { ChildDef } from '../model.ts';

/** A host to run a scenario on, and the outside world around it. */
export interface World extends CapWorld {
  readonly kind: 'sim' | 'linux';
  /** The kernel, without faults: what the outside world acts on. */
  readonly host: Host;
  /** CLOCK_MONOTONIC at the start, from which a scenario counts. */
  readonly startNs: number;
  /** How much later than wanted a time may be and still be held for right, ns. */
  readonly slackNs: number;
  /** How many children may be there that are not reaped, with theirs: more are a mistake of the file. */
  readonly mostChildren: number;
  /** How long the machine has held the run up, ns: time that the clocks have left out. */
  readonly heldUpNs: number;
  /** All objects are there, and the first step is next. */
  begin(): void;
  /** How much later than written the outside world acts, at most mostNs: what this host leaves to chance. */
  lateNs(mostNs: number): number;
  /** Lets act happen at a time since the start, while the thread waits or is busy. */
  at(sinceStartNs: number, act: () => void): void;
  /** Keeps the thread busy. */
  block(ns: number): void;
  /** Lets the thread sleep, outside of the loop. */
  sleep(ns: number): void;
  /** An io_poll is made: what it takes on this host. */
  ioPoll(): void;
  /** Calls act while the clocks stand still, and returns what it returns. */
  still<T>(act: () => T): T;
  /**
   * Starts a child. A described one is ready when this returns.
   * @param lateNs how much later than written it ends
   * @param start starts what is requested, and returns its pid
   */
  spawn(child: ChildDef, lateNs: number, start: (request: SpawnRequest) => number): number;
  /** kill(2) of a child. What comes of it has come when this returns, but for a real command. */
  kill(pid: number, signo: number): number;
  /** Whether a child of ours lives, as against one that has died, reaped or not. */
  isAlive(pid: number): boolean;
  /** A child has just been reaped. Returns whether it has left others of its process group behind. */
  reaped(pid: number): boolean;
  /** Opens a regular file. Returns an fd or -errno. */
  openFile(): number;
  /**
   * Ends what is left of the children, and gives back what the host holds.
   * @param pids of who is not reaped, or left others of its group behind
   */
  end(pids: readonly number[]): void;
}

/** What a described child does, as hosts take it; one without an end is never late. */
export function behaviourOf(child: ChildDef, lateNs = 0): ChildBehaviour {
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
    afterNs: endsAt === undefined ? undefined : endsAt + lateNs,
    then,
    write: child.write ?? undefined,
    ignore: child.ignore,
    children: child.children,
  };
}
