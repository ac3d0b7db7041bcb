import * as z from 'zod';
import {
  anyText,
  atLeastOneKey,
  bool,
  compareCount,
  compareDuration,
  compareExpiry,
  compareTimeout,
  count,
  duration,
  durationOr,
  either,
  ifKeys,
  int,
  list,
  map,
  name,
  named,
  one,
  signedDuration,
  whole,
  words,
} from './schema-parts.ts';
import { BARE_THREAD_ACTIONS, conditionMap, pollMap, threadShapes } from './schema-threads.ts';
import { NAME_ACTIONS, THREAD_ACTIONS } from './vocabulary.ts';

export const CLOCKS = ['realtime', 'virtual', 'host', 'virtual_rt'] as const;
export const CONTEXTS = ['main', 'iohandler'] as const;

/** Actions that need no argument. */
export const BARE_ACTIONS = [
  ...BARE_THREAD_ACTIONS,
  'notify_event',
  'disable_external',
  'enable_external',
  'yield',
  'poll',
  'main_loop_wait',
  'step',
  'settle',
  'run',
  'quit',
] as const;

/** The keys of a signal in `signals` and `sigaction`. */
export function signalAction(actions: z.ZodType): z.ZodType {
  const field = words('a field of siginfo', ['code', 'pid', 'status', 'int']);
  return either(
    words('what happens with a signal', ['default', 'ignore']),
    map('a signal', {
      do: actions.optional(),
      do_runs: whole.optional(),
      siginfo: list('a list of fields such as [code, pid]', field).optional(),
      reset: bool.optional(),
      nocldstop: bool.optional(),
    }),
  );
}

const check = atLeastOneKey(
  map('a check', {
    timeout: compareTimeout.optional(),
    blocked: compareDuration.optional(),
    pending: named('a map such as {t: true}', bool).optional(),
    expires_at: named('a map such as {t: 100ns}', compareExpiry).optional(),
    fdmon: words('an fd monitor', ['poll', 'epoll', 'io_uring']).optional(),
    poll_ns: compareDuration.optional(),
    calls: named('a map such as {e: 3}', compareCount).optional(),
    result: bool.optional(),
    ended: named('a map such as {a: true}', bool).optional(),
    clock: z
      .partialRecord(words('a clock', CLOCKS) as z.ZodEnum, compareDuration, {
        error: JSON.stringify({ what: 'a map such as {virtual: 5ms}', words: [] }),
      })
      .optional(),
  }),
  'something to check, such as {result: true}',
);

const watched = words('what is watched', ['read', 'write', 'both']);
const pollHow = (word: string): z.ZodType =>
  z.enum(['blocking'], {
    error: JSON.stringify({
      what: `blocking, or the bare word ${word}, which does not block`,
      words: ['blocking'],
    }),
  });

/** Every map action, by its key. */
function shape(actions: z.ZodType): Record<string, z.ZodType> {
  const timer = (value: z.ZodType): z.ZodType => one('one timer, such as {t: 10ms}', value);
  const shapes: Record<string, z.ZodType> = {
    watch: either(name, one('one fd, such as {e: both}', watched)),
    notify: name,
    disable_external: name,
    enable_external: name,
    arm: timer(duration),
    arm_at: timer(signedDuration),
    anticipate_at: timer(signedDuration),
    enable_clock: words('a clock', CLOCKS),
    disable_clock: words('a clock', CLOCKS),
    poll_params: map('poll_params', {
      max: duration,
      grow: whole,
      shrink: whole,
      of: name.optional(),
    }),
    sleep: duration,
    sigqueue: one('one signal, such as {SIGUSR1: 1}', int),
    kill_child: one('one child, such as {a: SIGTERM}', name),
    sigaction: one('one signal, such as {SIGUSR1: ignore}', signalAction(actions)),
    block: duration,
    wait_for: either(durationOr('; or words and their values, {done: 1}'), conditionMap),
    poll: either(pollHow('poll'), pollMap('poll')),
    main_loop_wait: either(pollHow('main_loop_wait'), pollMap('main_loop_wait')),
    run: atLeastOneKey(
      map('run', { for: duration.optional(), iterations: count.optional() }),
      'a limit, such as {for: 100ms} or {iterations: 5}',
    ),
    log: anyText,
    repeat: map('repeat', { times: whole, do: actions }),
    check,
    co_schedule: either(name, one('one coroutine, such as {c: io0}', name)),
    ...threadShapes(actions),
  };
  for (const action of [...NAME_ACTIONS, ...THREAD_ACTIONS]) shapes[action] ??= name;
  return shapes;
}

// The examples are actions that are allowed everywhere.
const AN_ACTION = 'an action, such as {schedule: a} or notify_event';

const WORDS: readonly string[] = [...new Set([...BARE_ACTIONS, ...Object.keys(shape(z.any()))])];

/** The words for actions, bare or as a key. */
export function actionWords(): string[] {
  return [...WORDS];
}

/** A list of actions. Each is a word, or a map with one key. */
export function actionList(): z.ZodType {
  // The list contains itself, through repeat and sigaction.
  const lazy: z.ZodType = z.lazy(() => actions);
  const keyed = map('an action', optional(shape(lazy)), BARE_ACTIONS);
  const what = 'one action an entry: a map of one key';
  const single = ifKeys(keyed, (keys) => keys.length === 1, what).meta({
    minProperties: 1,
    maxProperties: 1,
  });
  const bare = z.enum(BARE_ACTIONS, {
    error: JSON.stringify({ what: AN_ACTION, words: actionWords() }),
  });
  const actions: z.ZodType = list('a list of actions', either(bare, single));
  return actions;
}

function optional(shapes: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shapes).map(([key, value]) => [key, value.optional()]));
}
