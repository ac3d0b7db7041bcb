/** Random scenarios that must come out the same on all hosts: nothing in them depends on how long anything takes. */

import fc from 'fast-check';

/** An action as plain data. */
export type Action = string | Record<string, unknown>;

const BHS = ['a', 'b', 'c'];
const EVENTFDS = ['e', 'f', 'g'];
const KICKED = [...EVENTFDS, 's', 'r'];
/** Their other ends are closed, once at most. */
const HUNG_UP = ['p', 'y', 'z'];
/** Attached once at most. */
const LATE = ['idle1', 'idle2', 'idle3', 'due2'];
const FDS = [...KICKED, ...HUNG_UP];
/** Another user of e's descriptor. */
const SECOND = "e'";
const NOTIFIERS = ['n', 'm'];
const TIMERS = ['t', 'u', 'v', 'w'];
const SIGNALS = ['SIGUSR1', 'SIGUSR2', 'SIGRTMIN', 'SIGCHLD'];
/** Far after everything due, so that a sleeping wait ends with it. */
const GUARD = '10ms';

export const one = (names: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...names);
export const named = (ops: readonly string[], names: readonly string[]): fc.Arbitrary<Action> =>
  fc.tuple(one(ops), one(names)).map(([op, name]) => ({ [op]: name }));

/** For a time that is long past. */
export const armedLongAgo = (timers: readonly string[]): fc.Arbitrary<Action> =>
  fc
    .tuple(one(['arm_at', 'anticipate_at']), one(timers), one(['1ns', '2ns', '3ns']))
    .map(([op, timer, time]) => ({ [op]: { [timer]: time } }));

/** Times are long past or now. */
const armed: fc.Arbitrary<Action> = fc.oneof(
  armedLongAgo(TIMERS),
  named(['arm_now', 'disarm'], TIMERS),
);

const watched: fc.Arbitrary<Action> = fc.oneof(
  fc
    .tuple(one([...EVENTFDS, 's', 'z']), one(['read', 'read', 'both', 'write']))
    .map(([name, watch]) => ({ watch: { [name]: watch } })),
  named(['watch', 'unwatch'], [...FDS, SECOND]),
);

const signal: fc.Arbitrary<Action> = fc.oneof(
  named(['raise', 'kill'], SIGNALS),
  fc.tuple(one(SIGNALS), fc.nat(9)).map(([name, value]) => ({ sigqueue: { [name]: value } })),
  fc
    .tuple(one(SIGNALS), fc.constantFrom('ignore', 'default', {}))
    .map(([name, how]) => ({ sigaction: { [name]: how } })),
);

const quiet: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: named(['schedule', 'schedule', 'oneshot', 'cancel'], BHS) },
  { weight: 1, arbitrary: named(['schedule_idle'], BHS) },
  { weight: 6, arbitrary: named(['kick'], KICKED) },
  { weight: 3, arbitrary: watched },
  { weight: 4, arbitrary: named(['set', 'set', 'test_and_clear'], NOTIFIERS) },
  { weight: 4, arbitrary: armed },
  { weight: 1, arbitrary: signal },
  { weight: 3, arbitrary: named(['notify'], ['main', 'main', 'iohandler']) },
  { weight: 1, arbitrary: fc.constant<Action>('notify_event') },
  { weight: 1, arbitrary: named(['enable_clock'], ['virtual', 'host']) },
);

const polls = one(['poll', 'main_loop_wait']) as fc.Arbitrary<Action>;

const anywhere: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: quiet },
  { weight: 2, arbitrary: polls },
);

/** Run in the first calls only, so that everything comes to an end. */
export const bodyOf = (
  action: fc.Arbitrary<Action>,
): fc.Arbitrary<{ do: Action[]; do_runs: number }> =>
  fc.record({ do: fc.array(action, { maxLength: 3 }), do_runs: fc.integer({ min: 1, max: 2 }) });
const body = bodyOf(anywhere);

const context = one(['main', 'iohandler']);
const fd = (more: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<object> =>
  fc
    .tuple(body, fc.record({ context, drain: fc.boolean(), ready: fc.boolean(), ...more }))
    .map(([actions, how]) => ({ ...actions, ...how }));
const writes = fc.array(quiet, { maxLength: 2 });

const notifier = fc
  .tuple(body, fc.record({ context, set: fc.boolean(), clear: fc.boolean() }))
  .map(([actions, how]) => ({ ...actions, ...how }));

const timer = (clock: string): fc.Arbitrary<object> =>
  fc.tuple(body, one(['main', 'loop', 'iohandler'])).map(([b, list]) => ({ ...b, clock, list }));

const source = (kind: string, priorities: readonly string[]): fc.Arbitrary<object> =>
  fc.tuple(body, one(priorities)).map(([actions, priority]) => ({ ...actions, kind, priority }));

const late = (isTimeout: boolean): fc.Arbitrary<object> =>
  source(isTimeout ? 'timeout' : 'idle', ['high', 'high', 'default', 'default_idle']).map(
    (made) => ({ ...made, attached: false }),
  );

/** Wherever it is left, somebody can let it go on without an abort. */
const coroutine = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: anywhere.map((action) => [action]) },
      { weight: 2, arbitrary: fc.constant<Action[]>([{ co_schedule: 'self' }, 'yield']) },
      { weight: 2, arbitrary: fc.constantFrom('wait', 'wait_front').map((op) => [{ [op]: 'q' }]) },
      { weight: 1, arbitrary: fc.constantFrom('next', 'restart_all').map((op) => [{ [op]: 'q' }]) },
      { weight: 1, arbitrary: anywhere.map((action) => [{ lock: 'l' }, action, { unlock: 'l' }]) },
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({ do: [{ log: 'in' }, ...parts.flat(), { log: 'out' }] }));

const loops = one(['main_loop_wait', 'poll']);

/** Sleeps until the guard, unless there is something to do. Arming it would end aio_poll's sleep at once. */
const sleepFor = (guard: string): fc.Arbitrary<Action[]> =>
  fc
    .tuple(loops, loops)
    .map(([before, how]) => [
      { arm: { guard } },
      before,
      { [how]: 'blocking' },
      { disarm: 'guard' },
    ]);

/** When the outside world acts, and times that are as far from it. */
const OUTSIDE_AT = '20ms';
const OUTSIDE_GUARD = '40ms';
const OUTSIDE_OVER = '30ms';

/** Actions that another thread may take. */
const fromOutside: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: named(['schedule', 'schedule', 'oneshot'], BHS) },
  { weight: 3, arbitrary: named(['kick'], KICKED) },
  { weight: 3, arbitrary: named(['set'], NOTIFIERS) },
  { weight: 2, arbitrary: named(['notify'], ['main', 'iohandler']) },
  { weight: 1, arbitrary: fc.constant<Action>('notify_event') },
  { weight: 1, arbitrary: named(['kill'], SIGNALS) },
);

/**
 * A wait that only the outside world ends, if anything but the guard does. Its time is over before the
 * steps behind it, also after a wait that ended at once.
 */
const outside = fc
  .record({
    action: fromOutside,
    before: fc.array(quiet, { maxLength: 3 }),
    sleep: sleepFor(OUTSIDE_GUARD),
  })
  .map(({ action, before, sleep }) => ({
    timeline: [{ at: OUTSIDE_AT, do: [action] }],
    steps: [
      'settle',
      ...before,
      { repeat: { times: 6, do: ['main_loop_wait'] } },
      ...sleep,
      { wait_for: OUTSIDE_OVER },
    ] as Action[],
  }));

/** Nothing may stay ready: it would end each wait. */
const quieted = (objects: Readonly<Record<string, object>>): Record<string, object> =>
  Object.fromEntries(
    Object.entries(objects).map(([name, def]) => [
      name,
      'drain' in def
        ? { ...def, drain: true, ...('full' in def && { full: true }) }
        : { ...def, clear: true },
    ]),
  );

/** It takes time on hosts that take any. */
const rarelyOutside = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: outside },
);

const step: fc.Arbitrary<Action[]> = fc.oneof(
  { weight: 12, arbitrary: quiet.map((action) => [action]) },
  { weight: 4, arbitrary: fc.constant<Action[]>(['step']) },
  { weight: 3, arbitrary: polls.map((action) => [action]) },
  { weight: 1, arbitrary: fc.nat(3).map((n) => [{ run: { iterations: n + 1 } }]) },
  {
    weight: 1,
    arbitrary: named(['disable_clock'], ['virtual', 'host']).map((action) => [action]),
  },
  { weight: 1, arbitrary: named(['enter_next', 'enter_all'], ['q']).map((action) => [action]) },
  {
    weight: 1,
    arbitrary: quiet.map((action) => ['disable_external', action, 'step', 'enable_external']),
  },
  { weight: 1, arbitrary: sleepFor(GUARD) },
);

/** Actions that make sense only once, and their places. */
const onceEach = fc
  .subarray<Action>([
    ...HUNG_UP.map((name) => ({ close_peer: name })),
    ...LATE.map((name) => ({ attach: name })),
  ])
  .chain((actions) =>
    fc.tuple(
      ...actions.map((action) => fc.record({ action: fc.constant(action), at: fc.nat(40) })),
    ),
  );

const objects = fc.record({
  signals: fc.record(
    Object.fromEntries(
      SIGNALS.map((name) => [name, body.map((b) => ({ ...b, siginfo: ['code', 'pid', 'int'] }))]),
    ),
  ),
  bottom_halves: fc.record(Object.fromEntries(BHS.map((name) => [name, body]))),
  fds: fc.record({
    e: fd({ do_write: writes, external: fc.boolean() }),
    f: fd({ do_write: writes }),
    g: fd({ external: fc.boolean() }),
    s: fd({ kind: fc.constant('socketpair'), do_write: writes }),
    r: fd({ kind: fc.constant('pipe_read') }),
    y: fd({ kind: fc.constant('pipe_read') }),
    z: fd({ kind: fc.constant('socketpair'), do_write: writes }),
    p: fd({
      kind: fc.constant('pipe_write'),
      ready: fc.constant(false),
      full: fc.boolean(),
      watch: one(['write', 'none']),
      do_write: writes,
    }),
  }),
  notifiers: fc.record({ n: notifier, m: notifier }),
  timers: fc.record({
    t: timer('realtime'),
    u: timer('host'),
    v: timer('virtual'),
    w: timer('virtual_rt'),
    guard: fc.constant({ list: 'main' }),
  }),
  sources: fc.record({
    high: source('idle', ['high']),
    low: source('idle', ['default', 'high_idle', 'default_idle']),
    due: source('timeout', ['high', 'default', 'default_idle']),
    ...Object.fromEntries(LATE.map((name) => [name, late(name.startsWith('due'))])),
  }),
  poll_notifiers: fc.record({ x: bodyOf(quiet) }),
  co_queues: fc.constant(['q']),
  co_mutexes: fc.constant(['l']),
  coroutines: fc.record({ k: coroutine, h: coroutine }),
});

/** A scenario as plain data, or what one is made of. */
export type PlainScenario = Record<string, unknown> & { readonly steps: readonly unknown[] };

export const randomScenario: fc.Arbitrary<PlainScenario> = fc
  .tuple(
    fc.record({
      name: fc.constant('random'),
      drive: one(['aio_poll', 'main_loop']),
      fdmon: one(['auto', 'poll', 'epoll']),
    }),
    objects,
    fc.tuple(body, fc.boolean(), fc.boolean()),
    fc.tuple(
      fc.boolean(),
      fc.subarray(['k', 'h']),
      fc.array(step, { minLength: 5, maxLength: 40 }),
      onceEach,
    ),
    rarelyOutside,
  )
  .map(([how, made, [second, isMany, isSecond], [settles, enters, rest, once], first]) => {
    const later = [...rest];
    for (const { action, at } of once) later.splice(at % (later.length + 1), 0, [action]);
    const fds: Record<string, object> = first === null ? { ...made.fds } : quieted(made.fds);
    const notifiers = first === null ? made.notifiers : quieted(made.notifiers);
    const { context: of } = fds.e as { context: string };
    fds[SECOND] = { ...second, of: 'e', context: of, watch: isSecond ? 'read' : 'none' };
    // From 64 fds on aio_poll uses epoll.
    if (isMany) fds.idle = { count: 70 };
    return {
      ...how,
      ...made,
      fds,
      notifiers,
      ...(first === null ? {} : { timeline: first.timeline }),
      steps: [
        ...(first?.steps ?? []),
        ...(settles ? ['settle'] : []),
        ...enters.map((name) => ({ enter: name })),
        ...later.flat(),
        'step',
        'step',
      ],
    };
  });
