import { misplaced, type Where } from './action-places.ts';
import type { Names } from './check-names.ts';
import { checkSignalName } from './check-objects.ts';
import { ThreadChecker } from './check-threads.ts';
import { grouped, MOST_TIMES } from './limits.ts';
import type { Action, CheckItem, FdDef, NameOp, Scenario, TimerDef } from './model.ts';
import type { Mention, Problems } from './problem.ts';
import type { Section } from './vocabulary.ts';

const TARGETS: Readonly<Record<NameOp, readonly Section[]>> = {
  schedule: ['bottom_halves'],
  schedule_idle: ['bottom_halves'],
  cancel: ['bottom_halves', 'requests'],
  delete: ['bottom_halves'],
  oneshot: ['bottom_halves'],
  kick: ['fds', 'vcpus'],
  reopen: ['fds'],
  attach: ['sources'],
  unwatch: ['fds'],
  close: ['fds'],
  close_peer: ['fds'],
  set: ['notifiers'],
  test_and_clear: ['notifiers'],
  flag: ['notifiers'],
  arm_now: ['timers'],
  disarm: ['timers'],
  enter: ['coroutines'],
  wake: ['coroutines'],
  co_schedule: ['coroutines'],
  wait: ['co_queues'],
  wait_front: ['co_queues'],
  lock: ['co_mutexes'],
  unlock: ['co_mutexes'],
  rdlock: ['co_rwlocks'],
  wrlock: ['co_rwlocks'],
  rwunlock: ['co_rwlocks'],
  next: ['co_queues'],
  restart_all: ['co_queues'],
  enter_next: ['co_queues'],
  enter_all: ['co_queues'],
  spawn: ['children'],
};

/**
 * Checks every action of a file: whether it is allowed at its place, and what it is done to.
 * @param mayAbort whether to allow actions that make no sense
 */
export function checkActions(
  scenario: Scenario,
  names: Names,
  problems: Problems,
  mayAbort = scenario.expect?.abort != null,
): void {
  const threads = new ThreadChecker(scenario, names, problems);
  threads.objects();
  const checker = new ActionChecker(names, problems, threads, mayAbort);
  for (const object of scenario.objects) {
    if (!('do' in object)) continue;
    checker.list(object.do, PLACES[object.section] ?? 'callback');
    if (object.section === 'requests') checker.list(object.work, 'work');
    if (object.section === 'fds') checker.list(object.doWrite, 'callback');
    if (object.section === 'coroutines') checker.locks(object.do);
    if (object.section === 'timers') checker.ownClock(object.do, object);
  }
  for (const entry of scenario.timeline) checker.list(entry.do, 'timeline');
  checker.list(scenario.steps, 'steps');
}

/** The place of the `do` of a section, if it is no callback. */
const PLACES: Partial<Record<Section, Where>> = {
  coroutines: 'coroutine',
  threads: 'thread',
  vcpus: 'vcpu',
};

function isNamed(action: Action): action is Extract<Action, { op: NameOp }> {
  return Object.hasOwn(TARGETS, action.op);
}

class ActionChecker {
  readonly #names: Names;
  readonly #threads: ThreadChecker;
  readonly #problems: Problems;
  /** Whether actions that make no sense are allowed, as in a file that expects an abort. */
  readonly #mayAbort: boolean;

  constructor(names: Names, problems: Problems, threads: ThreadChecker, mayAbort: boolean) {
    this.#names = names;
    this.#threads = threads;
    this.#problems = problems;
    this.#mayAbort = mayAbort;
  }

  /** @param times the product of the enclosing repeats */
  list(actions: readonly Action[], where: Where, times = 1): void {
    for (const action of actions) {
      if (this.#problems.isFull) return;
      if (this.#isNoLock(action, where)) continue;
      this.#place(action, where);
      this.#target(action, where);
      for (const [inside, there] of this.#threads.action(action, where)) {
        this.list(inside, there, times);
      }
      if (action.op === 'repeat') this.#repeat(action, where, times);
      if (action.op === 'sigaction') this.list(action.spec.do, 'callback');
    }
  }

  /** Outside of coroutines the only lock is the big one. */
  #isNoLock(action: Action, where: Where): boolean {
    if (action.op !== 'lock' && action.op !== 'unlock') return false;
    if (!this.#threads.several || where === 'timeline') return false;
    const { name, at } = action.on;
    const found = this.#names.get(name);
    if (where === 'coroutine' && found !== undefined) return false;
    if (found?.section === 'co_mutexes') return false;
    const mutexes = this.#names.namesOf(['co_mutexes']);
    if (where === 'coroutine') {
      this.#problems.expected(at, name, 'bql or a co_mutex', ['bql', ...mutexes]);
    } else this.#problems.expected(at, name, 'bql, the big lock', ['bql']);
    return true;
  }

  #repeat(action: Extract<Action, { op: 'repeat' }>, where: Where, times: number): void {
    const all = times * action.times;
    if (all > MOST_TIMES) {
      const most = `expected at most ${grouped(MOST_TIMES)}, with the repeats around it`;
      this.#problems.add(action.at, `this is done ${grouped(all)} times: ${most}`);
      return;
    }
    this.list(action.do, where, all);
  }

  /** A coroutine may only unlock a lock that it holds itself. */
  locks(actions: readonly Action[], held = new Set<string>()): void {
    for (const action of actions) {
      if (action.op === 'repeat') {
        this.locks(action.do, held);
      } else if (action.op === 'lock' || action.op === 'rdlock' || action.op === 'wrlock') {
        held.add(action.on.name);
      } else if (action.op === 'unlock' || action.op === 'rwunlock') {
        if (!held.has(action.on.name)) {
          this.#nonsense(
            action,
            `'${action.on.name}' is unlocked by a coroutine that has not locked it`,
          );
        }
      }
    }
  }

  /**
   * QEMU's qemu_clock_enable waits until the clock's timers are done, so it would hang in one of
   * them.
   */
  ownClock(actions: readonly Action[], timer: TimerDef): void {
    for (const action of actions) {
      if (action.op === 'repeat') this.ownClock(action.do, timer);
      if (action.op !== 'disable_clock' || action.clock !== timer.clock) continue;
      const why = `'${timer.name}' is a timer of the ${timer.clock} clock, and disabling that clock would wait for its callback to end`;
      this.#nonsense(action, `${why}; do it in a bottom half`);
    }
  }

  #place(action: Action, where: Where): void {
    const wrong = misplaced(action.op, where);
    if (wrong !== null) this.#problems.add(action.at, wrong);
  }

  #target(action: Action, where: Where): void {
    switch (action.op) {
      case 'watch':
        this.#names.find(action.on, 'fds');
        return;
      case 'arm':
      case 'arm_at':
      case 'anticipate_at':
        this.#names.find(action.on, 'timers');
        return;
      case 'raise':
      case 'kill':
      case 'sigqueue':
      case 'sigaction':
        this.#signal(action.on);
        return;
      case 'kill_child':
        this.#names.find(action.on, 'children');
        checkSignalName(action.signal, this.#problems);
        return;
      case 'check':
        for (const item of action.items) this.#checkItem(item);
        return;
      default:
        if ('on' in action && isNamed(action)) this.#named(action, where);
    }
  }

  #named(action: Extract<Action, { op: NameOp }>, where: Where): void {
    const { op, on } = action;
    if (op === 'co_schedule' && on.name === 'self') {
      if (where === 'coroutine') return;
      this.#problems.add(on.at, `found 'self', expected a coroutine: none runs here`);
      return;
    }
    const target = this.#names.find(on, ...TARGETS[op]);
    if (target === null) return;
    if (target.section === 'fds') this.#fd(op, action, target);
    if (target.section === 'notifiers' && op === 'flag' && !target.pollable) {
      this.#problems.add(on.at, `'${on.name}' is not pollable, so it has no flag`);
    }
    if (target.section === 'sources' && target.attached) {
      this.#nonsense(action, `'${on.name}' is attached from the start`);
    }
  }

  #fd(op: NameOp, action: Action, fd: FdDef): void {
    let own: FdDef = fd;
    for (let i = 0; own.of !== null && i < 100; i++) {
      const next = this.#names.get(own.of.name);
      if (next?.section !== 'fds') return;
      own = next;
    }
    const { kind, name } = own;
    if (op === 'kick' && (kind === 'file' || kind === 'pipe_write')) {
      this.#nonsense(action, `'${name}' is a ${kind}, which cannot be made readable`);
    }
    if (op === 'close_peer' && (kind === 'file' || kind === 'eventfd')) {
      const is = kind === 'file' ? 'a file' : 'an eventfd';
      this.#nonsense(action, `'${name}' is ${is}, which has no other end`);
    }
  }

  #signal(mention: Mention): void {
    if (checkSignalName(mention, this.#problems) === 0) return;
    if (this.#names.get(mention.name)?.section === 'signals') return;
    const declared = "declared under 'signals', such as";
    this.#problems.add(
      mention.at,
      `found '${mention.name}', expected a signal that is ${declared} signals: {${mention.name}: {}}`,
    );
  }

  #checkItem(item: CheckItem): void {
    if (!('of' in item)) return;
    if (item.key === 'pending' || item.key === 'expires_at') this.#names.find(item.of, 'timers');
    else if (item.key === 'ended') this.#names.find(item.of, 'children');
    else {
      this.#names.find(
        item.of,
        'bottom_halves',
        'timers',
        'fds',
        'notifiers',
        'coroutines',
        'signals',
        'poll_notifiers',
        'sources',
      );
    }
  }

  #nonsense(action: Action, why: string): void {
    if (!this.#mayAbort) this.#problems.add(action.at, `${action.op} makes no sense: ${why}`);
  }
}
