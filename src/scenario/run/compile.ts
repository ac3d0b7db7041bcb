import { clockType } from '../../aio/clock.ts';
import { check } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { Action, NameOp, Op } from '../model.ts';
import { isThreadAction, type ThreadAction } from '../model-threads.ts';
import type { Mention } from '../problem.ts';
import { signalOf } from '../read.ts';
import type { Having, Thunk, Where } from './callback.ts';
import { runCheck } from './checks.ts';
import { isNamed, NAMED } from './compile-named.ts';
import { compileThreadAction } from './compile-threads.ts';
import { type HowToPoll, mainLoopWait, poll, run, settle, step } from './driver.ts';
import type { Lane } from './lane.ts';
import type { TimerLike } from './lane-objects.ts';
import { contextOf } from './threads/some-context.ts';
import { standing } from './threads/standing.ts';
import { compileText } from './threads/values.ts';

/** Compiles the actions of one op. */
type Compiler<O extends Op> = (lane: Lane, action: Having<Action, O>, where: Where) => Thunk;

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
  return standing(lane, action, compileBare(lane, action, where));
}

function compileBare(lane: Lane, action: Action, where: Where): Thunk {
  if (isNamed(action))
    return answered(lane, action.op, NAMED[action.op](lane, action.on.name, where));
  if (isThreadAction(action)) {
    return compileThreadAction(lane, action, (inside) => compileActions(lane, inside, where));
  }
  // Each row takes the actions of its own op, which TypeScript cannot follow here.
  const compile = OTHERS[action.op as keyof typeof OTHERS] as Compiler<Op>;
  return answered(lane, action.op, compile(lane, action, where));
}

/** Actions on what others may have acted on before, which this thread has not done for them yet. */
const ANSWERED: ReadonlySet<Op> = new Set<Op>([
  'watch',
  'unwatch',
  'close',
  'reopen',
  'flag',
  'poll_params',
]);

/** In QEMU the others have done it themselves, before this action. */
function answered({ machine: { crew } }: Lane, op: Op, thunk: Thunk): Thunk {
  if (crew === null || !ANSWERED.has(op)) return thunk;
  return () => {
    crew.answer?.();
    thunk();
  };
}

/** The actions that are more than an op and a name. */
const OTHERS: { readonly [O in Exclude<Op, NameOp | ThreadAction['op']>]: Compiler<O> } = {
  watch: (lane, { on, watch }) => {
    const fd = lane.object('fds', on.name);
    return () => fd.watch(watch);
  },
  notify: does((lane, { context }) => contextOf(lane, context.name).notify()),
  notify_event: does((lane) => {
    if (lane.machine.whole === null) lane.machine.crew!.notifyEvent();
    else lane.loop.notifyEvent();
  }),
  arm: arming((timer, ns) => timer.modFromNowNs(ns)),
  arm_at: arming((timer, ns) => timer.modNs(ns)),
  anticipate_at: arming((timer, ns) => timer.modAnticipateNs(ns)),
  enable_clock: does(({ loop }, { clock }) => loop.clocks.enable(clockType(clock), true)),
  disable_clock: does(({ loop }, { clock }) => loop.clocks.enable(clockType(clock), false)),
  disable_external: does((lane, { context }) => contextOf(lane, context.name).disableExternal()),
  enable_external: does((lane, { context }) => contextOf(lane, context.name).enableExternal()),
  poll_params: does((lane, { context, maxNs, grow, shrink }) =>
    contextOf(lane, context.name).setPollParams(maxNs, grow, shrink),
  ),
  raise: (lane, { on }) => {
    const { host, signo } = toSelf(lane, on);
    return () => check(host.raise(signo), `raise ${on.name}`);
  },
  kill: (lane, { on }) => {
    const { host, signo, pid } = toSelf(lane, on);
    return () => check(host.kill(pid, signo), `kill ${on.name}`);
  },
  sigqueue: (lane, { on, value }) => {
    const { host, signo, pid } = toSelf(lane, on);
    return () => check(host.sigqueue(pid, signo, value), `sigqueue ${on.name}`);
  },
  sigaction: (lane, { on, spec }) => {
    const signo = signalOf(on.name);
    return () => lane.whole.signals!.set({ name: on.name, signo }, spec);
  },
  kill_child: (lane, { on, signal }) => {
    const signo = signalOf(signal.name);
    return () => lane.whole.children!.kill(on.name, signo);
  },
  block: does(({ machine }, { ns }) => machine.sleep(ns)),
  wait_for: does(({ machine }, { ns }) => machine.sleep(ns)),
  poll: (lane, action, where) => {
    const how = howToPoll(lane, action, where);
    const of = action.context?.name ?? null;
    return () => poll(lane, of, how);
  },
  main_loop_wait: (lane, action, where) => {
    const how = howToPoll(lane, action, where);
    return () => mainLoopWait(lane, how);
  },
  step: does((lane) => step(lane)),
  settle: does((lane) => settle(lane)),
  run: does((lane, { forNs, iterations }) => run(lane, forNs, iterations)),
  quit: does((lane) => {
    lane.whole.quits = true;
  }),
  log: (lane, { text }) => {
    const { log, machine } = lane;
    if (machine.crew === null) return () => log.add(text);
    const make = compileText(lane, machine.crew, text);
    return () => log.add(make());
  },
  repeat: (lane, action, where) => {
    const thunks = compileActions(lane, action.do, where);
    const { whileBusy } = lane.machine;
    return () => {
      for (let i = 0; i < action.times; i++) {
        whileBusy();
        for (const thunk of thunks) thunk();
      }
    };
  },
  check: does((lane, { items }) => runCheck(lane, items)),
  yield: onlyInCoroutine,
  sleep: onlyInCoroutine,
};

/** In a callback a poll is nested; there it waits only in a file with several threads. */
function howToPoll(
  lane: Lane,
  { blocking, quiet, until }: Having<Action, 'poll'>,
  where: Where,
): HowToPoll {
  const { crew } = lane.machine;
  const nested = where === 'callback';
  return {
    blocking: blocking && (!nested || crew !== null),
    nested,
    quiet,
    isOver: until === null || crew === null ? null : () => crew.shared.holds(until),
  };
}

/** For actions that look nothing up. */
function does<O extends Op>(act: (lane: Lane, action: Having<Action, O>) => void): Compiler<O> {
  return (lane, action) => () => act(lane, action);
}

function arming(
  arm: (timer: TimerLike, ns: number) => void,
): Compiler<'arm' | 'arm_at' | 'anticipate_at'> {
  return (lane, { on, ns }) => {
    const timer = lane.object('timers', on.name);
    return () => arm(timer, ns);
  };
}

/** A signal that the process sends to itself. */
function toSelf(
  { machine }: Lane,
  { name }: Mention,
): { readonly host: Host; readonly pid: number; readonly signo: number } {
  const { host } = machine.world;
  return { host, pid: host.getpid(), signo: signalOf(name) };
}

function onlyInCoroutine(_lane: Lane, { op }: Action): never {
  throw new Error(`'${op}' is compiled outside of a coroutine`);
}
