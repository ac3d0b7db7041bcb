import type { AioContext } from '../../aio/aio-context.ts';
import type { TimerListGroup } from '../../aio/timer.ts';
import { POLLERR, POLLHUP } from '../../host/constants.ts';
import type { Engine } from './engine.ts';

/**
 * One aio_poll of the main context. A nested one logs a pair of brackets around what happens
 * inside.
 */
export function poll(engine: Engine, blocking: boolean, nested: boolean): void {
  const { log, world, loop } = engine;
  if (nested) log.add('nested(');
  else engine.polls++;
  const beforeNs = world.nowNs();
  engine.depth++;
  const progress = loop.context.poll(blocking);
  engine.depth--;
  engine.lastBlockedNs = world.nowNs() - beforeNs;
  if (nested) {
    log.add(`)=${progress ? 1 : 0}`);
  } else {
    engine.lastResult = progress;
    log.add(`poll=${progress ? 1 : 0}`);
  }
}

export function mainLoopWait(engine: Engine, blocking: boolean, nested: boolean): void {
  const { log, world, loop } = engine;
  if (nested) log.add('nested_mlw(');
  const beforeNs = world.nowNs();
  engine.depth++;
  loop.mainLoopWait(!blocking);
  engine.depth--;
  engine.lastBlockedNs = world.nowNs() - beforeNs;
  log.add(nested ? ')' : 'mlw');
}

export function step(engine: Engine): void {
  if (engine.scenario.drive === 'aio_poll') poll(engine, false, false);
  else mainLoopWait(engine, false, false);
}

/** Three steps that log nothing. */
export function settle(engine: Engine): void {
  engine.log.silent = true;
  try {
    for (let i = 0; i < 3; i++) step(engine);
  } finally {
    engine.log.silent = false;
  }
}

/** Runs the loop until nothing is left to happen, or a limit is reached. */
export function run(engine: Engine, forNs: number | null, iterations: number | null): void {
  const { world, capped, loop } = engine;
  const limitNs = forNs === null ? Number.POSITIVE_INFINITY : world.nowNs() + forNs;
  let left = iterations ?? Number.POSITIVE_INFINITY;
  // The last events of the outside world need not wake the loop.
  capped.limit = { endNs: limitNs, isIdle: () => !isMoreToCome(engine) };
  engine.quits = false;
  try {
    while (!engine.quits && left > 0 && world.nowNs() < limitNs && isMoreToCome(engine)) {
      left--;
      engine.whileBusy();
      if (engine.scenario.drive === 'main_loop') {
        loop.mainLoopWait(false);
      } else {
        engine.polls++;
        engine.lastResult = loop.context.poll(true);
      }
    }
  } finally {
    capped.limit = null;
  }
}

/**
 * Whether anything can still happen that the loop would see. Checking takes no time, except for the
 * fds.
 */
function isMoreToCome(engine: Engine): boolean {
  const { loop } = engine;
  if (engine.toCome > 0 || loop.context.bottomHalves.anyScheduled()) return true;
  if (isAnyArmed(engine, loop.context.timers)) return true;
  if (engine.children?.anyAlive() === true) return true;
  for (const notifier of engine.notifiers.values()) if (notifier.flagged) return true;
  if (engine.scenario.drive === 'aio_poll') return isAnyReady(engine, loop.context);
  if (isAnyArmed(engine, loop.timers) || isAnyArmed(engine, loop.iohandler.timers)) return true;
  if (loop.iohandler.bottomHalves.anyScheduled()) return true;
  for (const source of engine.sources.values()) if (source.attached) return true;
  return isAnyReady(engine, loop.iohandler) || isAnyReady(engine, loop.context);
}

/** A timer whose clock is stopped does not count. */
function isAnyArmed({ loop }: Engine, timers: TimerListGroup): boolean {
  return timers.lists.some((list) => list.size > 0 && loop.clocks.isEnabled(list.type));
}

/** Whether an fd is ready for one of its handlers. Checked last, since it takes a system call. */
function isAnyReady(engine: Engine, ctx: AioContext): boolean {
  ctx.settleNotifiers();
  const fds = engine.pollfds(ctx.handlers.size);
  let nfds = 0;
  for (const handler of ctx.handlers.values()) {
    if (handler.fd === ctx.notifierFd || ctx.isHeldBack(handler)) continue;
    fds.i32[2 * nfds] = handler.fd;
    fds.i32[2 * nfds + 1] = handler.events & ~(POLLERR | POLLHUP);
    nfds++;
  }
  if (nfds === 0 || engine.world.host.poll(fds, nfds, 0) <= 0) return false;
  for (let i = 0; i < nfds; i++) {
    const { events } = ctx.handlers.get(fds.i32[2 * i]!)!;
    if (((fds.i32[2 * i + 1]! >>> 16) & events) !== 0) return true;
  }
  return false;
}
