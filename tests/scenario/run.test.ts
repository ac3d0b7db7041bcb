/** Runs of files on the simulated host. */

import { describe, expect, it } from 'vitest';
import { EMFILE, HostError } from '../../src/host/errno.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import type { World } from '../../src/scenario/run/world.ts';
import { runs } from '../support/runs.ts';
import { runSim, scenarioOf } from './files.ts';

function run(...lines: string[]): RunResult {
  return runSim(scenarioOf(['name: x', ...lines].join('\n')));
}

function order(...lines: string[]): string[] {
  const result = run(...lines);
  expect(result.failures).toEqual([]);
  return result.order.map((entry) => entry.text);
}

/** All complaints of a run. */
function complaints(...lines: string[]): string[] {
  return run(...lines).failures.map(({ message }) => message);
}

describe('time', () => {
  it('counts from the start, and a system call takes 1 ns', () => {
    const { order: log, elapsedNs } = run('steps: [{log: a}, {block: 5ms}, {log: b}]');
    // The time before the first step is that of the calls that made the loop.
    expect(log.map((entry) => entry.timeNs - log[0]!.timeNs)).toEqual([0, 5e6]);
    expect(elapsedNs).toBe(log[1]!.timeNs);
  });

  it('is compared exactly, or by the digits that are written', () => {
    expect(
      complaints(
        'steps: [{enable_clock: virtual}, {block: 5ms}, {disable_clock: virtual},',
        '  {check: {clock: {virtual: 5ms}}}, {check: {clock: {virtual: 5.0ms}}}, {check: {clock: {virtual: 6ms}}},',
        '  {check: {clock: {virtual: [">=5ms", "<5.1ms"]}}}, {check: {clock: {virtual: 5000000ns}}}]',
      ),
    ).toEqual([
      'clock of virtual: expected 6ms, found 5.000001ms',
      'clock of virtual: expected 5000000ns, found 5.000001ms',
    ]);
  });

  it('bounds what a run took', () => {
    expect(complaints('steps: [{block: 20ms}]', 'expect: {elapsed: "<20ms"}')).toEqual([
      expect.stringMatching(/^elapsed: expected <20ms, found 20\.00000\dms$/),
    ]);
    expect(complaints('steps: [{block: 20ms}]', 'expect: {elapsed: [">=20ms", "<21ms"]}')).toEqual(
      [],
    );
  });
});

describe('the timeline', () => {
  it('acts while the loop sleeps, as if from another thread', () => {
    expect(
      order(
        'bottom_halves: {bh: {}}',
        'fds: {e: {}}',
        'timeline: [{at: 5ms, do: [{schedule: bh}]}, {at: 3ms, do: [{kick: e}, {log: kicked}]}]',
        'steps: [settle, {main_loop_wait: blocking}, {main_loop_wait: blocking}]',
      ),
    ).toEqual(['kicked', 'e', 'mlw', 'bh', 'mlw']);
  });

  it('acts while the thread is busy', () => {
    expect(
      order(
        'timeline: [{at: 5ms, do: [{log: now}]}]',
        'steps: [{log: before}, {block: 10ms}, {log: after}]',
      ),
    ).toEqual(['before', 'now', 'after']);
  });

  it('waits between its actions', () => {
    const { order: log } = run(
      'timeline: [{at: 1ms, do: [{log: a}, {wait_for: 2ms}, {log: b}]}]',
      'steps: [run]',
    );
    expect(log.map((entry) => entry.timeNs)).toEqual([1e6, 3e6]);
  });

  it('wakes a coroutine by scheduling it', () => {
    expect(
      order(
        'coroutines: {c: {do: [yield, {log: woken}]}}',
        'timeline: [{at: 1ms, do: [{wake: c}, {log: told}]}]',
        'steps: [{enter: c}, run]',
      ),
    ).toEqual(['told', 'woken']);
  });
});

describe('run', () => {
  it('ends when nothing is left to happen', () => {
    const result = run(
      'children: {a: {after: 2ms, exit: 0}}',
      'timers: {t: {}}',
      'coroutines: {c: {do: [{sleep: 9ms}, {log: slept}]}}',
      'sources: {g: {kind: timeout, after: 4ms}, i: {kind: idle}}',
      'timeline: [{at: 20ms, do: [{log: last}]}]',
      'steps: [{spawn: a}, {arm: {t: 7ms}}, {enter: c}, run]',
    );
    const texts = result.order.map((entry) => entry.text);
    expect(texts).toEqual(['i', 'a exited 0', 'g', 't', 'slept', 'last']);
    expect(result.status).toBe(0);
  });

  it('is the only step of a file without steps', () => {
    expect(order('fds: {e: {ready: true}}')).toEqual(['e']);
  });

  it('does nothing if nothing can happen', () => {
    expect(
      run('fds: {e: {}}', 'timers: {t: {clock: virtual}}', 'steps: [{arm: {t: 1ms}}, settle, run]')
        .iterations,
    ).toBe(3);
  });

  it('ends after a time, exactly then', () => {
    const result = run(
      'children: {a: {}}',
      'steps: [{spawn: a}, {run: {for: 30ms}}, {log: end}]',
      'expect: {children: {a: running}}',
    );
    expect(result.failures).toEqual([]);
    expect(Math.floor(result.order[0]!.timeNs / 1e6)).toBe(30);
  });

  it('ends after a number of iterations', () => {
    const result = run(
      'bottom_halves: {s: {do: [{schedule: s}]}}',
      'steps: [{schedule: s}, {run: {iterations: 4}}]',
    );
    expect(result.iterations).toBe(4);
  });

  it('ends on quit', () => {
    expect(
      order(
        'bottom_halves: {s: {do: [{schedule: s}, quit]}}',
        'steps: [{schedule: s}, run, {log: on}, run]',
      ),
    ).toEqual(['s', 'on', 's']);
  });

  it('fails if a call blocks for ever, and says so', () => {
    const result = run('fds: {e: {}}', 'steps: [settle, {main_loop_wait: blocking}]');
    expect(result.status).toBe(1);
    expect(result.failures[0]!.message).toMatch(
      /^poll blocks for ever: the simulated host has no event/,
    );
  });
});

describe('nested polls', () => {
  it.each([
    ['aio_poll', 'poll'],
    ['main_loop', 'main_loop_wait'],
  ])('end in one line, long before the stack does: %s', (drive, action) => {
    const { status, failures } = run(
      `drive: ${drive}`,
      `bottom_halves: {a: {do: [{schedule: a}, ${action}], do_runs: 100000}}`,
      'steps: [{schedule: a}, step]',
    );
    expect(status).toBe(1);
    expect(failures.map(({ message }) => message)).toEqual([
      'polls and coroutines are nested more than 256 deep, each inside the one before: give a callback among them a smaller do_runs',
    ]);
  });

  it('a chain of coroutines that enter each other ends in one line', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `c${i}`);
    const { status, failures } = run(
      `coroutines: {${names.map((name, i) => `${name}: {do: [{enter: c${i + 1}}]}`).join(', ')}, c5000: {}}`,
      'steps: [{enter: c0}]',
    );
    expect(status).toBe(1);
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^polls and coroutines are nested more than 256 deep/),
    ]);
  });

  it('are as deep as the file says', () => {
    const { status, order: log } = run(
      'drive: aio_poll',
      'bottom_halves: {a: {do: [{schedule: a}, poll], do_runs: 200}}',
      'steps: [{schedule: a}, step]',
    );
    expect(status).toBe(0);
    expect(log.filter(({ text }) => text === 'a').length).toBe(201);
  });
});

describe('aborts', () => {
  it('are expected by a part of their text, and the order counts up to there', () => {
    expect(
      order(
        'coroutines: {c: {do: [{log: in}, {enter: c}]}}',
        'steps: [{enter: c}, {log: never}]',
        'expect: {order: [in], abort: re-entered recursively}',
      ),
    ).toEqual(['in']);
  });

  it('fail the scenario if they are not expected', () => {
    const result = run('coroutines: {c: {do: [{enter: c}]}}', 'steps: [{enter: c}]');
    expect(result.status).toBe(1);
    expect(result.failures).toEqual([
      { kind: 'abort', message: 'Co-routine re-entered recursively', at: null },
    ]);
  });

  it('are missed if they do not come', () => {
    expect(complaints('steps: [step]', 'expect: {abort: anything}')).toEqual([
      'expected an abort: anything',
    ]);
  });

  it.each([
    [
      'locks held',
      'co_mutexes: [m]\ncoroutines: {c: {do: [{lock: m}]}}\nsteps: [{enter: c}]',
      '!to->locks_held',
    ],
    [
      'a dead coroutine',
      'coroutines: {c: {}}\nsteps: [{enter: c}, {enter: c}]',
      'Co-routine has ended',
    ],
    [
      'a sleeping coroutine',
      'coroutines: {c: {do: [{sleep: 1ms}]}}\nsteps: [{enter: c}, {enter: c}]',
      "already scheduled in 'qemu_co_sleep_ns'",
    ],
    ['a closed fd', 'fds: {e: {}}\nsteps: [{close: e}, {kick: e}]', "kick: 'e' is closed"],
    ['enable_external', 'steps: [enable_external]', 'aio_enable_external'],
    [
      'a deleted bottom half',
      'drive: aio_poll\nbottom_halves: {a: {}}\nsteps: [{delete: a}, settle, {schedule: a}]',
      "'a' is used after it was deleted",
    ],
  ])('%s', (_what, text, message) => {
    expect(complaints(...text.split('\n'), `expect: {abort: ${JSON.stringify(message)}}`)).toEqual(
      [],
    );
  });
});

describe('expectations', () => {
  it('show the order as a diff, with time and iteration', () => {
    const result = run(
      'bottom_halves: {a: {}, b: {}}',
      'steps: [{schedule: a}, {schedule: b}, step]',
      'expect: {order: [a, b, mlw]}',
    );
    expect(result.status).toBe(1);
    const diff = result.failures[0]!.diff!;
    expect(diff.map(({ sign, text, iteration }) => `${sign}${text} ${iteration}`)).toEqual([
      '-a null',
      ' b 1',
      '+a 1',
      ' mlw 1',
    ]);
  });

  it.each([
    ['includes in order', 'expect: {includes: [b, mlw]}', []],
    ['includes', 'expect: {includes: [a, b]}', ["'b' does not occur after 'a'"]],
    [
      'never',
      'expect: {never: [poll=1, b]}',
      [expect.stringMatching(/^'b' occurs at \d+ns, in iteration 1$/)],
    ],
    ['iterations', 'expect: {iterations: "<1"}', ['iterations: expected <1, found 1']],
    ['trace', 'expect: {trace: [aio_bh_call_begin, main_loop_wait_end]}', []],
    [
      'trace in another order',
      'expect: {trace: [main_loop_wait_end, aio_bh_call_begin]}',
      ['the trace event aio_bh_call_begin (number 2) did not occur in its place'],
    ],
  ])('%s', (_what, line, expected) => {
    const text = [
      'bottom_halves: {a: {}, b: {}}',
      'steps: [{schedule: a}, {schedule: b}, step]',
      line,
    ];
    expect(complaints(...text)).toEqual(expected);
  });

  it('report how children ended', () => {
    expect(
      complaints(
        'signals: {SIGCHLD: {}}',
        'children: {a: {exit: 3}, b: {signal: SIGKILL}, c: {}, d: {stop: true}, e: {exit: 1}, f: {exit: 0}}',
        'steps: [{spawn: a}, {spawn: b}, {spawn: c}, {spawn: d}, {run: {for: 5ms}}, {sigaction: {SIGCHLD: default}}, {spawn: f}, {block: 1ms}]',
        'expect: {children: {a: {exit: 3}, b: {signal: SIGKILL}, c: running, d: stopped, e: {exit: 1}, f: {exit: 0}}}',
      ),
    ).toEqual([
      'child e: expected exited 1, found never started',
      'child f: expected exited 0, found dead and not reaped',
    ]);
    expect(
      complaints(
        'children: {a: {exit: 3}}',
        'steps: [{spawn: a}, run]',
        'expect: {children: {a: {exit: 4}}}',
      ),
    ).toEqual(['child a: expected exited 4, found exited 3']);
  });

  it('report each check that failed, with its place', () => {
    const { failures } = run(
      'timers: {t: {}}',
      'steps: [{check: {pending: {t: true}, timeout: 0}}, {check: {result: true}}]',
    );
    expect(failures.map(({ at, message }) => `${at!.line}:${at!.column} ${message}`)).toEqual([
      '3:18 pending of t: expected true, found false',
      '3:38 timeout: expected 0, found none',
      '3:61 result: expected true, found no aio_poll yet',
    ]);
  });
});

describe('objects', () => {
  it('log names, then drain, then do', () => {
    expect(
      order('fds: {e: {do: [{log: done}]}}', 'steps: [settle, {kick: e}, step, step]'),
    ).toEqual(['e', 'done', 'mlw', 'mlw']);
  });

  it('do their list in the first calls only, settle included', () => {
    expect(
      order(
        'bottom_halves: {a: {do: [{log: did}], do_runs: 2}}',
        'steps: [{schedule: a}, settle, {schedule: a}, step, {schedule: a}, step, {check: {calls: {a: 3}}}]',
      ),
    ).toEqual(['a', 'did', 'mlw', 'a', 'mlw']);
  });

  it('call poll notifiers, the last added first', () => {
    expect(order('poll_notifiers: {p: {}, q: {}}', 'steps: [step]')).toEqual([
      'q:FILL',
      'p:FILL',
      'q:OK',
      'p:OK',
      'mlw',
    ]);
    expect(
      order('poll_notifiers: {p: {}}', 'faults: [{call: poll, error: EINTR}]', 'steps: [step]'),
    ).toEqual(['p:FILL', 'p:ERR', 'mlw']);
  });

  it('run sources by priority, once', () => {
    expect(
      order(
        'sources: {low: {kind: idle}, mid: {kind: idle, priority: high_idle}, high: {kind: idle, priority: high}, later: {kind: idle, attached: false}}',
        'steps: [step, step, step, {attach: later}, step, step]',
      ),
    ).toEqual(['high', 'mlw', 'mid', 'mlw', 'low', 'mlw', 'later', 'mlw', 'mlw']);
  });

  it('keep SA_RESETHAND from resetting a handler that the kernel never calls', () => {
    expect(
      order(
        'signals: {SIGTERM: {reset: true}}',
        'steps: [settle, {raise: SIGTERM}, step, {raise: SIGTERM}, step]',
      ),
    ).toEqual(['SIGTERM', 'mlw', 'SIGTERM', 'mlw']);
  });

  it('report stops, unless nocldstop', () => {
    const text = (spec: string): string[] => [
      `signals: {SIGCHLD: ${spec}}`,
      'children: {a: {stop: true}}',
      'steps: [settle, {spawn: a}, {wait_for: 1ms}, step]',
    ];
    expect(order(...text('{siginfo: [code, status]}'))).toEqual([
      'SIGCHLD(code=CLD_STOPPED,status=19)',
      'mlw',
    ]);
    expect(order(...text('{nocldstop: true}'))).toEqual(['mlw']);
  });

  it('get the same number when they are opened again', () => {
    expect(
      order(
        'fds: {e: {}, s: {kind: socketpair}}',
        'steps: [settle, {close: e}, {reopen: e}, {kick: e}, {reopen: s}, {kick: s}, step, {unwatch: e}, {watch: e}, {kick: e}, step]',
      ),
    ).toEqual(['s', 'e', 'mlw', 'e', 'mlw']);
  });

  it('start children again and again', () => {
    expect(
      order(
        'children: {a: {exit: 0}}',
        'steps: [{repeat: {times: 3, do: [{spawn: a}, run]}}, {check: {ended: {a: true}}}]',
      ),
    ).toEqual(['a exited 0', 'a exited 0', 'a exited 0']);
  });

  it('start children before the first step', () => {
    expect(order('children: {a: {exit: 4, start: true}}', 'steps: [run]')).toEqual(['a exited 4']);
  });

  it('log equal io_polls in a series once, even if two are asked in turn', () => {
    const log = order(
      'drive: aio_poll',
      'notifiers: {n: {pollable: true}, m: {pollable: true}}',
      'timers: {t: {}}',
      'steps: [settle, {set: n}, {set: m}, {poll: blocking}, {poll_params: {max: 1s, grow: 0, shrink: 0}}, poll, {set: n}, {set: m}, {poll: blocking}]',
    );
    expect(log.filter((text) => text.includes('.poll=')).length).toBeLessThan(9);
    expect(log).toContain('n.poll=0');
    expect(log).toContain('m.poll=0');
  });
});

describe('coroutines', () => {
  it('wait for a rwlock in order of arrival', () => {
    expect(
      order(
        'drive: aio_poll',
        'co_rwlocks: [l]',
        'coroutines:',
        '  r1: {do: [{rdlock: l}, {log: r1}, yield, {rwunlock: l}]}',
        '  w: {do: [{wrlock: l}, {log: w}, {rwunlock: l}]}',
        '  r2: {do: [{rdlock: l}, {log: r2}, {rwunlock: l}]}',
        '  r3: {do: [{rdlock: l}, {log: r3}, {rwunlock: l}]}',
        'steps: [{enter: r1}, {enter: w}, {enter: r2}, {enter: r3}, {log: go}, {enter: r1}]',
      ),
    ).toEqual(['r1', 'go', 'w', 'r2', 'r3']);
  });

  it('repeat, and yield inside', () => {
    expect(
      order(
        'coroutines: {c: {do: [{repeat: {times: 2, do: [{log: x}, yield]}}, {log: end}]}}',
        'steps: [{enter: c}, {log: m}, {enter: c}, {enter: c}]',
      ),
    ).toEqual(['x', 'm', 'x', 'end']);
  });
});

describe('faults', () => {
  it('fail the next calls after others, on what they name', () => {
    expect(
      order(
        'drive: aio_poll',
        'notifiers: {n: {}, m: {}}',
        'faults: [{call: read, on: n, error: EAGAIN, after: 1, times: 1}]',
        'steps: [settle, {set: n}, {set: m}, step, {set: n}, {set: m}, step, step, step]',
      ),
    ).toEqual(['n', 'm', 'poll=1', 'n', 'm', 'poll=1', 'n', 'poll=1', 'poll=0']);
  });

  it('make spawn fail, which aborts', () => {
    expect(
      complaints(
        'children: {a: {exit: 0}}',
        'faults: [{call: spawn, on: a, error: EAGAIN}]',
        'steps: [{spawn: a}]',
      )[0],
    ).toMatch(/^spawn 'a': .*\(EAGAIN\)$/);
  });

  it('are reported beside the order log if the signalfd cannot be read', () => {
    const {
      notes,
      failures,
      order: log,
    } = run(
      'signals: {SIGUSR1: {}}',
      'faults: [{call: read, on: sigfd, error: EIO, times: 2}, {call: read, on: sigfd, short: 64}]',
      'steps: [settle, {raise: SIGUSR1}, step, step, step, {raise: SIGUSR1}, step]',
    );
    expect(failures).toEqual([]);
    expect(notes.map(({ message }) => message)).toEqual([
      'read from sigfd failed: EIO, 2 times',
      'read from sigfd returned 64 bytes of 128',
    ]);
    expect(log.map(({ text }) => text)).toEqual(['mlw', 'mlw', 'mlw', 'SIGUSR1', 'mlw']);
  });

  it('are reported if they never acted, with their place', () => {
    const { notes, failures } = run(
      'signals: {SIGUSR1: {}}',
      'children: {a: {exit: 0}, b: {}}',
      'faults:',
      '  - {call: read, on: sigfd, error: EINTR}',
      '  - {call: read, on: sigfd, error: EINTR, after: 99}',
      '  - {call: read, on: sigfd, short: 128}',
      '  - {call: spawn, on: b, error: EAGAIN}',
      '  - {call: poll, error: EINTR, times: 2}',
      'steps: [{spawn: a}, {raise: SIGUSR1}, run]',
    );
    expect(failures).toEqual([]);
    expect(notes.map(({ at, message }) => `${at!.line}:${at!.column} ${message}`)).toEqual([
      '6:5 this fault never acted: no read on sigfd came after 99 others',
      '8:5 this fault never acted: there was no spawn on b',
    ]);
  });

  it('make the spawn of one child fail, which can be expected', () => {
    expect(
      order(
        'children: {a: {exit: 0}, b: {exit: 0}}',
        'faults: [{call: spawn, on: b, error: EAGAIN}]',
        'steps: [{spawn: a}, {log: on}, {spawn: b}, {log: never}]',
        'expect: {abort: "spawn \'b\'"}',
      ),
    ).toEqual(['on']);
  });

  it('make epoll_ctl fail, and the context falls back to poll', () => {
    expect(
      order(
        'drive: aio_poll',
        'fds: {idle: {count: 70}, e: {watch: none}}',
        'faults: [{call: epoll_ctl, on: e, error: ENOMEM}]',
        'steps: [settle, {check: {fdmon: epoll}}, {watch: e}, {check: {fdmon: poll}}, {kick: e}, step]',
      ),
    ).toEqual(['e', 'poll=1']);
  });
});

describe('hosts', () => {
  it('refuses a real command on the simulated host, even if nobody starts it', () => {
    const result = run('children: {a: {command: "true"}}', 'steps: [{log: x}]');
    expect(result.status).toBe(2);
    expect(result.order).toEqual([]);
    expect(result.failures[0]!.message).toMatch(/needs --host linux/);
  });
});

describe('jitter', () => {
  const text = (jitter: string): string =>
    [
      'name: x',
      `jitter: ${jitter}`,
      'signals: {SIGUSR1: {}}',
      'children: {a: {after: 1ms, exit: 0}, b: {exit: 1}, c: {}}',
      'timeline: [{at: 1ms, do: [{kill: SIGUSR1}, {wait_for: 1ms}, {log: later}]}, {at: 9ms, do: [{kill_child: {c: SIGKILL}}]}]',
      'steps: [{repeat: {times: 3, do: [{spawn: a}, {spawn: b}]}}, {spawn: c}, run]',
    ].join('\n');
  const runOf = (jitter: string, seed: number): RunResult => runSim(scenarioOf(text(jitter)), seed);
  const orderOf = (jitter: string, seed: number): string =>
    runOf(jitter, seed)
      .order.map((entry) => entry.text)
      .join();

  it('lets a seed decide, and the same one the same way', () => {
    expect(JSON.stringify(runOf('2ms', 7))).toBe(JSON.stringify(runOf('2ms', 7)));
    const orders = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => orderOf('2ms', seed)));
    expect(orders.size).toBeGreaterThan(1);
  });

  it('is absent if the file does not ask for it: a seed changes nothing', () => {
    const essence = (seed: number) => ({ ...runOf('0ns', seed), seed: 0 });
    expect(essence(1)).toEqual(essence(2));
  });

  it('makes nothing earlier, nor later than it says, and keeps an entry together', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { order: log } = runOf('2ms', seed);
      const timesOf = (what: string): number[] =>
        log.filter(({ text: t }) => t === what).map(({ timeNs }) => timeNs);
      const own = new Set(timesOf('a exited 0'));
      expect(own.size).toBe(3);
      for (const ns of own) expect(ns / 1e6).toBeGreaterThanOrEqual(1);
      for (const ns of own) expect(ns / 1e6).toBeLessThan(3.001);
      for (const ns of timesOf('b exited 1')) expect(ns / 1e6).toBeLessThan(2.001);
      const [signalNs, laterNs] = [timesOf('SIGUSR1')[0]!, timesOf('later')[0]!];
      expect((laterNs - signalNs) / 1e6).toBeCloseTo(1, 3);
      // One without an end runs until it is killed.
      expect(log.at(-1)!.text).toBe('c killed SIGKILL');
    }
  });
});

describe('a seed', () => {
  it.each([-1, 1.5, 2 ** 32, Number.NaN])('that is none is refused: %d', (seed) => {
    const scenario = scenarioOf('name: x\nsteps: [step]');
    const make = (): World => new SimWorld(1);
    expect(() => runScenario(scenario, make, { seed })).toThrow(/^a seed is from 0 to 4294967295/);
  });
});

describe('an equal duration holds as far as it is written', () => {
  const elapsed = (is: string) =>
    run('steps: [{wait_for: 5.5ms}]', `expect: {elapsed: ${is}}`).status;
  const checked = (is: string) =>
    run(`steps: [{block: 5.5ms}, {check: {clock: {realtime: ${is}}}}]`).status;
  const expires = (is: string) =>
    run(`timers: {t: {}}`, `steps: [{arm_at: {t: 5.5ms}}, {check: {expires_at: {t: ${is}}}}]`)
      .status;

  it.each([
    ['elapsed', elapsed],
    ['clock', checked],
    ['expires_at', expires],
  ])('%s', (_what, status) => {
    expect(
      ['5ms', '5.5ms', '6ms', '5.4ms', '5.6ms', '5000us', '0ms', '"<=5ms"'].map(status),
    ).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  });

  it('and a bare 0 is nothing else', () => {
    const timeout = (is: string) =>
      run(
        'drive: aio_poll',
        'timers: {t: {}}',
        `steps: [settle, {arm: {t: 1us}}, {check: {timeout: ${is}}}]`,
      ).status;
    expect(['0', '1ms'].map(timeout)).toEqual([1, 0]);
  });
});

describe('statuses', () => {
  it('are 2 for things that this host does not have', () => {
    expect(run('fdmon: io_uring', 'steps: [step]').status).toBe(2);
  });

  it('are 3 if the emulator itself fails', () => {
    const scenario = scenarioOf('name: x\nsteps: [step]');
    const result = runScenario(scenario, () => {
      throw new TypeError('a bug');
    });
    expect(result.status).toBe(3);
    expect(result.failures[0]!.message).toContain('a bug');
  });
});

describe('size', () => {
  it('runs 20,000 children', () => {
    const many = runs(20_000);
    const result = runSim(
      scenarioOf(
        `name: x\nchildren: {a: {after: 1ms, exit: 0}}\nsteps: [{repeat: {times: ${many}, do: [{spawn: a}]}}, run, {check: {ended: {a: true}}}]`,
      ),
    );
    expect(result.failures).toEqual([]);
    expect(result.order.length).toBe(many);
  });
});

describe('a world that cannot be made', () => {
  const messageFor = (error: Error): string => {
    const make = (): World => {
      throw error;
    };
    return runScenario(scenarioOf('name: a\nsteps: [run]'), make).failures[0]!.message;
  };

  it('says what the kernel refused', () => {
    expect(messageFor(new HostError(EMFILE, 'eventfd'))).toBe(
      'eventfd: Too many open files (EMFILE)',
    );
  });

  it('brings the stack of a fault of ours', () => {
    expect(messageFor(new TypeError('no'))).toMatch(/^TypeError: no\n +at /);
  });
});
