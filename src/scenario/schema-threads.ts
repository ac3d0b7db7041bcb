import type { z } from 'zod';
import {
  anyText,
  atLeastOneKey,
  bool,
  compareCount,
  duration,
  int,
  list,
  map,
  name,
  named,
  one,
  turns,
  whole,
  words,
} from './schema-parts.ts';

/** The parts of the language that only files with several threads need. */

/** Actions that need no argument. */
export const BARE_THREAD_ACTIONS = [
  'kick',
  'halt',
  'pause_all_vcpus',
  'resume_all_vcpus',
  'vm_stop',
  'vm_start',
  'start_exclusive',
  'end_exclusive',
] as const;

const condition = (what: string): z.ZodType =>
  atLeastOneKey(
    named(what, compareCount) as z.ZodRecord,
    'at least one word and its value, such as {done: 1}',
  );

/** Words and the values that they must all have. */
export const conditionMap = condition('a map such as {done: 1}');

/** `poll` and `main_loop_wait` with more to say than `blocking`. */
export function pollMap(action: string): z.ZodType {
  const shape = {
    blocking: bool.optional(),
    until: conditionMap.optional(),
    quiet: bool.optional(),
  };
  return atLeastOneKey(
    map(action, action === 'poll' ? { ...shape, of: name.optional() } : shape),
    `how, such as {until: {done: 1}}`,
  );
}

/** The map actions that are more than a name. */
export function threadShapes(actions: z.ZodType): Record<string, z.ZodType> {
  const onCpu = map('what runs on a vCPU', { cpu: name, do: actions });
  return {
    wait_while: map('wait_while', {
      context: name,
      while: conditionMap,
      unlocked: bool.optional(),
      each: actions.optional(),
    }),
    put: one('one word, such as {done: 1}', int),
    add: one('one word, such as {count: 1}', int),
    compute: duration,
    run_on_cpu: onCpu,
    async_run_on_cpu: onCpu,
    async_safe_run_on_cpu: onCpu,
  };
}

/** The sections of a file that declare threads and what they share. */
export function threadSections(actions: z.ZodType): Record<string, z.ZodType> {
  const wholeOrNone = whole.optional();
  const params = {
    aio_max_batch: wholeOrNone,
    thread_pool_min: wholeOrNone,
    thread_pool_max: wholeOrNone,
  };
  const iothread = map('an iothread', {
    poll_max: duration.optional(),
    poll_grow: wholeOrNone,
    poll_shrink: wholeOrNone,
    ...params,
  });
  return {
    iothreads: named('iothreads by name, such as {io0: {}}', iothread).optional(),
    threads: named(
      'threads by name, such as {t: {do: [kick]}}',
      map('a thread', { do: actions.optional(), start: bool.optional() }),
    ).optional(),
    vcpus: named(
      'vcpus by name, such as {cpu0: {do: [{compute: 5us}], loop: 10}}',
      map('a vcpu', {
        do: actions.optional(),
        loop: turns.optional(),
      }),
    ).optional(),
    requests: named(
      'requests to a thread pool by name, such as {r: {work: [{compute: 1ms}]}}',
      map('a request', {
        in: name.optional(),
        work: actions.optional(),
        returns: int.optional(),
        do: actions.optional(),
        do_runs: wholeOrNone,
        quiet: bool.optional(),
      }),
    ).optional(),
    main_loop: map('main_loop', params).optional(),
    words: list('a list of words, such as [done]', name).optional(),
    conds: list('a list of names, such as [c]', name).optional(),
  };
}

/** A fault that is not a call's: a step of the protocols between threads, left out by one thread. */
export const faultOfProtocol = {
  without: words('a step of the protocol', ['second-look']).optional(),
  in: name.optional(),
};

/** Whether a fault with these keys is one of a call, or of the protocols between threads, and not a mixture. */
export function isOneFault(keys: readonly string[]): boolean {
  const isProtocol = keys.includes('without');
  if (isProtocol) return keys.length === 2 && keys.includes('in');
  return keys.includes('call') && !keys.includes('in');
}

/** The expectations of a file with several threads. */
export const orderByThread = named(
  'a map such as {io0: [a, b]}',
  list('a list of entries', anyText),
);
export const abortOfThread = one('one thread and its text, such as {io0: text}', anyText);
export const beforePairs = list('a list such as [["main: a", "io0: b"]]', beforePair());

function beforePair(): z.ZodType {
  const what = 'a pair of entries such as ["main: a", "io0: b"]';
  const pair = list(what, anyText) as z.ZodArray;
  return pair.length(2, { error: JSON.stringify({ what, words: [] }) });
}
