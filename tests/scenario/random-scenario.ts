/** Random scenarios that must come out the same on both hosts: nothing in them depends on how long anything takes. */

import fc from 'fast-check';

type Action = string | Record<string, unknown>;

const BHS = ['a', 'b', 'c'];
const FDS = ['e', 'f', 'g', 's'];
const TIMERS = ['t', 'u', 'v'];
const SIGNALS = ['SIGUSR1', 'SIGUSR2', 'SIGRTMIN', 'SIGCHLD'];

const one = (names: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...names);

/** Times are either long past or an hour from now. */
const armed = fc
  .tuple(fc.constantFrom('arm_at', 'anticipate_at'), one(TIMERS), fc.constantFrom('1ns', '2ns'))
  .map(([op, timer, time]): Action => ({ [op]: { [timer]: time } }));

const anywhere: fc.Arbitrary<Action> = fc.oneof(
  fc
    .tuple(fc.constantFrom('schedule', 'schedule_idle', 'cancel', 'oneshot'), one(BHS))
    .map(([op, name]) => ({ [op]: name })),
  one(FDS).map((name) => ({ kick: name })),
  fc
    .tuple(one(FDS), fc.constantFrom('read', 'both'))
    .map(([name, watch]) => ({ watch: { [name]: watch } })),
  one(FDS).map((name) => ({ unwatch: name })),
  fc.constantFrom('set', 'test_and_clear').map((op) => ({ [op]: 'n' })),
  armed,
  one(TIMERS).map((name) => ({ disarm: name })),
  one(TIMERS).map((name) => ({ arm: { [name]: '3600s' } })),
  one(SIGNALS).map((name) => ({ raise: name })),
  fc.tuple(one(SIGNALS), fc.nat(9)).map(([name, value]) => ({ sigqueue: { [name]: value } })),
  fc
    .tuple(one(SIGNALS), fc.constantFrom('ignore', 'default', {}))
    .map(([name, how]) => ({ sigaction: { [name]: how } })),
  fc.constantFrom<Action>('notify_event', { notify: 'main' }, 'poll', 'main_loop_wait'),
);

/** Run in the first two calls only, so that all comes to an end. */
const body = fc.record({
  do: fc.array(anywhere, { maxLength: 3 }),
  do_runs: fc.constant(2),
});

const fd = (more: object): fc.Arbitrary<object> =>
  fc
    .tuple(body, fc.constantFrom('main', 'iohandler'), fc.boolean(), fc.boolean())
    .map(([actions, context, drain, ready]) => ({ ...actions, context, drain, ready, ...more }));

/** Wherever it is left, somebody can let it go on without an abort. */
const coroutine = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: anywhere.map((action) => [action]) },
      { weight: 2, arbitrary: fc.constant<Action[]>([{ co_schedule: 'self' }, 'yield']) },
      { weight: 2, arbitrary: fc.constantFrom('wait', 'wait_front').map((op) => [{ [op]: 'q' }]) },
      { weight: 1, arbitrary: fc.constantFrom('next', 'restart_all').map((op) => [{ [op]: 'q' }]) },
      { weight: 1, arbitrary: anywhere.map((action) => [{ lock: 'm' }, action, { unlock: 'm' }]) },
    ),
    { minLength: 3, maxLength: 8 },
  )
  .map((parts) => ({ do: [{ log: 'in' }, ...parts.flat(), { log: 'out' }] }));

/** Outside of coroutines. */
const wakes: fc.Arbitrary<Action> = fc
  .constantFrom('enter_next', 'enter_all')
  .map((op) => ({ [op]: 'q' }));

const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: anywhere },
    { weight: 2, arbitrary: wakes },
    { weight: 4, arbitrary: fc.constantFrom<Action>('step', 'poll', 'main_loop_wait') },
  ),
  { minLength: 20, maxLength: 60 },
);

/** As YAML, of which JSON is a part. */
export const randomScenario: fc.Arbitrary<string> = fc
  .record({
    name: fc.constant('random'),
    drive: fc.constantFrom('aio_poll', 'main_loop'),
    fdmon: fc.constantFrom('auto', 'poll', 'epoll'),
    signals: fc.record(
      Object.fromEntries(
        SIGNALS.map((name) => [name, body.map((b) => ({ ...b, siginfo: ['code', 'pid', 'int'] }))]),
      ),
    ),
    bottom_halves: fc.record(Object.fromEntries(BHS.map((name) => [name, body]))),
    fds: fc.record({ e: fd({}), f: fd({}), g: fd({}), s: fd({ kind: 'socketpair' }) }),
    notifiers: fc.record({ n: body }),
    timers: fc.record({
      t: body,
      u: body.map((b) => ({ ...b, clock: 'host' })),
      v: body.map((b) => ({ ...b, list: 'main' })),
    }),
    co_queues: fc.constant(['q']),
    co_mutexes: fc.constant(['m']),
    coroutines: fc.record({ k: coroutine, l: coroutine }),
    steps: steps.map((rest) => [{ enter: 'k' }, { enter: 'l' }, ...rest]),
  })
  .map((scenario) => JSON.stringify(scenario));
