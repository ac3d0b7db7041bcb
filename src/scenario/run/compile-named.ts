import { QemuAbort } from '../../aio/abort.ts';
import type { Action, NameOp } from '../model.ts';
import type { Thunk, Where } from './callback.ts';
import type { Lane } from './lane.ts';
import type { Objects } from './lane-objects.ts';
import { scheduleSelf } from './threads/shared-co.ts';

/** Compiles the action of one op on an object. */
type NamedCompiler = (lane: Lane, name: string, where: Where) => Thunk;

/** The actions that are an op and a name. */
export const NAMED: { readonly [O in NameOp]: NamedCompiler } = {
  schedule: on('bottomHalves', (bh) => bh.schedule()),
  schedule_idle: on('bottomHalves', (bh) => bh.scheduleIdle()),
  cancel: (lane, name) => {
    const { scenario, crew } = lane.machine;
    const def = scenario.objects.find((object) => object.name === name);
    if (def?.section === 'requests') return () => crew!.requests?.cancel(name);
    const bh = lane.object('bottomHalves', name);
    return () => bh.cancel();
  },
  delete: on('bottomHalves', (bh) => bh.delete()),
  oneshot: on('oneshots', (schedule) => schedule()),
  kick: (lane, name) => {
    const { scenario, crew } = lane.machine;
    const def = scenario.objects.find((object) => object.name === name);
    // A halted vCPU goes on only if it is interrupted.
    if (def?.section === 'vcpus') return () => crew!.cpu(name).interrupt();
    const fd = lane.object('fds', name);
    return () => fd.kick();
  },
  reopen: on('fds', (fd) => fd.reopen()),
  unwatch: on('fds', (fd) => fd.unwatch()),
  close: on('fds', (fd) => fd.closeFd()),
  close_peer: on('fds', (fd) => fd.closePeer()),
  attach: on('sources', (source) => source.attach()),
  set: on('notifiers', (notifier) => notifier.set()),
  flag: on('notifiers', (notifier) => notifier.flag()),
  test_and_clear: on('notifiers', (notifier, { log }, name) =>
    log.add(`${name} clear=${notifier.testAndClear() ? 1 : 0}`),
  ),
  arm_now: on('timers', (timer) => timer.modFromNowNs(0)),
  disarm: on('timers', (timer) => timer.del()),
  enter: on('coroutines', (co, lane) => lane.nest(() => co.enter())),
  wake: (lane, name, where) => {
    const co = lane.object('coroutines', name);
    return where === 'timeline' ? () => co.wakeFromThread() : () => co.wake();
  },
  co_schedule: (lane, name) => {
    const { crew } = lane.machine;
    if (name === 'self') {
      if (crew !== null) return () => scheduleSelf(lane, crew);
      return () => lane.coroutines.schedule(lane.coroutines.self);
    }
    const co = lane.object('coroutines', name);
    return () => co.schedule();
  },
  next: on('queues', enterNext),
  enter_next: on('queues', enterNext),
  restart_all: on('queues', enterAll),
  enter_all: on('queues', enterAll),
  unlock: on('mutexes', (mutex) => mutex.unlock()),
  rwunlock: onlyInCoroutine('rwunlock'),
  wait: onlyInCoroutine('wait'),
  wait_front: onlyInCoroutine('wait_front'),
  lock: onlyInCoroutine('lock'),
  rdlock: onlyInCoroutine('rdlock'),
  wrlock: onlyInCoroutine('wrlock'),
  spawn: (lane, name) => {
    const children = lane.whole.children!;
    return () => children.spawn(name);
  },
};

export function isNamed(action: Action): action is Extract<Action, { op: NameOp }> {
  return Object.hasOwn(NAMED, action.op);
}

/** Looks the object up once, and acts on it each time. */
function on<K extends keyof Objects>(
  kind: K,
  act: (object: Objects[K], lane: Lane, name: string) => unknown,
): NamedCompiler {
  return (lane, name) => {
    const object = lane.object(kind, name);
    return () => act(object, lane, name);
  };
}

function enterNext(queue: Objects['queues'], lane: Lane): void {
  const any = lane.nest(() => queue.enterNext());
  lane.log.add(`next=${any ? 1 : 0}`);
}

function enterAll(queue: Objects['queues'], lane: Lane): void {
  lane.nest(() => queue.enterAll());
}

function onlyInCoroutine(op: NameOp): NamedCompiler {
  return () => {
    throw new QemuAbort(`${op}: Assertion \`qemu_in_coroutine()' failed.`);
  };
}
