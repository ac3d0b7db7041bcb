import type { AioContext } from '../../aio/aio-context.ts';
import type { TimerListGroup } from '../../aio/timer-group.ts';
import { POLLERR, POLLHUP } from '../../host/constants.ts';
import type { Lane } from './lane.ts';
import type { Machine } from './machine.ts';
import { polledContext } from './threads/polled-context.ts';

/** How the loop is polled by an action. */
export interface HowToPoll {
  readonly blocking: boolean;
  /** Logs a pair of brackets around what happens inside. */
  readonly nested: boolean;
  /** Logs nothing of its own. */
  readonly quiet: boolean;
  /** Repeats it until this is true; null for once. */
  readonly isOver: (() => boolean) | null;
}

const ONE_STEP: HowToPoll = { blocking: false, nested: false, quiet: false, isOver: null };

/** aio_poll of a context; null for the thread's own. */
export function poll(lane: Lane, of: string | null, how: HowToPoll): void {
  const { log } = lane;
  const { blocking, nested, quiet, isOver } = how;
  const context = polledContext(lane, of);
  if (nested && !quiet) log.add('nested(');
  let progress = false;
  do {
    if (!nested) lane.polls++;
    progress = timed(lane, () => context.poll(blocking));
  } while (isOver !== null && !isOver());
  if (!nested) lane.lastResult = progress;
  const result = progress ? 1 : 0;
  if (!quiet) log.add(nested ? `)=${result}` : `poll=${result}`);
}

export function mainLoopWait(lane: Lane, { blocking, nested, quiet, isOver }: HowToPoll): void {
  const { log, loop } = lane;
  if (nested && !quiet) log.add('nested_mlw(');
  do {
    timed(lane, () => loop.mainLoopWait(!blocking));
  } while (isOver !== null && !isOver());
  if (!quiet) log.add(nested ? ')' : 'mlw');
}

/** Notes how long a poll took, and how deep polls are nested; after an error, how deep they were. */
function timed<T>(lane: Lane, act: () => T): T {
  const { world, crew } = lane.machine;
  // In QEMU the others have done to its handlers what they wanted, before it polls.
  crew?.answer?.();
  const beforeNs = world.nowNs();
  const result = lane.nest(act);
  // Another thread may have ended the run, and the wait with it.
  crew?.shared.check();
  lane.lastBlockedNs = world.nowNs() - beforeNs;
  return result;
}

export function step(lane: Lane): void {
  if (lane.machine.scenario.drive === 'aio_poll') poll(lane, null, ONE_STEP);
  else mainLoopWait(lane, ONE_STEP);
}

/** Three steps that log nothing. */
export function settle(lane: Lane): void {
  lane.log.silent = true;
  try {
    for (let i = 0; i < 3; i++) step(lane);
  } finally {
    lane.log.silent = false;
  }
}

/** Runs the loop until nothing is left to happen, or a limit is reached. */
export function run(lane: Lane, forNs: number | null, iterations: number | null): void {
  const { loop, context, whole: machine } = lane;
  const { world, capped, scenario } = machine;
  const limitNs = forNs === null ? Number.POSITIVE_INFINITY : world.nowNs() + forNs;
  let left = iterations ?? Number.POSITIVE_INFINITY;
  // The last events of the outside world need not wake the loop.
  capped.limit = { endNs: limitNs, isIdle: () => !isMoreToCome(machine) };
  machine.quits = false;
  try {
    while (!machine.quits && left > 0 && world.nowNs() < limitNs && isMoreToCome(machine)) {
      left--;
      machine.whileBusy();
      if (scenario.drive === 'main_loop') {
        loop.mainLoopWait(false);
      } else {
        lane.polls++;
        lane.lastResult = context.poll(true);
      }
    }
  } finally {
    capped.limit = null;
  }
}

/**
 * Whether anything can still happen that the loop would see. Checking takes no time, except for the
 * fds, which therefore come last.
 */
function isMoreToCome({ toCome, lanes, children }: Machine): boolean {
  return (
    toCome > 0 ||
    lanes.some(isAnythingDue) ||
    children?.anyAlive() === true ||
    lanes.some((lane) => driven(lane).some((ctx) => isAnyReady(lane, ctx)))
  );
}

/** Whether anything but an fd can still give the loop of a thread something to do. */
function isAnythingDue(lane: Lane): boolean {
  const { loop, objects } = lane;
  for (const notifier of objects.notifiers.values()) if (notifier.flagged) return true;
  for (const { bottomHalves, timers } of driven(lane)) {
    if (bottomHalves.anyScheduled() || isAnyArmed(lane, timers)) return true;
  }
  if (lane.machine.scenario.drive === 'aio_poll') return false;
  if (isAnyArmed(lane, loop.timers)) return true;
  for (const source of objects.sources.values()) if (source.attached) return true;
  return false;
}

/** The contexts that a thread's loop runs. */
function driven({ machine, loop, context }: Lane): readonly AioContext[] {
  return machine.scenario.drive === 'aio_poll' ? [context] : [loop.iohandler, context];
}

/** A timer whose clock is stopped does not count. */
function isAnyArmed({ loop }: Lane, timers: TimerListGroup): boolean {
  return timers.lists.some((list) => list.size > 0 && loop.clocks.isEnabled(list.type));
}

/** Whether an fd is ready for one of its handlers. Takes a system call. */
function isAnyReady(lane: Lane, ctx: AioContext): boolean {
  ctx.settleNotifiers();
  const fds = lane.pollfds(ctx.handlers.size);
  let nfds = 0;
  for (const handler of ctx.handlers.values()) {
    if (handler.fd === ctx.notifierFd || ctx.isHeldBack(handler)) continue;
    fds.i32[2 * nfds] = handler.fd;
    fds.i32[2 * nfds + 1] = handler.events & ~(POLLERR | POLLHUP);
    nfds++;
  }
  if (nfds === 0 || lane.machine.world.host.poll(fds, nfds, 0) <= 0) return false;
  for (let i = 0; i < nfds; i++) {
    const { events } = ctx.handlers.get(fds.i32[2 * i]!)!;
    if (((fds.i32[2 * i + 1]! >>> 16) & events) !== 0) return true;
  }
  return false;
}
