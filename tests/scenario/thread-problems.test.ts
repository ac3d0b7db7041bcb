/** The problems of files with several threads: places, expectations, and the words that are meant. */

import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/problem.ts';

function problems(text: string): string[] {
  return loadScenario(`name: x\n${text}`, 'f').problems.map(formatProblem);
}

const ONLY = "expected a file with 'iothreads', 'threads', 'vcpus' or 'requests'";

describe('names of threads', () => {
  it.each([
    [
      'iothreads: {io0: {}}\nfaults: [{without: second-look, in: io1}]',
      "f:3:37: found 'io1', expected a context, one of main, io0; did you mean 'io0'?",
    ],
    [
      'steps: []\nfaults: [{without: second-look, in: main}]',
      `f:3:10: a step is left out between threads: ${ONLY}`,
    ],
    [
      'iothreads: {io0: {}}\nfaults: [{without: second-look}]',
      'f:3:10: found a map, expected a fault of a call, such as {call: read, error: EINTR}, or {without: second-look, in: io0}',
    ],
    [
      'iothreads: {io0: {}}\nfaults: [{without: second-look, in: io0, times: 2}]',
      'f:3:10: found a map, expected a fault of a call, such as {call: read, error: EINTR}, or {without: second-look, in: io0}',
    ],
    [
      'iothreads: {io0: {}}\nbottom_halves: {a: {in: io1}}',
      "f:3:25: found 'io1', expected a context, one of main, io0; did you mean 'io0'?",
    ],
    [
      'threads: {t: {}}\ntimers: {x: {in: t}}',
      "f:3:18: 't' is a thread, which has no context of its own, expected main, or an iothread of the file, such as iothreads: {io0: {}}",
    ],
    [
      'vcpus: {cpu0: {}}\nsteps: [{notify: cpu0}]',
      "f:3:18: 'cpu0' is a vcpu, which has no context of its own, expected a context, one of main, iohandler",
    ],
    [
      'steps: [{notify: mian}]',
      "f:2:18: found 'mian', expected a context, one of main, iohandler; did you mean 'main'?",
    ],
    [
      'iothreads: {worker: {}}',
      "f:2:13: found 'worker', expected another name: it is the threads of a thread pool",
    ],
    [
      'threads: {t: {}}\nsteps: [{join: u}]',
      "f:3:16: found 'u', expected the name of a thread or a vcpu that the file declares; did you mean 't'?",
    ],
    [
      'iothreads: {io0: {}}\nwords: [done]\nsteps: [{wait_while: {context: io0, while: {dome: 0}}}]',
      "f:4:45: found 'dome', expected the name of a word that the file declares; did you mean 'done'?",
    ],
    [
      'iothreads: {io0: {}}\nsteps: [{run_on_cpu: {cpu: io0, do: []}}]',
      "f:3:28: 'io0' is an iothread (line 2), expected the name of a vcpu",
    ],
    [
      'iothreads: {io0: {}}\nbottom_halves: {a: {in: io0, context: main}}',
      "f:3:20: found a map, expected either 'in', or 'context' or 'list'",
    ],
    [
      'bottom_halves: {a: {in: io0}}',
      "f:2:25: found 'io0', expected main, or an iothread of the file, such as iothreads: {io0: {}}",
    ],
    [
      'threads: {t: {do: [{lock: bq}]}}\ncoroutines: {c: {do: [{lock: bq}]}}',
      "f:2:27: found 'bq', expected bql, the big lock; did you mean 'bql'?",
      "f:3:30: found 'bq', expected bql or a co_mutex; did you mean 'bql'?",
    ],
    [
      'threads: {t: {do: [{lock: m}]}}\nco_mutexes: [m]',
      "f:2:20: found 'lock', expected it in a coroutine's do only",
    ],
  ])('%s', (text, ...messages) => {
    expect(problems(text)).toEqual(messages);
  });
});

describe('the limits of a thread pool', () => {
  it.each([
    [
      'iothreads: {io0: {thread_pool_min: 65}}',
      "f:2:13: 'thread_pool_min' is 65, expected at most 'thread_pool_max', 64",
    ],
    [
      'iothreads: {}\nmain_loop: {thread_pool_max: 0}',
      "f:3:12: 'thread_pool_max' is 0, expected at least 1",
    ],
  ])('%s', (text, ...messages) => {
    expect(problems(text)).toEqual(messages);
  });
});

describe('places', () => {
  it.each([
    ['steps: [{compute: 5ms}]', `f:2:9: found 'compute', ${ONLY}`],
    ['steps: [{lock: bql}]', `f:2:9: found 'lock: bql', ${ONLY}`],
    ['steps: [kick]', `f:2:9: found 'kick', ${ONLY}`],
    ['words: [done]', `f:2:9: 'done' is shared by threads: ${ONLY}`],
    ['threads: {}\nsteps: [halt]', "f:3:9: found 'halt', expected it in a vcpu's do only"],
    [
      'requests: {r: {}}\nsteps: [{submit_co: r}]',
      "f:3:9: found 'submit_co', expected it in a coroutine's do only",
    ],
    [
      'threads: {t: {do: [{wait_for: done}]}}',
      "f:2:31: found 'done', expected a duration such as 10ms or 1.5s, in ns, us, ms or s; or words and their values, {done: 1}",
    ],
    [
      'threads: {t: {do: [{lok: bql}]}}',
      "f:2:21: found 'lok', expected a key of an action; did you mean 'lock'?",
    ],
    ['threads: {t: {do: [step]}}', "f:2:20: found 'step' in a thread, expected it in steps only"],
    [
      'threads: {}\ntimeline: [{at: 5ms, do: [notify_event]}]',
      'f:3:12: a file with several threads has no timeline: expected a thread with wait_for, such as {do: [{wait_for: 5ms}, kick]}',
    ],
    [
      'expect: {order: {main: []}}',
      'f:2:9: this file has one thread: expected a list, or a text, without its name',
    ],
  ])('%s', (text, ...messages) => {
    expect(problems(text)).toEqual(messages);
  });
});

describe('actions and their words', () => {
  it.each([
    [
      'iothreads: {io0: {}}\nsteps: [{aio_context_acquire: io0}]',
      "f:3:10: found 'aio_context_acquire', expected a key of an action; did you mean 'acquire'?",
    ],
    [
      'iothreads: {io0: {}}\nsteps: [wait_while]',
      'f:3:9: wait_while needs an argument, such as {wait_while: {context: io0, while: {done: 0}}}',
    ],
    [
      'iothreads: {io0: {pol_max: 1s}}',
      "f:2:19: found 'pol_max', expected one of poll_max, poll_grow, poll_shrink, aio_max_batch, thread_pool_min, thread_pool_max; did you mean 'poll_max'?",
    ],
    [
      'vcpus: {cpu0: {loop: forevr}}',
      "f:2:22: found 'forevr', expected a whole number above 0, or forever",
    ],
  ])('%s', (text, ...messages) => {
    expect(problems(text)).toEqual(messages);
  });
});

describe('entries of the order log', () => {
  const file = (expectation: string): string =>
    `iothreads: {io0: {}}\nwords: [n]\nbottom_halves: {a: {in: io0, do: [{log: "b $(n)"}]}}\nexpect: ${expectation}`;

  it.each([
    ['{order: ["io0: a", "io0: b 3", "main: poll=1"]}'],
    ['{order: {io0: [a, b 3]}}'],
    ['{before: [["io0: a", "main: mlw"]]}'],
    ['{abort: {io0: text}}'],
  ])('%s', (expectation) => {
    expect(problems(file(expectation))).toEqual([]);
  });

  it.each([
    ['{order: [a]}', "f:5:18: found 'a', expected an entry with its thread, such as 'main: a'"],
    [
      '{never: ["io1: a"]}',
      "f:5:18: found 'io1', expected an entry with its thread, such as 'main: a'; did you mean 'io0'?",
    ],
    [
      '{order: {io0: [c]}}',
      "f:5:24: found 'c', expected an entry of the order log that this file can have; did you mean 'a'?",
    ],
    ['{abort: {io1: text}}', "f:5:18: found 'io1', expected a thread; did you mean 'io0'?"],
    [
      '{before: [["io0: a"]]}',
      'f:5:19: found a list, expected a pair of entries such as ["main: a", "io0: b"]',
    ],
  ])('%s', (expectation, ...messages) => {
    expect(problems(file(expectation))).toEqual(messages);
  });
});

describe('values in a log', () => {
  const file = (log: string): string =>
    `iothreads: {io0: {}}\nwords: [done]\nnotifiers: {n: {in: io0}}\nsteps: [{log: "${log}"}]`;

  it.each(['$(context) $(bql) $(done)', '$(io0.notify_me) $(main.eventfd) $(n.readable)', '$5'])(
    '%s',
    (log) => {
      expect(problems(file(log))).toEqual([]);
    },
  );

  it.each([
    [
      '$(dome)',
      "f:5:9: found 'dome', expected a word, NAME.property, or one of context, bql, in_coroutine, waited, condition, result; did you mean 'done'?",
    ],
    [
      '$(n.redable)',
      "f:5:9: found 'redable', expected a property of 'n': one of readable, cleared; did you mean 'readable'?",
    ],
    [
      '$(m.readable)',
      "f:5:9: found 'm', expected an object that the file declares; did you mean 'n'?",
    ],
  ])('%s', (log, ...messages) => {
    expect(problems(file(log))).toEqual(messages);
  });

  it('are plain text in a file with one thread', () => {
    expect(problems('steps: [{log: "$(dome)"}]\nexpect: {order: [$(dome)]}')).toEqual([]);
  });
});

describe('the model', () => {
  it('has the defaults of QEMU, and what a file says instead', () => {
    const text = 'name: x\niothreads: {a: {}, b: {poll_max: 0ns, thread_pool_max: 3}}';
    const { scenario } = loadScenario(text, 'f');
    expect(scenario!.threaded).toBe(true);
    expect(scenario!.objects).toMatchObject([
      { name: 'a', pollMaxNs: 32_768, pollGrow: 0, threadPoolMin: 0, threadPoolMax: 64 },
      { name: 'b', pollMaxNs: 0, threadPoolMax: 3 },
    ]);
  });

  it('puts an object where the file says', () => {
    const text =
      'name: x\niothreads: {io0: {}}\nbottom_halves: {a: {in: io0}, b: {}}\ntimers: {t: {in: io0}}\nfds: {e: {in: io0}}';
    const { scenario } = loadScenario(text, 'f');
    expect(scenario!.objects).toMatchObject([
      { name: 'io0' },
      { name: 'a', context: 'io0' },
      { name: 'b', context: 'main' },
      { name: 't', list: 'io0' },
      { name: 'e', context: 'io0' },
    ]);
  });
});
