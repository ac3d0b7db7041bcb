/** Problems of a file are reported with their place, the expectation, and the nearest word. */

import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/host/nearest.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/problem.ts';

function problems(...lines: string[]): string[] {
  const { problems: found, scenario } = loadScenario(['name: x', ...lines].join('\n'), 'f');
  expect(scenario === null).toBe(found.length > 0);
  return found.map(formatProblem);
}

describe('YAML', () => {
  it('rejects text that is not YAML', () => {
    expect(problems('a: @b')).toEqual([
      'f:2:4: not YAML: Plain value cannot start with reserved character @',
    ]);
  });

  it.each([
    ['a list', 'steps: [step', 'f:2:8', '['],
    ['a list with lines behind it', 'steps: [{log: a}\nexpect: {order: [a]}', 'f:2:8', '['],
    ['a list that ends in a whole one', 'steps: [step, [step]', 'f:2:8', '['],
    ['the inner list of two', 'steps: [[step], [step', 'f:2:17', '['],
    ['a map', 'steps: [{log: a]', 'f:2:9', '{'],
    ['a map of many lines', 'steps: [{log: a},\n  {log: b]', 'f:3:3', '{'],
  ])('tells where a bracket opens that is not closed: %s', (_what, text, place, bracket) => {
    expect(problems(...text.split('\n'))).toEqual([
      `${place}: not YAML: the ${bracket} that opens here is not closed`,
    ]);
  });

  it.each([
    ['no colon', 'steps', "f:2:1: not YAML: expected a key with ': ' behind it; the space counts"],
    [
      'no space',
      'steps:[step]',
      "f:2:1: not YAML: expected a key with ': ' behind it; the space counts",
    ],
    ['a colon too many', 'about: a: b', 'f:2:8: not YAML: a key stands within a value here'],
    ['wrong indentation', 'about: a\n  steps: [step]', 'f:2:8: not YAML: a key stands within'],
    ['no colon, and a key', 'steps\nabout: a', "f:2:1: not YAML: expected a key with ': ' behind"],
  ])('tells what a key lacks: %s', (_what, text, message) => {
    const found = problems(...text.split('\n'));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it.each([
    ['a block', 'about: "abc\nsteps: [step]', 'f:2:8:'],
    ['a list', "steps: [{log: 'abc}, step]", 'f:2:15:'],
    ['a list that goes on', 'steps: [{log: "a}]\nexpect: {order: ["b"]}', 'f:2:15:'],
    ['a key', '"steps: [step]', 'f:2:1:'],
  ])('tells where a quote opens that is not closed: %s', (_what, text, place) => {
    expect(problems(...text.split('\n'))).toEqual([
      `${place} not YAML: the quote that opens here is not closed`,
    ]);
  });

  it('refuses an empty file, and a list', () => {
    expect(loadScenario('', 'f').problems.map(formatProblem)).toEqual([
      'f:1:1: found nothing, expected a scenario: a map',
    ]);
    expect(loadScenario('- a', 'f').problems.map(formatProblem)).toEqual([
      'f:1:1: found a list, expected a scenario: a map',
    ]);
  });

  it('reports a key that a map has twice', () => {
    expect(problems('bottom_halves: {a: {}, b: {}, a: {}}')).toEqual([
      "f:2:31: found 'a', expected each key once in a map",
    ]);
  });

  it('continues with the first of two equal keys', () => {
    expect(problems('bottom_halves: {a: {do_runs: x}, a: {}}')).toEqual([
      "f:2:30: found 'x', expected a whole number",
      "f:2:34: found 'a', expected each key once in a map",
    ]);
  });

  it.each([
    ['about: a\0b', 'f:2:9'],
    ['about: "a\\0b"', 'f:2:8'],
    ['bottom_halves: {"a\\0": {}}', 'f:2:17'],
  ])('refuses a zero byte: %j', (text, place) => {
    expect(problems(text)).toEqual([
      `${place}: there is a zero byte here, expected text (a file in UTF-16 must be saved as UTF-8)`,
    ]);
  });

  it('reads the line ends of old Macs, and counts them', () => {
    const { scenario } = loadScenario('name: x\rabout: y\rsteps: [step]\r', 'f');
    expect(scenario).toMatchObject({ name: 'x' });
    expect(loadScenario('name: x\r\r  \rstep: [step]\r', 'f').problems[0]).toMatchObject({
      line: 4,
      column: 1,
    });
    expect(loadScenario('name: x\r\0', 'f').problems[0]).toMatchObject({ line: 2, column: 1 });
  });

  it.each([
    ['about: !!js/function "f"', 'f:2:22', '!!js/function'],
    ['about: !mine x', 'f:2:14', '!mine'],
    ['about: !!int 5', 'f:2:14', '!!int'],
    ['steps: !!map [step]', 'f:2:14', '!!map'],
    ['!x about: y', 'f:2:4', '!x'],
  ])('refuses a tag, which would otherwise mean nothing: %s', (text, place, tag) => {
    expect(problems(text)).toEqual([
      `${place}: the tag ${tag} is unknown here, expected a value without a tag`,
    ]);
  });

  it("allows YAML's own tags of maps, lists and texts", () => {
    expect(problems('bottom_halves: !!map {b: {}}', 'steps: !!seq [! step, !!str step]')).toEqual(
      [],
    );
  });

  it('refuses an alias inside its own anchor', () => {
    expect(problems('bottom_halves: {a: &x {do: [{repeat: {times: 2, do: *x}}]}}')).toEqual([
      "f:2:53: '*x' is inside its own anchor: it has no end",
    ]);
  });

  it('reports once an alias that names nothing, be it a value or a key', () => {
    expect(problems('steps: [step, *nope, {block: *nope}]', '*key : 1', 'seed: x')).toEqual([
      "f:2:15: there is no anchor 'nope', expected an '&nope' before '*nope'",
      "f:2:30: there is no anchor 'nope', expected an '&nope' before '*nope'",
      "f:3:1: there is no anchor 'key', expected an '&key' before '*key'",
      "f:4:7: found 'x', expected a seed from 0 to 4294967295",
    ]);
  });

  it('refuses a second document', () => {
    expect(problems('---', 'name: y')).toEqual([
      'f:2:1: a second document begins here, expected one scenario a file',
    ]);
  });

  it('takes names by their source text', () => {
    const text = 'name: on\nbottom_halves: {1: {}, n: {}, null: {}, 0x10: {}, ~: {}}';
    const { scenario } = loadScenario(text, 'f');
    expect(scenario!.name).toBe('on');
    expect(scenario!.objects.map((o) => o.name)).toEqual(['1', 'n', 'null', '0x10', '~']);
  });

  it('takes the target of an alias', () => {
    const text = 'bottom_halves: {a: &x {do: [{log: hi}]}, b: *x}';
    expect(problems(text)).toEqual([]);
  });

  it('keeps the order of the file, numbers included', () => {
    const text =
      'name: x\ntimers: {t: {}}\nfds: {9: {}, 1: {}, b: {}, a: {}}\nbottom_halves: {0: {}}';
    const names = loadScenario(text, 'f').scenario!.objects.map((o) => o.name);
    expect(names).toEqual(['t', '9', '1', 'b', 'a', '0']);
  });
});

describe('shape', () => {
  it.each([
    [
      'drive: aio_pol',
      "f:2:8: found 'aio_pol', expected one of aio_poll, main_loop; did you mean 'aio_poll'?",
    ],
    [
      'bottom_halvs: {}',
      "f:2:1: found 'bottom_halvs', expected a key of a scenario; did you mean 'bottom_halves'?",
    ],
    [
      'steps: [{shedule: a}]',
      "f:2:10: found 'shedule', expected a key of an action; did you mean 'schedule'?",
    ],
    [
      'steps: [stepp]',
      "f:2:9: found 'stepp', expected an action, such as {schedule: a} or notify_event; did you mean 'step'?",
    ],
    ['steps: step', "f:2:8: found 'step', expected a list of actions, such as [step]"],
    [
      'steps: [{block: 10}]',
      "f:2:17: found '10', expected a duration such as 10ms or 1.5s, in ns, us, ms or s",
    ],
    [
      'steps: [{block: -1ms}]',
      "f:2:17: found '-1ms', expected a duration such as 10ms or 1.5s, in ns, us, ms or s",
    ],
    ['steps: [{repeat: {times: x, do: []}}]', "f:2:26: found 'x', expected a whole number"],
    ['steps: [{repeat: {times: 1}}]', "f:2:18: 'do' is missing: expected a list of actions"],
    [
      'steps: [{check: {blocked: "~1ms"}}]',
      `f:2:27: found '~1ms', expected a comparison such as "<10ms", in ns, us, ms or s`,
    ],
    [
      'steps: [{check: {}}]',
      'f:2:17: found a map, expected something to check, such as {result: true}',
    ],
    [
      'steps: [{schedule: a, cancel: b}]',
      'f:2:9: found a map, expected one action an entry: a map of one key',
    ],
    [
      'steps: [{schedule: a, step: }]',
      "f:2:23: found 'step', expected one action an entry: give 'step' an entry of its own",
    ],
    [
      'steps: [{quit: true}]',
      "f:2:10: found 'quit', expected the bare word 'quit': it takes no argument",
    ],
    [
      'steps: [{arm_at: {t: 2m}}]',
      "f:2:22: found '2m', expected a time such as 1ns or -5ms, in ns, us, ms or s",
    ],
    [
      'steps: [{check: {timeout: 5µs}}]',
      `f:2:27: found '5µs', expected a comparison such as 10ms or "<10ms", in ns, us, ms or s, or 0 or none`,
    ],
    [
      'steps: [{check: {expires_at: {t: 1h}}}]',
      "f:2:34: found '1h', expected a time such as 100ns, in ns, us, ms or s, or none",
    ],
    ['seed: -1', "f:2:7: found '-1', expected a seed from 0 to 4294967295"],
    ['seed: 4294967296', "f:2:7: found '4294967296', expected a seed from 0 to 4294967295"],
    [
      'bottom_halves: {a: {do_run: 1}}',
      "f:2:21: found 'do_run', expected one of context, guard, in, quiet, do, do_runs; did you mean 'do_runs'?",
    ],
    [
      'bottom_halves: {a: }',
      'f:2:20: found nothing, expected a bottom half: a map; with nothing to say of it, write a: {}',
    ],
    [
      'signals: {SIGUSR1: }',
      'f:2:20: found nothing, expected one of default, ignore, or a signal: a map; with nothing to say of it, write SIGUSR1: {}',
    ],
    ['sources: {g: }', 'f:2:14: found nothing, expected a source: a map'],
    ['steps: [schedule]', 'f:2:9: schedule needs a name, such as {schedule: a}'],
    ['steps: [block]', 'f:2:9: block needs an argument, such as {block: 5ms}'],
    ['coroutines: {c: {do: [wait]}}', 'f:2:23: wait needs a name, such as {wait: a}'],
    [
      'bottom_halves: {a: {do: [wait]}}',
      "f:2:26: found 'wait', expected it in a coroutine's do only",
    ],
    [
      'bottom_halves: {a: {do: [stepp]}}',
      "f:2:26: found 'stepp', expected an action, such as {schedule: a} or notify_event",
    ],
    [
      'coroutines: {c: {do: [{wat: q}]}}',
      "f:2:24: found 'wat', expected a key of an action; did you mean 'wait'?",
    ],
    ['timers: {t: {do: [{wat: q}]}}', "f:2:20: found 'wat', expected a key of an action"],
    [
      'steps: [{main_loop_wait: block}]',
      "f:2:26: found 'block', expected blocking, or the bare word main_loop_wait, which does not block",
    ],
    [
      'fds: {e: {kind: evntfd}}',
      "f:2:17: found 'evntfd', expected one of eventfd, socketpair, pipe_read, pipe_write, file; did you mean 'eventfd'?",
    ],
    ['fds: {e: {drain: yes}}', "f:2:18: found 'yes', expected true or false"],
    ['fds: {e: {count: 0}}', "f:2:18: found '0', expected a whole number above 0"],
    ['children: {a: {exit: 256}}', "f:2:22: found '256', expected an exit status from 0 to 255"],
    [
      'signals: {SIGUSR1: ignor}',
      "f:2:20: found 'ignor', expected one of default, ignore; did you mean 'ignore'?",
    ],
    [
      'timeline: [{at: 5, do: []}]',
      "f:2:17: found '5', expected a duration such as 10ms or 1.5s, in ns, us, ms or s",
    ],
    ['co_queues: q', "f:2:12: found 'q', expected a list of names, such as [m]"],
    ['children: {a: 1}', "f:2:15: found '1', expected a child: a map, such as {exit: 1}"],
    [
      'children: {a: sleep 1}',
      `f:2:15: found 'sleep 1', expected a child: a map, such as {command: "sleep 1"}`,
    ],
    [
      'children: {a: {status: 1}}',
      "f:2:16: found 'status', expected one of after, exit, signal, stop, write, ignore, children, command, start; did you mean 'exit'?",
    ],
    ['at: 5', "f:2:1: found 'at', expected a key of a scenario; did you mean 'timeline'?"],
    ['fds: {e: {read: []}}', "f:2:11: found 'read', expected a key of an fd; did you mean 'do'?"],
    [
      'steps: [mlw]',
      "f:2:9: found 'mlw', expected an action, such as {schedule: a} or notify_event; did you mean 'step'?",
    ],
    [
      'steps: [{delay: 5ms}]',
      "f:2:10: found 'delay', expected a key of an action; did you mean 'run'?",
    ],
    [
      'steps: [{send: SIGTERM}]',
      "f:2:10: found 'send', expected a key of an action; did you mean 'raise'?",
    ],
    ['steps: poll', "f:2:8: found 'poll', expected a list of actions, such as [poll]"],
    [
      'steps: schedule a',
      "f:2:8: found 'schedule a', expected a list of actions, such as [{schedule: a}]",
    ],
    [
      'steps: {schedule: a}',
      'f:2:8: found a map, expected a list of actions, such as [{schedule: a}]',
    ],
    [
      'bottom_halves: {a: {}, b: {}}\nsteps: [{schedule: [a, b]}]',
      'f:3:20: found a list, expected a name, such as a, and an action of its own for each other one',
    ],
    [
      'bottom_halves: {a: b}',
      "f:2:20: found 'b', expected a bottom half: a map, such as {do: [{schedule: b}]}",
    ],
    [
      'coroutines: {c: [yield]}',
      'f:2:17: found a list, expected a coroutine: a map, such as {do: [yield]}',
    ],
    [
      'threads: {t: [{kick: e}]}',
      'f:2:14: found a list, expected a thread: a map, such as {do: […]}',
    ],
    ['expect: a', "f:2:9: found 'a', expected expect: a map, such as {order: [a]}"],
    ['expect: {never: a}', "f:2:17: found 'a', expected a list of entries, such as [a]"],
    [
      'expect: {clock: 5ms}',
      "f:2:10: found 'clock', expected one of order, before, includes, never, children, iterations, trace, elapsed, abort; did you mean 'elapsed'?",
    ],
    ['children: {a: 5ms}', "f:2:15: found '5ms', expected a child: a map, such as {after: 5ms}"],
    [
      'children: {a: TERM}',
      "f:2:15: found 'TERM', expected a child: a map, such as {signal: SIGTERM}",
    ],
    [
      'children: {a: {signal: 9}}',
      "f:2:24: found '9', expected a signal, such as SIGTERM or SIGRTMIN+1; did you mean 'SIGKILL'?",
    ],
    [
      'children: {a: {ignore: [15, KILL]}}',
      "f:2:25: found '15', expected a signal, such as SIGTERM or SIGRTMIN+1; did you mean 'SIGTERM'?",
      "f:2:29: found 'KILL', expected a signal, such as SIGTERM or SIGRTMIN+1; did you mean 'SIGKILL'?",
    ],
    [
      'expect: {children: {a: 3}}',
      "f:2:24: found '3', expected one of running, stopped, such as {exit: 3}",
    ],
    [
      'steps: [{run: 55ms}]',
      "f:2:15: found '55ms', expected run: a map, such as {run: {for: 55ms}}",
    ],
    ['steps: [{run: 3}]', "f:2:15: found '3', expected run: a map, such as {run: {iterations: 3}}"],
    [
      'steps: [{repeat: 3}]',
      "f:2:18: found '3', expected repeat: a map, such as {times: 3, do: […]}",
    ],
    ['expect: [a, b]', 'f:2:9: found a list, expected expect: a map, such as {order: [a, b]}'],
    ['fds: {e: file}', "f:2:10: found 'file', expected an fd: a map, such as {kind: file}"],
    ['sources: {g: idle}', "f:2:14: found 'idle', expected a source: a map, such as {kind: idle}"],
    [
      'steps: [{write: e}]',
      "f:2:10: found 'write', expected a key of an action; did you mean 'kick'?",
    ],
    [
      'steps: [aio_poll]',
      "f:2:9: found 'aio_poll', expected an action, such as {schedule: a} or notify_event; did you mean 'poll'?",
    ],
    [
      'steps: [{timer_mod: t}]',
      "f:2:10: found 'timer_mod', expected a key of an action; did you mean 'arm'?",
    ],
    // yield may not stand there.
    [
      'steps: [qemu_coroutine_yield]',
      "f:2:9: found 'qemu_coroutine_yield', expected an action, such as {schedule: a} or notify_event",
    ],
    [
      'expect: {children: {a: runing}}',
      "f:2:24: found 'runing', expected one of running, stopped; did you mean 'running'?",
    ],
  ])('%s', (line, ...messages) => {
    expect(problems(line)).toEqual(messages);
  });

  it('takes the least and the greatest seed', () => {
    expect(problems('seed: 0')).toEqual([]);
    expect(problems('seed: 4294967295')).toEqual([]);
  });

  it('wants a name', () => {
    expect(loadScenario('steps: [step]', 'f').problems.map(formatProblem)).toEqual([
      "f:1:1: 'name' is missing: expected a text",
    ]);
  });

  it('reports several at once, in order of the file', () => {
    const found = problems('steps: [stepp, {block: 1}]', 'seed: x', 'drve: aio_poll');
    expect(found.map((text) => text.slice(0, 6))).toEqual(['f:2:9:', 'f:2:24', 'f:3:7:', 'f:4:1:']);
  });
});

describe('names beside a wrong shape', () => {
  it.each([
    ['an action', 'steps: [stepp, {schedule: b}]', 2],
    ['one inside of another', 'steps: [{repeat: {times: x, do: []}}, {schedule: b}]', 2],
    ['one of a callback', 'bottom_halves: {a: {do: [{block: 1}, {schedule: b}]}}', 2],
    ['the time of an entry', 'timeline: [{at: 1, do: []}]\nsteps: [{schedule: b}]', 2],
    ['what is expected', 'expect: {ordr: []}\nsteps: [{schedule: b}]', 2],
    // The malformed part is unknown, so names that are right could be reported.
    ['a section', 'bottom_halvs: {b: {}}\nsteps: [{schedule: b}]', 1],
    ['an object', 'bottom_halves: {b: 1}\nsteps: [{schedule: b}]', 1],
  ])('%s', (_what, text, count) => {
    const found = problems(...text.split('\n'));
    expect(found.length).toBe(count);
    expect(found.filter((one) => one.includes("found 'b', expected the name")).length).toBe(
      count - 1,
    );
  });

  it('does not report nonsense that depends on the part left out', () => {
    const found = problems(
      'co_mutexes: [m]',
      'coroutines: {c: {do: [{lock: }, {unlock: m}]}}',
      'expect: {never: [x]}',
    );
    expect(found).toEqual(['f:3:30: found nothing, expected a name']);
  });
});

describe('names', () => {
  it.each([
    [
      'steps: [{schedule: b}]\nbottom_halves: {a: {}}',
      "f:2:20: found 'b', expected the name of a bottom half that the file declares; did you mean 'a'?",
    ],
    [
      'steps: [{schedule: t}]\ntimers: {t: {}}',
      "f:2:20: 't' is a timer (line 3), expected the name of a bottom half",
    ],
    [
      'timers: {a: {}}\nfds: {a: {}}',
      "f:3:7: found 'a' again, expected a name of its own: a timer has it (line 2)",
    ],
    [
      'co_queues: [q]\nco_mutexes: [q]',
      "f:3:14: found 'q' again, expected a name of its own: a co_queue has it (line 2)",
    ],
    [
      'bottom_halves: {mlw: {}}',
      "f:2:17: found 'mlw', expected a name that is no entry of the order log",
    ],
    [
      'bottom_halves: {poll=1: {}}',
      "f:2:17: found 'poll=1', expected a name that is no entry of the order log",
    ],
    ['fds: {x.w: {}}', "f:2:7: found 'x.w', expected a name that is no entry of the order log"],
    [
      'timers: {SIGUSR1: {}}',
      "f:2:10: found 'SIGUSR1', expected a name that is no entry of the order log",
    ],
    [
      'fds: {a: {of: b}}',
      "f:2:15: found 'b', expected the name of an fd that the file declares; did you mean 'a'?",
    ],
    [
      'steps: [{raise: SIGUSR1}]',
      "f:2:17: found 'SIGUSR1', expected a signal that is declared under 'signals', such as signals: {SIGUSR1: {}}",
    ],
    [
      'steps: [{check: {calls: {x: 1}}}]\nfds: {e: {}}',
      "f:2:26: found 'x', expected the name of a bottom half or a timer or an fd or a notifier or a coroutine or a signal or a poll notifier or a source that the file declares; did you mean 'e'?",
    ],
    [
      'expect: {trace: [aio_nofity]}',
      "f:2:18: found 'aio_nofity', expected a trace event; did you mean 'aio_notify'?",
    ],
    [
      'signals: {SIGUSR: {}}',
      "f:2:11: found 'SIGUSR', expected a signal, such as SIGTERM or SIGRTMIN+1; did you mean 'SIGUSR1'?",
    ],
    [
      'signals: {SIGRTMAX: {}, SIGRTMIN+30: {}}',
      "f:2:25: found 'SIGRTMIN+30', expected each signal once: SIGRTMAX is SIGRTMAX too",
    ],
    ['signals: {SIGKILL: {}}', 'f:2:11: SIGKILL cannot be handled, blocked or ignored'],
    [
      'faults: [{call: read, error: EINTRR}]',
      "f:2:30: found 'EINTRR', expected an error of the kernel; did you mean 'EINTR'?",
    ],
    [
      'faults: [{call: read, error: EINTR, on: q}]',
      "f:2:41: found 'q', expected the name of an fd or a notifier: there is none",
    ],
  ])('%s', (text, message) => {
    expect(problems(...text.split('\n'))).toEqual([message]);
  });

  it.each(['1.wait', 'fd!', "fd'", 'REAL->HOST', 'ctx_aio_poll', 'on'])('takes %s', (name) => {
    expect(problems(`bottom_halves: {"${name}": {}}`)).toEqual([]);
  });
});

describe('impossible entries', () => {
  const file = [
    'signals: {SIGCHLD: {}, SIGUSR1: {siginfo: [code]}}',
    'children: {b: {exit: 2}}',
    'fds: {e: {}}',
    'notifiers: {n: {pollable: true}}',
    'poll_notifiers: {p: {}}',
    'coroutines: {c: {do: [{repeat: {times: 1, do: [{log: deep}]}}]}}',
    'steps: [{spawn: b}, {sigaction: {SIGUSR1: {do: [{log: hello}]}}}, run]',
  ];
  const LIKE = 'expected an entry of the order log that this file can have; did you mean';

  it.each([
    ['b exitd 2', `found 'b exitd 2', ${LIKE} 'b exited 2'?`],
    ['b kiled SIGTERM', `found 'b kiled SIGTERM', ${LIKE} 'b killed SIGTERM'?`],
    [
      'SIGCHILD',
      "found 'SIGCHILD', expected an entry of the order log: no such signal; did you mean 'SIGCHLD'?",
    ],
    ['SIGUSR2', `found 'SIGUSR2', ${LIKE} 'SIGUSR1'?`],
    ['helo', `found 'helo', ${LIKE} 'hello'?`],
    ['e.r', `found 'e.r', ${LIKE} 'e.w'?`],
    ['mlv', `found 'mlv', ${LIKE} 'mlw'?`],
    [
      'q',
      "found 'q', expected an entry of the order log that this file can have; did you mean 'e'?",
    ],
    ['b', "found 'b', which logs such as 'b exited 2', expected an entry of the order log"],
    ['c', "found 'c', which logs nothing, expected an entry of the order log"],
  ])('%s', (entry, message) => {
    for (const key of ['never', 'order', 'includes']) {
      const found = problems(...file, `expect: {${key}: [mlw, ${entry}]}`);
      expect(found).toEqual([`f:9:${key.length + 18}: ${message}`]);
    }
  });

  it('accepts whatever the file could log', () => {
    const entries =
      'SIGCHLD, "SIGUSR1(code=SI_USER)", b exited 7, b killed SIGRTMIN+1, e, e.w, n, n.poll=1, n.poll_end, n clear=0, "p:ERR", deep, hello, nested(, ")=1", nested_mlw(, ")", next=0, poll=1';
    expect(problems(...file, `expect: {never: [${entries}]}`)).toEqual([]);
  });
});

describe('actions that make no sense', () => {
  it.each([
    [
      'fds: {e: {kind: file}}\nsteps: [{kick: e}]',
      "f:3:9: kick makes no sense: 'e' is a file, which cannot be made readable",
    ],
    [
      'fds: {e: {kind: pipe_write}}\nsteps: [{kick: e}]',
      "f:3:9: kick makes no sense: 'e' is a pipe_write, which cannot be made readable",
    ],
    [
      'fds: {e: {}}\nsteps: [{close_peer: e}]',
      "f:3:9: close_peer makes no sense: 'e' is an eventfd, which has no other end",
    ],
    [
      'co_mutexes: [m]\ncoroutines: {c: {do: [{unlock: m}]}}',
      "f:3:23: unlock makes no sense: 'm' is unlocked by a coroutine that has not locked it",
    ],
    [
      'timers: {t: {clock: host, do: [{repeat: {times: 1, do: [{disable_clock: host}]}}]}}',
      "f:2:57: disable_clock makes no sense: 't' is a timer of the host clock, and disabling that clock would wait for its callback to end; do it in a bottom half",
    ],
    ['notifiers: {n: {}}\nsteps: [{flag: n}]', "f:3:16: 'n' is not pollable, so it has no flag"],
    ['fds: {r: {of: w}, w: {}}', "f:2:15: 'r' is 'of' 'w', expected an fd declared before it"],
    ['fds: {r: {of: r}}', "f:2:15: 'r' is 'of' 'r', expected an fd declared before it"],
    ['fds: {a: {of: b}, b: {of: a}}', "f:2:15: 'a' is 'of' 'b', expected an fd declared before it"],
    ['fds: {a: {full: true}}', "f:2:7: 'a' is an eventfd: expected 'full' with a pipe_write only"],
    [
      'children: {a: {exit: 1, stop: true}}',
      "f:2:12: 'a' has several ends: expected exit, signal or stop",
    ],
    ['faults: [{call: read}]', "f:2:10: expected either 'error' or 'short' in a fault"],
  ])('%s', (text, message) => {
    const found = problems(...text.split('\n'));
    expect(found[0]).toBe(message);
  });

  it('is let pass where the file expects an abort', () => {
    const lines = [
      'co_mutexes: [m]',
      'coroutines: {c: {do: [{unlock: m}]}}',
      'steps: [{enter: c}]',
    ];
    expect(problems(...lines, 'expect: {abort: "mutex->locked"}')).toEqual([]);
  });
});

describe('the places of actions', () => {
  const OUTSIDE =
    'kick, close_peer, set, flag, notify, notify_event, schedule, oneshot, wake, co_schedule, kill, sigqueue, kill_child, spawn, log, wait_for';
  it.each([
    [
      'bottom_halves: {a: {do: [step]}}',
      "f:2:26: found 'step' in a callback, expected it in steps only",
    ],
    [
      'bottom_halves: {a: {do: [{repeat: {times: 2, do: [run]}}]}}',
      "f:2:51: found 'run' in a callback, expected it in steps only",
    ],
    [
      'bottom_halves: {a: {do: [{wait_for: 1ms}]}}',
      "f:2:26: found 'wait_for' in a callback, expected it in steps, the timeline or a thread",
    ],
    ['steps: [yield]', "f:2:9: found 'yield', expected it in a coroutine's do only"],
    [
      'bottom_halves: {a: {do: [{sleep: 1ms}]}}',
      "f:2:26: found 'sleep', expected it in a coroutine's do only",
    ],
    [
      'co_queues: [q]\ncoroutines: {c: {do: [{enter_next: q}]}}',
      "f:3:23: found 'enter_next' in a coroutine, expected it outside: see next",
    ],
    [
      'timeline: [{at: 1ms, do: [step]}]',
      `f:2:27: found 'step', expected what the outside world can do, one of ${OUTSIDE}`,
    ],
    [
      'timeline: [{at: 1ms, do: [{block: 1ms}]}]',
      `f:2:27: found 'block', expected what the outside world can do, one of ${OUTSIDE}`,
    ],
    ['steps: [{co_schedule: self}]', "f:2:23: found 'self', expected a coroutine: none runs here"],
  ])('%s', (text, message) => {
    expect(problems(...text.split('\n'))).toEqual([message]);
  });
});

describe('cycles', () => {
  it.each<[string, string, string]>([
    [
      'signals that raise each other',
      'signals: {SIGUSR1: {do: [{raise: SIGUSR2}]}, SIGUSR2: {do: [{kill: SIGUSR1}]}}\nsteps: [{raise: SIGUSR1}]',
      'f:2:11: SIGUSR1 → SIGUSR2 → SIGUSR1 never ends: each starts the next in the same round; expected a do_runs',
    ],
    [
      'a timer that arms itself in the past',
      'timers: {t: {do: [{arm_at: {t: 1ns}}]}}\nsteps: [{arm_now: t}]',
      'f:2:10: t → t never ends: each starts the next in the same round; expected a do_runs',
    ],
    [
      'a bottom half that schedules itself and polls',
      'bottom_halves: {s: {do: [{schedule: s}, poll]}}\nsteps: [{schedule: s}]',
      'f:2:17: s → s never ends: each starts the next and polls, one inside the other; expected a do_runs',
    ],
    [
      'a run without a limit',
      'bottom_halves: {s: {do: [{schedule: s}]}}\nsteps: [{schedule: s}, run]',
      "f:2:17: s → s never ends: 'run' has no limit and nothing stops them; expected a do_runs",
    ],
    [
      'an fd that nobody drains, in a run without a limit',
      'fds: {e: {drain: false}}\nsteps: [{kick: e}, run]',
      "f:2:7: 'e' is always ready, so that 'run' never ends: expected a limit, such as {run: {for: 100ms}}",
    ],
    ...[
      'kind: socketpair, watch: both',
      'kind: socketpair, watch: both, do_runs: 1',
      'watch: write',
      'kind: pipe_write, watch: write',
      'kind: file',
      'drain: false, do_runs: 1, ready: true',
    ].map((fd): [string, string, string] => [
      `an fd that is always ready: ${fd}`,
      `fds: {e: {${fd}}}\nsteps: [run]`,
      "f:2:7: 'e' is always ready, so that 'run' never ends: expected a limit, such as {run: {for: 100ms}}",
    ]),
    [
      'a notifier that is never cleared',
      'notifiers: {n: {clear: false, do_runs: 1}}\nsteps: [{set: n}, run]',
      "f:2:13: 'n' is always ready, so that 'run' never ends: expected a limit, such as {run: {for: 100ms}}",
    ],
  ])('%s', (_what, text, message) => {
    expect(problems(...text.split('\n'))).toEqual([message]);
  });

  it.each<[string, string]>([
    ...[
      'fds: {e: {kind: socketpair, watch: both, do_write: [{watch: {e: read}}]}}\nsteps: [run]',
      'fds: {e: {kind: socketpair, watch: both}}\nbottom_halves: {a: {do: [{unwatch: e}]}}\nsteps: [{schedule: a}, run]',
      'fds: {e: {watch: both}}\nsteps: [{run: {for: 1ms}}]',
      'fds: {e: {watch: both, do_write: [quit]}}\nsteps: [run]',
      'fds: {e: {kind: pipe_write, watch: write, full: true}}\nsteps: [run]',
      'drive: aio_poll\nfds: {e: {watch: write, context: iohandler}}\nsteps: [run]',
      'fdmon: epoll\ndrive: aio_poll\nfds: {e: {kind: file}}\nsteps: [run]',
      'fds: {e: {}, f: {of: e, watch: both}}\nsteps: [run]',
    ].map((text) => [`an fd that is not always ready: ${text}`, text] as [string, string]),
    [
      'do_runs ends it',
      'signals: {SIGUSR1: {do: [{raise: SIGUSR1}], do_runs: 2}}\nsteps: [{raise: SIGUSR1}]',
    ],
    ['nobody starts it', 'bottom_halves: {s: {do: [{schedule: s}, poll]}}\nsteps: [step]'],
    [
      'the run has a limit',
      'bottom_halves: {s: {do: [{schedule: s}]}}\nsteps: [{schedule: s}, {run: {iterations: 3}}]',
    ],
    [
      'somebody quits',
      'bottom_halves: {s: {do: [{schedule: s}, quit]}}\nsteps: [{schedule: s}, run]',
    ],
    [
      'somebody cancels',
      'bottom_halves: {s: {do: [{schedule: s}]}}\ntimers: {t: {do: [{cancel: s}]}}\nsteps: [{schedule: s}, {arm: {t: 1ms}}, run]',
    ],
    [
      'a coroutine runs once',
      'coroutines: {c: {do: [{wake: c}]}}\nsteps: [{enter: c}]\nexpect: {abort: x}',
    ],
    ['now is not the past', 'timers: {t: {do: [{arm_now: t}]}}\nsteps: [{arm_now: t}, step]'],
  ])('%s', (_what, text) => {
    expect(problems(...text.split('\n'))).toEqual([]);
  });
});

it('a map of many keys is checked without its malformed part', () => {
  const others = ['about', 'drive', 'fdmon', 'host', 'jitter', 'qemu', 'seed'].map(
    (key, i) => `${key}: ${['a', 'main_loop', 'auto', 'sim', '0ns', '11', '1'][i]}`,
  );
  const sections = ['fds', 'timers', 'sources', 'notifiers', 'signals', 'coroutines', 'children'];
  const lines = [...others, ...sections.map((key) => `${key}: {}`), 'steps: [{}, {kick: e}]'];
  expect(lines.length).toBeGreaterThanOrEqual(15);
  expect(problems(...lines)).toEqual([
    'f:16:9: found a map, expected one action an entry: a map of one key',
    expect.stringContaining("f:16:20: found 'e'"),
  ]);
});

describe('nearest', () => {
  it.each([
    ['shedule', 'schedule'],
    ['schedlue', 'schedule'],
    ['Schedule', 'schedule'],
    ['xyz', undefined],
  ])('%s', (found, near) => {
    expect(nearest(found, ['cancel', 'schedule', 'delete'])).toBe(near);
  });
});
