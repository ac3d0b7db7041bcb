/**
 * Random scenarios of several threads that must come out the same on all hosts: one thread moves at a time. The
 * IOThreads are held, and each goes on in its turns only, until it has nothing to do.
 */

import fc from 'fast-check';
import {
  type Action,
  armedLongAgo,
  bodyOf,
  named,
  one,
  type PlainScenario,
} from './random-scenario.ts';

const IOTHREADS = ['io0', 'io1'];
/** One of each kind in main, in io0 and in io1. */
const BHS = ['a', 'b', 'c', 'd', 'e', 'f'];
const TIMERS = ['t', 'u', 'v'];
const FDS = ['p', 'q', 'r'];
const NOTIFIERS = ['l', 'm', 'n'];
const COROUTINES = ['g', 'h', 'k'];
const THREADS = ['x', 'y'];
const CONTEXTS = ['main', ...IOTHREADS];
const REQUESTS = ['r1', 'r2'];
/** Starts a thread and waits for its end. */
const RUNS = 'runs';
/** Gives a request to main's pool, and polls until it has completed. */
const DOES = 'does';
const CPUS = ['cpu0', 'cpu1'];
/** Gives work to a vCPU, and waits for it. */
const WORKS = 'works';
/** More polls than a thread needs until it has nothing to do. */
const MOST_POLLS = 12;
/** More than what begets each other can take turns. */
const LAST_TURNS = 8;

/** Done by any thread to an object of any thread. Times are long past, now, or never come. */
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: named(['schedule', 'schedule', 'oneshot', 'cancel'], BHS) },
  { weight: 4, arbitrary: named(['kick'], FDS) },
  { weight: 3, arbitrary: named(['watch', 'unwatch'], FDS) },
  { weight: 3, arbitrary: named(['set'], NOTIFIERS) },
  { weight: 2, arbitrary: named(['notify'], CONTEXTS) },
  { weight: 3, arbitrary: named(['arm_now', 'disarm'], TIMERS) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(one(TIMERS), one(['3600s', '1800s']))
      .map(([timer, time]) => ({ arm: { [timer]: time } })),
  },
  { weight: 2, arbitrary: armedLongAgo(TIMERS) },
  { weight: 1, arbitrary: fc.constant<Action>('notify_event') },
  { weight: 1, arbitrary: fc.constant<Action>({ log: 'in $(context), bql $(bql)' }) },
);

/** A nested poll of a thread's own context; not its result, which knows of `wait_idle`. */
const anywhere: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: action },
  { weight: 1, arbitrary: fc.constant<Action>({ poll: { quiet: true } }) },
);

const body = bodyOf(anywhere);

/** Each goes by itself wherever it is left, or is woken by a `next`. */
const coroutine = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: action.map((made) => [made]) },
      { weight: 2, arbitrary: fc.constant<Action[]>([{ co_schedule: 'self' }, 'yield']) },
      { weight: 2, arbitrary: one(CONTEXTS).map((context) => [{ reschedule: context }]) },
      { weight: 1, arbitrary: fc.constant<Action[]>([{ wait: 'queue' }]) },
      { weight: 1, arbitrary: named(['next', 'restart_all'], ['queue']).map((made) => [made]) },
      {
        weight: 2,
        arbitrary: one(CONTEXTS).map((context) => [
          { lock: 'mutex' },
          { reschedule: context },
          { log: 'locked in $(context)' },
          { unlock: 'mutex' },
        ]),
      },
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({ do: [{ log: 'in $(context)' }, ...parts.flat(), { log: 'out' }] }));

/** With the big lock, if it takes it first, a thread counts as main's. */
const list = fc
  .tuple(fc.array(action, { maxLength: 5 }), fc.boolean())
  .map(([all, locks]) => (locks ? [{ lock: 'bql' }, ...all, { unlock: 'bql' }] : all));

/** A worker acts beside main, so its work acts on nothing. */
const request = fc
  .tuple(fc.array(anywhere, { maxLength: 3 }), fc.nat(3))
  .map(([completes, returns]) => ({ returns, do: completes }));

/** A vCPU does it with the big lock, or alone. */
const work: fc.Arbitrary<Action> = fc
  .record({
    how: one(['run_on_cpu', 'async_run_on_cpu', 'async_safe_run_on_cpu']),
    cpu: one(CPUS),
    do: fc.array(action, { maxLength: 4 }),
  })
  .map((made) => ({ [WORKS]: made }));

/** Places in main. */
const inMain = one(['main', 'iohandler']).map((context) => ({ context }));
const onMain = one(['main', 'loop', 'iohandler']).map((where) => ({ list: where }));

/**
 * Objects of a section, the first in main, the next in io0, and so on.
 * @param each how many in each thread
 */
function spread(
  names: readonly string[],
  made: fc.Arbitrary<object>,
  main: fc.Arbitrary<object>,
  each = 1,
): fc.Arbitrary<Record<string, object>> {
  const all = names.map((name, i) => {
    const home = CONTEXTS[Math.floor(i / each)]!;
    const place = home === 'main' ? main : fc.constant({ in: home });
    return [name, fc.tuple(place, made).map(([at, one]) => ({ ...at, ...one }))] as const;
  });
  return fc.record(Object.fromEntries(all));
}

const objects = fc.record({
  bottom_halves: spread(BHS, body, inMain, 2),
  timers: spread(TIMERS, body, onMain),
  fds: spread(FDS, body, inMain),
  notifiers: spread(NOTIFIERS, body, inMain),
  coroutines: spread(COROUTINES, coroutine, fc.constant({})),
  co_queues: fc.constant(['queue']),
  co_mutexes: fc.constant(['mutex']),
  threads: fc.record(Object.fromEntries(THREADS.map((name) => [name, list]))),
  requests: fc.record(Object.fromEntries(REQUESTS.map((name) => [name, request]))),
});

/** Actions of main while the others are held, and the threads whose turns follow. */
const round = fc.record({
  do: fc.array(
    fc.oneof(
      { weight: 12, arbitrary: action },
      { weight: 1, arbitrary: work },
      { weight: 1, arbitrary: named(['enter_next', 'enter_all'], ['queue']) },
      {
        weight: 2,
        arbitrary: one(IOTHREADS).map((name) => ({
          log: `${name}: $(${name}.notified) $(${name}.notify_me)`,
        })),
      },
    ),
    { maxLength: 6 },
  ),
  turns: fc.array(one(CONTEXTS), { minLength: 1, maxLength: 4 }),
});

type Work = { readonly how: string; readonly cpu: string; readonly do: readonly Action[] };
type Round = { readonly do: readonly Action[]; readonly turns: readonly string[] };

/** Nobody's turn follows, since main waits for what it does. */
function onceInMain(made: Action) {
  return fc.record({
    do: fc.constant([made]),
    turns: fc.constant<string[]>([]),
    at: fc.nat(20),
  });
}

/** Each can be done once only. */
const onceEach = fc.tuple(
  ...COROUTINES.map((name) =>
    fc.record({
      do: fc.oneof(
        one(CONTEXTS).map((context): Action[] => [{ co_schedule: { [name]: context } }]),
        fc.constant<Action[]>([{ enter: name }]),
      ),
      turns: fc.constant(CONTEXTS),
      at: fc.nat(20),
    }),
  ),
  ...THREADS.map((name) => onceInMain({ [RUNS]: name })),
  ...REQUESTS.map((name) => onceInMain({ [DOES]: name })),
);

/** The parts that spelledOut replaces; while it is shrunk any of them may be gone. */
interface Parts {
  readonly steps?: readonly Partial<Round>[];
  readonly threads?: Record<string, readonly Action[]>;
  readonly requests?: Record<string, { readonly do?: readonly Action[] }>;
}

export const randomThreads: fc.Arbitrary<PlainScenario> = fc
  .tuple(
    fc.record({ name: fc.constant('random'), drive: one(['aio_poll', 'main_loop']) }),
    objects,
    fc.array(round, { minLength: 2, maxLength: 8 }),
    onceEach,
  )
  .map(([how, made, rounds, once]) => {
    const steps: Round[] = [...rounds];
    for (const { at, ...all } of once) steps.splice(at % (steps.length + 1), 0, all);
    return { ...how, ...made, steps };
  });

/**
 * The scenario as its file has it, from one that may have been shrunk: what keeps all threads but one still
 * stands here, so that nobody leaves it out.
 */
export function spelledOut(plain: PlainScenario): PlainScenario {
  const { name, drive, steps: _s, threads: _t, requests: _r, ...rest } = plain;
  const { steps: rounds = [], threads = {}, requests = {} } = plain as Parts;
  const steps: Action[] = [
    ...IOTHREADS.map((name) => ({ hold: name })),
    ...rounds.flatMap((round) => [
      ...(round.do ?? []).flatMap(actionsOf),
      ...(round.turns ?? []).flatMap(turnOf),
    ]),
    { repeat: { times: LAST_TURNS, do: CONTEXTS.flatMap(turnOf) } },
    ...IOTHREADS.map((name) => ({ go_on: name })),
  ];
  return {
    name,
    drive,
    iothreads: ofEach(IOTHREADS, () => ({ poll_max: '0ns' })),
    ...(steps.some(isWork) && { vcpus: ofEach(CPUS, () => ({ do: ['halt'], loop: 'forever' })) }),
    ...rest,
    words: Object.keys(requests).map(wordOf),
    threads: ofEach(Object.keys(threads), (one) => ({ start: false, do: threads[one] })),
    requests: ofEach(Object.keys(requests), (one) => ({
      ...requests[one],
      work: [{ log: 'works' }],
      do: [...(requests[one]!.do ?? []), { put: { [wordOf(one)]: 1 } }],
    })),
    steps,
  };
}

function ofEach(names: readonly string[], make: (name: string) => object): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}

/** The word that says that a request has completed. */
function wordOf(request: string): string {
  return `${request} completed`;
}

function isWork(made: Action): boolean {
  return typeof made === 'object' && 'run_on_cpu' in made;
}

function actionsOf(made: Action): Action[] {
  if (typeof made === 'string') return [made];
  if (WORKS in made) {
    const { how = 'run_on_cpu', cpu = CPUS[0], do: list = [] } = made[WORKS] as Partial<Work>;
    // It does one after the other.
    return [{ [how]: { cpu, do: list } }, { run_on_cpu: { cpu, do: [{ log: 'worked' }] } }];
  }
  if (RUNS in made) {
    // Main gives the big lock to it.
    return [{ unlock: 'bql' }, { start: made[RUNS] }, { join: made[RUNS] }, { lock: 'bql' }];
  }
  if (DOES in made) {
    const until = { [wordOf(made[DOES] as string)]: 1 };
    // The worker is beside main, which has nothing else to do by then.
    const settled = { repeat: { times: MOST_POLLS, do: ['step'] } };
    return [settled, { submit: made[DOES] }, { poll: { until, quiet: true } }];
  }
  return [made];
}

/** The turn of a thread lasts until it has nothing to do, and that of main two polls. */
function turnOf(name: string): Action[] {
  if (name === 'main') return ['step', 'step'];
  // Each comes round three times.
  const idle = { repeat: { times: MOST_POLLS / 3, do: [{ wait_idle: name }] } };
  return [{ go_on: name }, idle, { hold: name }];
}
