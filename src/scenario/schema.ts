import * as z from 'zod';
import { MOST_FDS, MOST_GRANDCHILDREN } from './limits.ts';
import { ABOUT } from './schema-about.ts';
import { ABOUT_THREADS } from './schema-about-threads.ts';
import { actionList, CLOCKS, CONTEXTS, signalAction } from './schema-actions.ts';
import {
  anyText,
  bool,
  compareCount,
  compareDuration,
  countTo,
  duration,
  either,
  exitStatus,
  ifKeys,
  jsonSchemaOf,
  list,
  map,
  name,
  named,
  qemuVersion,
  seed,
  signal,
  whole,
  wholeTo,
  words,
} from './schema-parts.ts';
import {
  abortOfThread,
  beforePairs,
  faultOfProtocol,
  isOneFault,
  orderByThread,
  threadSections,
} from './schema-threads.ts';

export const FAULT_CALLS = ['read', 'write', 'poll', 'spawn', 'waitpid', 'epoll_ctl'] as const;

const ONE_FAULT =
  'a fault of a call, such as {call: read, error: EINTR}, or {without: second-look, in: io0}';

const actions = actionList();
const callback = { do: actions.optional(), do_runs: whole.optional() };
const context = words('a context', CONTEXTS);
/** The thread of an object, and whether its callback is logged. */
const placed = { in: name.optional(), quiet: bool.optional() };
const placedMap: typeof map = (what, shape) =>
  ifKeys(
    map(what, shape),
    (keys) => !keys.includes('in') || !(keys.includes('context') || keys.includes('list')),
    "either 'in', or 'context' or 'list'",
  );
const names = (what: string): z.ZodType => list(`a list of ${what}, such as [m]`, name);

const fd = placedMap('an fd', {
  kind: words('a kind of fd', [
    'eventfd',
    'socketpair',
    'pipe_read',
    'pipe_write',
    'file',
  ]).optional(),
  watch: words('what is watched', ['read', 'write', 'both', 'none']).optional(),
  context: context.optional(),
  drain: bool.optional(),
  ...placed,
  ...callback,
  do_write: actions.optional(),
  ready: bool.optional(),
  full: bool.optional(),
  external: bool.optional(),
  of: name.optional(),
  count: countTo(MOST_FDS).optional(),
});

const child = map('a child', {
  after: duration.optional(),
  exit: exitStatus.optional(),
  signal: signal.optional(),
  stop: bool.optional(),
  write: anyText.optional(),
  ignore: list('a list of signals, such as [SIGTERM]', signal).optional(),
  children: wholeTo(MOST_GRANDCHILDREN).optional(),
  command: either(anyText, list('a list such as [sleep, 1]', anyText)).optional(),
  start: bool.optional(),
});

const source = map('a source', {
  kind: words('a kind of source', ['idle', 'timeout']),
  after: duration.optional(),
  priority: words('a priority', ['high', 'default', 'high_idle', 'default_idle']).optional(),
  attached: bool.optional(),
  quiet: bool.optional(),
  ...callback,
});

const expectation = map('expect', {
  order: either(list('a list of entries', anyText), orderByThread).optional(),
  before: beforePairs.optional(),
  includes: list('a list of entries', anyText).optional(),
  never: list('a list of entries', anyText).optional(),
  children: named(
    'a map such as {a: {exit: 3}}',
    either(
      words('how it ended', ['running', 'stopped']),
      map('how it ended', { exit: exitStatus.optional(), signal: signal.optional() }),
    ),
  ).optional(),
  iterations: compareCount.optional(),
  trace: list('a list of trace events', name).optional(),
  elapsed: compareDuration.optional(),
  abort: either(anyText, abortOfThread).optional(),
});

/** The whole language, version 1. The meaning of names is checked later. */
export const scenarioSchema = map('a scenario', {
  name: anyText,
  about: anyText.optional(),
  host: words('a host', ['sim', 'linux']).optional(),
  drive: words('what step means', ['aio_poll', 'main_loop']).optional(),
  fdmon: words('an fd monitor', ['auto', 'poll', 'epoll', 'io_uring']).optional(),
  qemu: qemuVersion.optional(),
  seed: seed.optional(),
  jitter: duration.optional(),
  bottom_halves: named(
    'bottom halves by name, such as {a: {}}',
    placedMap('a bottom half', {
      context: context.optional(),
      guard: name.optional(),
      ...placed,
      ...callback,
    }),
  ).optional(),
  timers: named(
    'timers by name, such as {t: {}}',
    placedMap('a timer', {
      clock: words('a clock', CLOCKS).optional(),
      list: words('a timer list group', [...CONTEXTS, 'loop']).optional(),
      ...placed,
      ...callback,
    }),
  ).optional(),
  fds: named('fds by name, such as {e: {}}', fd).optional(),
  notifiers: named(
    'notifiers by name, such as {n: {}}',
    placedMap('a notifier', {
      set: bool.optional(),
      context: context.optional(),
      clear: bool.optional(),
      pollable: bool.optional(),
      ...placed,
      ...callback,
    }),
  ).optional(),
  coroutines: named(
    'coroutines by name, such as {c: {do: [yield]}}',
    map('a coroutine', { in: name.optional(), do: actions.optional() }),
  ).optional(),
  co_queues: names('names').optional(),
  co_mutexes: names('names').optional(),
  co_rwlocks: names('names').optional(),
  signals: named('signals by name, such as {SIGUSR1: {}}', signalAction(actions)).optional(),
  children: named('children by name, such as {a: {exit: 0}}', child).optional(),
  poll_notifiers: named('poll notifiers by name', map('a poll notifier', callback)).optional(),
  sources: named('sources by name, such as {g: {kind: idle}}', source).optional(),
  ...threadSections(actions),
  timeline: list(
    'a list such as [{at: 5ms, do: [{kick: e}]}]',
    map('an entry of the timeline', { at: duration, do: actions }),
  ).optional(),
  faults: list(
    'a list such as [{call: read, error: EINTR}]',
    ifKeys(
      map('a fault', {
        call: words('a call', FAULT_CALLS).optional(),
        on: name.optional(),
        error: name.optional(),
        short: whole.optional(),
        times: whole.optional(),
        after: whole.optional(),
        ...faultOfProtocol,
      }),
      isOneFault,
      ONE_FAULT,
    ).meta({ anyOf: [{ required: ['call'] }, { required: ['without', 'in'] }] }),
  ).optional(),
  steps: actions.optional(),
  expect: expectation.optional(),
});

/** The language as a JSON Schema, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { definitions, ...schema } = z.toJSONSchema(scenarioSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const own = jsonSchemaOf(zodSchema);
      if (own === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      Object.assign(jsonSchema, own);
    },
  });
  return {
    title: 'qemu-loop scenario, version 1',
    ...(explained(schema, 'scenario') as object),
    // Only a list of actions can contain itself.
    definitions: explained(definitions, 'action'),
  };
}

/**
 * A part of the JSON Schema with the explanations from the two tables. zod's describe() is not used, since
 * it makes each schema anew, and every run would pay for that.
 * @param where the key of the map that the part belongs to
 */
function explained(part: unknown, where: string): unknown {
  if (Array.isArray(part)) return part.map((item) => explained(item, where));
  if (typeof part !== 'object' || part === null) return part;
  const { enum: words } = part as { enum?: readonly string[] };
  if (words !== undefined && where === 'action') {
    return { anyOf: words.map((word) => ({ const: word, description: aboutOf(where, word) })) };
  }
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === 'properties' ? explainedKeys(value, where) : explained(value, where),
    ]),
  );
}

function explainedKeys(properties: object, where: string): object {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => {
      const own = `${where}.${key}`;
      const inside = explained(value, isAbout(own) ? own : key) as object;
      return [key, { description: aboutOf(where, key), ...inside }];
    }),
  );
}

function aboutOf(where: string, key: string): string | undefined {
  return ABOUT[where]?.[key] ?? ABOUT_THREADS[where]?.[key];
}

function isAbout(where: string): boolean {
  return ABOUT[where] !== undefined || ABOUT_THREADS[where] !== undefined;
}
