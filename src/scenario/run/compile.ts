import { QemuAbort } from '../../aio/abort.ts';
import { clockType } from '../../aio/clock.ts';
import type { Action, NameOp } from '../model.ts';
import { signalOf } from '../read.ts';
import type { Thunk } from './callback.ts';
import { runCheck } from './checks.ts';
import { mainLoopWait, poll, run, settle, step } from './driver.ts';
import type { Lane } from './lane.ts';

/** The place of actions: in steps, in a callback, or outside the thread. */
export type Where = 'steps' | 'callback' | 'timeline';

/** Compiles actions into functions that look nothing up any more. All objects must exist. */
export function compileActions(
  lane: Lane,
  actions: readonly Action[],
  where: Where,
): readonly Thunk[] {
  return actions.map((action) => compileAction(lane, action, where));
}

/** Compiles the body of a callback. */
export function compileBody(lane: Lane, actions: readonly Action[]): readonly Thunk[] {
  return compileActions(lane, actions, 'callback');
}

export function compileAction(lane: Lane, action: Action, where: Where): Thunk {
  const { loop, log, machine } = lane;
  const { world } = machine;
  const outside = where !== 'callback';
  switch (action.op) {
    case 'watch': {
      const fd = lane.object('fds', action.on.name);
      return () => fd.watch(action.watch);
    }
    case 'notify': {
      const ctx = machine.context(action.context);
      return () => ctx.notify();
    }
    case 'notify_event':
      return () => loop.notifyEvent();
    case 'arm':
    case 'arm_at':
    case 'anticipate_at':
      return compileArm(lane, action.op, action.on.name, action.ns);
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
      return compileSignal(lane, action);
    case 'sigaction': {
      const signo = signalOf(action.on.name);
      return () => machine.signals!.set({ name: action.on.name, signo }, action.spec);
    }
    case 'kill_child': {
      const signo = signalOf(action.signal.name);
      return () => machine.children!.kill(action.on.name, signo);
    }
    case 'block':
      return () => world.block(action.ns);
    case 'wait_for':
      return () => world.sleep(action.ns);
    case 'poll':
      return () => poll(lane, outside && action.blocking, !outside);
    case 'main_loop_wait':
      return () => mainLoopWait(lane, outside && action.blocking, !outside);
    case 'step':
      return () => step(lane);
    case 'settle':
      return () => settle(lane);
    case 'run':
      return () => run(lane, action.forNs, action.iterations);
    case 'quit':
      return () => {
        machine.quits = true;
      };
    case 'log':
      return () => log.add(action.text);
    case 'repeat': {
      const thunks = compileActions(lane, action.do, where);
      return () => {
        for (let i = 0; i < action.times; i++) {
          machine.whileBusy();
          for (const thunk of thunks) thunk();
        }
      };
    }
    case 'check':
      return () => runCheck(lane, action.items);
    case 'yield':
    case 'sleep':
      throw new Error(`'${action.op}' is compiled outside of a coroutine`);
    default:
      return compileNamed(lane, action.op, action.on.name, where);
  }
}

function compileArm(
  lane: Lane,
  op: 'arm' | 'arm_at' | 'anticipate_at',
  name: string,
  ns: number,
): Thunk {
  const timer = lane.object('timers', name);
  if (op === 'arm') return () => timer.modFromNowNs(ns);
  if (op === 'arm_at') return () => timer.modNs(ns);
  return () => timer.modAnticipateNs(ns);
}

function compileSignal(
  lane: Lane,
  action: Extract<Action, { op: 'raise' | 'kill' } | { op: 'sigqueue' }>,
): Thunk {
  const { host } = lane.machine.world;
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

function compileNamed(lane: Lane, op: NameOp, name: string, where: Where): Thunk {
  const { coroutines, log } = lane;
  const bh = lane.objects.bottomHalves.get(name)!;
  const fd = lane.objects.fds.get(name)!;
  const body = lane.objects.coroutines.get(name)!;
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
      return () => lane.object('oneshots', name)();
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
      return () => lane.object('sources', name).attach();
    case 'set':
      return () => void lane.object('notifiers', name).notifier.set();
    case 'flag':
      return () => {
        lane.object('notifiers', name).flagged = true;
      };
    case 'test_and_clear': {
      const { notifier } = lane.object('notifiers', name);
      return () => log.add(`${name} clear=${notifier.testAndClear() ? 1 : 0}`);
    }
    case 'arm_now':
      return () => lane.object('timers', name).modFromNowNs(0);
    case 'disarm':
      return () => lane.object('timers', name).del();
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
      return () => lane.machine.children!.spawn(name);
    case 'next':
    case 'enter_next': {
      const queue = lane.object('queues', name);
      return () => log.add(`next=${queue.enterNext() ? 1 : 0}`);
    }
    case 'restart_all':
    case 'enter_all':
      return () => lane.object('queues', name).enterAll();
    case 'unlock':
      return () => lane.object('mutexes', name).unlock();
    case 'rwunlock':
      return () => lane.object('rwlocks', name).unlock();
    case 'wait':
    case 'wait_front':
    case 'lock':
    case 'rdlock':
    case 'wrlock':
      throw new QemuAbort(`${op}: Assertion \`qemu_in_coroutine()' failed.`);
  }
}
