import type { AioContext } from '../../aio/aio-context.ts';
import { POLLERR, POLLHUP } from '../../host/constants.ts';
import type { Engine } from './engine.ts';

/** One aio_poll of the main context. Nested ones log around what happens inside. */
export function poll(engine: Engine, blocking: boolean, nested: boolean): void {
  const { log, world, loop } = engine;
  if (nested) log.add('nested(');
  else engine.polls++;
  const beforeNs = world.nowNs();
  const progress = loop.context.poll(blocking);
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
  loop.mainLoopWait(!blocking);
  engine.lastBlockedNs = world.nowNs() - beforeNs;
  log.add(nested ? ')' : 'mlw');
}

export function step(engine: Engine): void {
  if (engine.scenario.drive === 'aio_poll') poll(engine, false, false);
  else mainLoopWait(engine, false, false);
}

/** Three steps of which nothing is seen. */
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
  // What the outside world does last need not wake the loop.
  capped.limit = { endNs: limitNs, isIdle: () => !isMoreToCome(engine) };
  engine.quits = false;
  try {
    while (!engine.quits && left > 0 && world.nowNs() < limitNs && isMoreToCome(engine)) {
      left--;
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

/** Whether anything can still happen that the loop would see. */
function isMoreToCome(engine: Engine): boolean {
  const { loop } = engine;
  if (engine.toCome > 0 || loop.context.bottomHalves.anyScheduled()) return true;
  if (loop.context.timers.deadlineNs() >= 0) return true;
  if (engine.children?.anyAlive() === true) return true;
  for (const notifier of engine.notifiers.values()) if (notifier.flagged) return true;
  if (engine.scenario.drive === 'aio_poll') return isAnyReady(engine, [loop.context]);
  if (loop.timers.deadlineNs() >= 0 || loop.iohandler.timers.deadlineNs() >= 0) return true;
  if (loop.iohandler.bottomHalves.anyScheduled()) return true;
  for (const source of engine.sources.values()) if (source.attached) return true;
  return isAnyReady(engine, [loop.context, loop.iohandler]);
}

/** Whether an fd is ready for one of its handlers. Asked last, since it takes a system call. */
function isAnyReady(engine: Engine, contexts: readonly AioContext[]): boolean {
  const { host } = engine.world;
  const handlers = contexts.flatMap((ctx) =>
    [...ctx.handlers.values()].filter(
      (handler) => handler.fd !== ctx.notifierFd && !ctx.isHeldBack(handler),
    ),
  );
  const fds = host.alloc(8 * Math.max(1, handlers.length));
  handlers.forEach((handler, i) => {
    fds.i32[2 * i] = handler.fd;
    fds.i32[2 * i + 1] = handler.events & ~(POLLERR | POLLHUP);
  });
  if (host.poll(fds, handlers.length, 0) <= 0) return false;
  return handlers.some((handler, i) => ((fds.i32[2 * i + 1]! >>> 16) & handler.events) !== 0);
}
