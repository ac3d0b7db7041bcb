import { QemuAbort } from '../../aio/abort.ts';
import { clockType } from '../../aio/clock.ts';
import type { Action, NameOp } from '../model.ts';
import { signalOf } from '../read.ts';
import type { Thunk } from './callback.ts';
import { runCheck } from './checks.ts';
import { mainLoopWait, poll, run, settle, step } from './driver.ts';
import type { Engine } from './engine.ts';

/** The place of actions: in steps, in a callback, or outside the thread. */
export type Where = 'steps' | 'callback' | 'timeline';

/** Compiles actions into functions that look nothing up any more. All objects must exist. */
export function compileActions(
  engine: Engine,
  actions: readonly Action[],
  where: Where,
): readonly Thunk[] {
  return actions.map((action) => compileAction(engine, action, where));
}

export function compileAction(engine: Engine, action: Action, where: Where): Thunk {
  const { loop, world, log } = engine;
  const outside = where !== 'callback';
  switch (action.op) {
    case 'watch': {
      const fd = engine.fds.get(action.on.name)!;
      return () => fd.watch(action.watch);
    }
    case 'notify': {
      const ctx = engine.context(action.context);
      return () => ctx.notify();
    }
    case 'notify_event':
      return () => loop.notifyEvent();
    case 'arm':
    case 'arm_at':
    case 'anticipate_at':
      return compileArm(engine, action.op, action.on.name, action.ns);
    case 'enable_clock':
    case 'disable_clock': {
      const type = clockType(action.clock);
      return () => loop.clocks.enable(type, action.op === 'enable_clock');
    }
    case 'disable_external':
      return () => loop.context.disableExternal();
    case 'enable_external':
      return () => loop.context.enableExternal();
    case 'poll_params':
      return () => loop.context.setPollParams(action.maxNs, action.grow, action.shrink);
    case 'raise':
    case 'kill':
    case 'sigqueue':
      return compileSignal(engine, action);
    case 'sigaction': {
      const signo = signalOf(action.on.name);
      return () => engine.signals!.set({ name: action.on.name, signo }, action.spec);
    }
    case 'kill_child': {
      const signo = signalOf(action.signal.name);
      return () => engine.children!.kill(action.on.name, signo);
    }
    case 'block':
      return () => world.block(action.ns);
    case 'wait_for':
      return () => world.sleep(action.ns);
    case 'poll':
      return () => poll(engine, outside && action.blocking, !outside);
    case 'main_loop_wait':
      return () => mainLoopWait(engine, outside && action.blocking, !outside);
    case 'step':
      return () => step(engine);
    case 'settle':
      return () => settle(engine);
    case 'run':
      return () => run(engine, action.forNs, action.iterations);
    case 'quit':
      return () => {
        engine.quits = true;
      };
    case 'log':
      return () => log.add(action.text);
    case 'repeat': {
      const thunks = compileActions(engine, action.do, where);
      return () => {
        for (let i = 0; i < action.times; i++) {
          engine.whileBusy();
          for (const thunk of thunks) thunk();
        }
      };
    }
    case 'check':
      return () => runCheck(engine, action.items);
    case 'yield':
    case 'sleep':
      throw new Error(`'${action.op}' is compiled outside of a coroutine`);
    default:
      return compileNamed(engine, action.op, action.on.name, where);
  }
}

function compileArm(
  engine: Engine,
  op: 'arm' | 'arm_at' | 'anticipate_at',
  name: string,
  ns: number,
): Thunk {
  const timer = engine.timers.get(name)!;
  if (op === 'arm') return () => timer.modFromNowNs(ns);
  if (op === 'arm_at') return () => timer.modNs(ns);
  return () => timer.modAnticipateNs(ns);
}

function compileSignal(
  engine: Engine,
  action: Extract<Action, { op: 'raise' | 'kill' } | { op: 'sigqueue' }>,
): Thunk {
  const { host } = engine.world;
  const signo = signalOf(action.on.name);
  const pid = host.getpid();
  switch (action.op) {
    case 'raise':
      return () => host.raise(signo);
    case 'kill':
      return () => host.kill(pid, signo);
    case 'sigqueue':
      return () => host.sigqueue(pid, signo, action.value);
  }
}

function compileNamed(engine: Engine, op: NameOp, name: string, where: Where): Thunk {
  const { coroutines, log } = engine;
  const bh = engine.bottomHalves.get(name)!;
  const fd = engine.fds.get(name)!;
  const body = engine.bodies.get(name)!;
  switch (op) {
    case 'schedule':
      return () => bh.schedule();
    case 'schedule_idle':
      return () => bh.scheduleIdle();
    case 'cancel':
      return () => bh.cancel();
    case 'delete':
      return () => bh.delete();
    case 'oneshot':
      return () => engine.oneshots.get(name)!();
    case 'kick':
      return () => fd.kick();
    case 'reopen':
      return () => fd.reopen();
    case 'unwatch':
      return () => fd.unwatch();
    case 'close':
      return () => fd.closeFd();
    case 'close_peer':
      return () => fd.closePeer();
    case 'attach':
      return () => engine.sources.get(name)!.attach();
    case 'set':
      return () => void engine.notifiers.get(name)!.notifier.set();
    case 'flag':
      return () => {
        engine.notifiers.get(name)!.flagged = true;
      };
    case 'test_and_clear': {
      const { notifier } = engine.notifiers.get(name)!;
      return () => log.add(`${name} clear=${notifier.testAndClear() ? 1 : 0}`);
    }
    case 'arm_now':
      return () => engine.timers.get(name)!.modFromNowNs(0);
    case 'disarm':
      return () => engine.timers.get(name)!.del();
    case 'enter':
      return () => coroutines.enter(body);
    case 'wake':
      return where === 'timeline'
        ? () => coroutines.wakeFromThread(body)
        : () => coroutines.wake(body);
    case 'co_schedule':
      if (name === 'self') return () => coroutines.schedule(coroutines.self);
      return () => coroutines.schedule(body);
    case 'spawn':
      return () => engine.children!.spawn(name);
    case 'next':
    case 'enter_next': {
      const queue = engine.queues.get(name)!;
      return () => log.add(`next=${queue.enterNext() ? 1 : 0}`);
    }
    case 'restart_all':
    case 'enter_all':
      return () => engine.queues.get(name)!.enterAll();
    case 'unlock':
      return () => engine.mutexes.get(name)!.unlock();
    case 'rwunlock':
      return () => engine.rwlocks.get(name)!.unlock();
    case 'wait':
    case 'wait_front':
    case 'lock':
    case 'rdlock':
    case 'wrlock':
      throw new QemuAbort(`${op}: Assertion \`qemu_in_coroutine()' failed.`);
  }
}
