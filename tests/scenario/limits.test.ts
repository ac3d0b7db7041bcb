/** No file hangs the loader or a run, or overflows its stack: it is read, or says which limit it hit. */

import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/problem.ts';
import { diffEntries } from '../../src/scenario/run/diff.ts';
import { ScenarioEnded } from '../../src/scenario/run/ended.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { runSim, scenarioOf } from './files.ts';

function problems(text: string): string[] {
  return loadScenario(`name: x\n${text}`, 'f').problems.map(formatProblem);
}

const times = (n: number, part: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => part(i)).join('');

/** Looking at each pair of 100,000 would take minutes. */
const LONG_MS = 240_000;

describe('of a file', () => {
  const bomb = (first: string, levels: number, level: (i: number) => string): string =>
    `${first}${times(levels, (i) => level(i + 1))}`;

  it.each([
    [
      'its characters',
      `about: ${'a'.repeat(2 ** 24)}`,
      'f:1:1: the file is too long: expected at most 16,777,216 characters',
    ],
    [
      'zeros without end',
      '\0'.repeat(2 ** 24 + 1),
      'f:1:1: the file is too long: expected at most 16,777,216 characters',
    ],
    [
      'its values',
      `steps: [${'a,'.repeat(1_000_000)}a]`,
      'f:1:1: the file has too many values: expected at most 1,000,000 lists, maps, keys and values',
    ],
    [
      'its depth in brackets',
      `steps: ${'['.repeat(50_000)}`,
      'f:2:107: lists and maps are nested too deep here: expected at most 100 levels',
    ],
    [
      'its depth by dashes',
      `steps:\n ${'- '.repeat(20_000)}a`,
      /^f:3:\d+: lists and maps are nested too deep here/,
    ],
    [
      'aliases of aliases',
      bomb('x0: &a0 [l, l]\n', 30, (i) => `x${i}: &a${i} [*a${i - 1}, *a${i - 1}]\n`),
      /^f:\d+:\d+: aliases make this file too large: expected that all of them together bring in at most 100,000 values/,
    ],
    [
      'aliases of aliases, in allowed places',
      bomb(
        'bottom_halves: {a: {}}\nsteps:\n- repeat: &r0 {times: 1, do: [{schedule: a}]}\n',
        25,
        (i) => `- repeat: &r${i} {times: 1, do: [{repeat: *r${i - 1}}, {repeat: *r${i - 1}}]}\n`,
      ),
      /^f:\d+:\d+: aliases make this file too large/,
    ],
  ])(
    '%s',
    (_what, text, message) => {
      const found = problems(text);
      expect(found.length).toBe(1);
      if (typeof message === 'string') expect(found[0]).toBe(message);
      else expect(found[0]).toMatch(message);
    },
    LONG_MS,
  );

  it(
    'is read up to there',
    () => {
      expect(
        problems(`steps: ${'[{repeat: {times: 1, do: '.repeat(32)}[]${'}}]'.repeat(32)}`),
      ).toEqual([]);
      const aliases = `bottom_halves:\n a: &a {}\n${times(9_000, (i) => ` b${i}: *a\n`)}`;
      expect(problems(aliases)).toEqual([]);
    },
    LONG_MS,
  );

  it('reports 100 problems in order of the file, and that there are more', () => {
    const found = problems(`steps:\n${times(300, () => '- stepp\n')}`);
    expect(found.length).toBe(101);
    expect(found[99]).toMatch(/^f:102:3: found 'stepp'/);
    expect(found[100]).toBe('f:103:3: more than 100 problems: no others are told of');
  });

  it(
    'is checked in part if much of it is wrong',
    () => {
      const found = problems(`steps:\n${times(150_000, () => '- 1\n')}`);
      expect(found.length).toBe(101);
      expect(found[0]).toBe(
        'f:1:1: much is wrong with this file: only its first parts were looked at',
      );
      expect(found[1]).toMatch(/^f:3:3: found '1'/);
    },
    LONG_MS,
  );

  it('refuses a name with a meaning in JavaScript', () => {
    expect(problems('bottom_halves: {__proto__: {}}')).toEqual([
      "f:2:17: found '__proto__', expected another name",
    ]);
    expect(problems('bottom_halves: {constructor: {}, toString: {}}')).toEqual([]);
  });

  it('reports once a key that is a list', () => {
    expect(problems('steps: [{[a, b]: c}]')).toEqual([
      'f:2:10: found a list, expected a name as the key',
    ]);
  });
});

describe('takes no longer for each part if there are many', () => {
  it.each([
    ['objects', `bottom_halves:\n${times(100_000, (i) => ` b${i}: {}\n`)}`, 0],
    ['equal keys', `bottom_halves:\n${times(30_000, () => ' b: {}\n')}`, 101],
    [
      'anchors and aliases',
      `bottom_halves:\n${times(8_000, (i) => ` a${i}: &a${i} {}\n b${i}: *a${i}\n`)}`,
      0,
    ],
    [
      'objects in a chain',
      `bottom_halves:\n${times(20_000, (i) => ` b${i}: {do: [{schedule: b${i + 1}}]}\n`)} b20000: {}\nsteps: [{schedule: b0}, run]`,
      0,
    ],
    [
      'sets of handlers in a chain',
      `fds:\n f0: {}\n${times(20_000, (i) => ` f${i + 1}: {of: f${i}}\n`)}`,
      0,
    ],
    [
      'entries of the order log',
      `fds:\n${times(30_000, (i) => ` b${i}: {}\n`)}expect:\n order:\n${times(30_000, (i) => ` - b${i}.w\n`)}`,
      0,
    ],
    [
      'names that are near to others',
      `bottom_halves:\n${times(20_000, (i) => ` bottom_half_${i}: {}\n`)}steps:\n${times(20_000, (i) => `- schedule: botom_halv_${i}x\n`)}`,
      101,
    ],
    [
      'long words',
      `bottom_halves: {a: {}}\nsteps:\n${times(200, (i) => `- schedule: ${'b'.repeat(20_000)}${i}\n`)}`,
      101,
    ],
    [
      'what is stopped',
      `bottom_halves:\n${times(8_000, (i) => ` b${i}: {do: [{schedule: b${i}}]}\n`)}steps:\n${times(8_000, (i) => `- schedule: b${i}\n- cancel: b${i}\n`)}- run`,
      0,
    ],
    [
      'actions of a body',
      `bottom_halves: {a: {do: [${times(40_000, () => '{schedule: a}, ')}], do_runs: 1}}\nsteps: [{schedule: a}]`,
      0,
    ],
    ['unknown keys', times(30_000, (i) => `key${i}: 1\n`), 101],
    ['wrong objects', `bottom_halves:\n${times(30_000, (i) => ` b${i}: {doo: 1}\n`)}`, 101],
  ])(
    '%s',
    (_what, text, count) => {
      expect(problems(text).length).toBe(count);
    },
    LONG_MS,
  );
});

describe('numbers', () => {
  const nines = '9'.repeat(400);
  it.each([
    ['steps: [{repeat: {times: 1000001, do: []}}]', 'a whole number from 0 to 1,000,000'],
    ['bottom_halves: {a: {do_runs: 4294967296}}', 'a whole number from 0 to 1,000,000'],
    [`fds: {e: {count: ${nines}}}`, 'a whole number from 1 to 10,000'],
    [`children: {a: {children: ${nines}}}`, 'a whole number from 0 to 100'],
    ['steps: [{run: {iterations: 1000001}}]', 'a whole number from 1 to 1,000,000'],
    [`steps: [{block: ${nines}s}]`, 'a duration up to 1000000s'],
    ['steps: [{wait_for: 1000000.1s}]', 'a duration up to 1000000s'],
    [`timers: {t: {}}\nsteps: [{arm_at: {t: -${nines}s}}]`, 'a time within 9000000000s of 0'],
    [`expect: {elapsed: "<${nines}s"}`, 'a comparison with at most 1000000s'],
    [`expect: {iterations: "<${nines}"}`, 'a comparison with at most 9,007,199,254,740,991'],
    [
      'signals: {SIGUSR1: {}}\nsteps: [{sigqueue: {SIGUSR1: 2147483648}}]',
      'a whole number from -2,147,483,648 to 2,147,483,647',
    ],
    [`faults: [{call: read, error: EINTR, times: ${nines}}]`, 'a whole number from 0 to 1,000,000'],
  ])('%s', (text, expected) => {
    const found = problems(text);
    expect(found.length).toBe(1);
    expect(found[0]!.endsWith(`, expected ${expected}`), found[0]).toBe(true);
  });

  it('may be as large as the limit', () => {
    const all =
      'fds: {e: {count: 10000}}\ntimers: {t: {}}\nsteps: [{repeat: {times: 1000000, do: []}}, {arm: {t: 1000000s}}, {arm_at: {t: 9000000000s}}, {run: {for: 1000000s, iterations: 1000000}}]';
    expect(problems(all)).toEqual([]);
  });

  it('of repeats are multiplied', () => {
    expect(
      problems('steps: [{repeat: {times: 1000, do: [{repeat: {times: 1001, do: []}}]}}]'),
    ).toEqual([
      'f:2:37: this is done 1,001,000 times: expected at most 1,000,000, with the repeats around it',
    ]);
  });
});

describe('a run', () => {
  function ended(text: string): RunResult {
    let turns = 0;
    const whileBusy = (): void => {
      if (++turns > 5_000) throw new ScenarioEnded('it ran too long');
    };
    return runScenario(scenarioOf(`name: x\n${text}`), (seed) => new SimWorld(seed), { whileBusy });
  }

  it.each([
    [
      'a repeat',
      'bottom_halves: {a: {}}\nsteps: [{repeat: {times: 1000000, do: [{schedule: a}]}}]',
    ],
    [
      'a repeat of a coroutine',
      'bottom_halves: {a: {}}\ncoroutines: {c: {do: [{repeat: {times: 1000000, do: [{schedule: a}]}}]}}\nsteps: [{enter: c}]',
    ],
    [
      'signals that raise themselves',
      'signals: {SIGUSR1: {}}\nsteps: [{sigaction: {SIGUSR1: {do: [{raise: SIGUSR1}]}}}, {raise: SIGUSR1}, step]',
    ],
    [
      'callbacks that start themselves',
      'bottom_halves: {a: {do: [{schedule: a}], do_runs: 1000000}}\nsteps: [{schedule: a}, run]',
    ],
  ])('can be ended while it is busy with %s', (_what, text) => {
    const { failures, status } = ended(text);
    expect(failures.map(({ message }) => message)).toEqual(['it ran too long']);
    expect(status).toBe(1);
  });

  it(
    'does not fill the order log beyond its limit',
    () => {
      const body = '{repeat: {times: 1000000, do: [{log: a}]}}';
      const { failures, order } = runSim(scenarioOf(`name: x\nsteps: [${body}, ${body}]`));
      expect(failures.map(({ message }) => message)).toEqual([
        'the order log has more than 1,000,000 entries',
      ]);
      expect(order.length).toBe(1_000_000);
    },
    LONG_MS,
  );

  it('starts no more children than its host lets live', () => {
    class SmallWorld extends SimWorld {
      override readonly mostChildren = 10;
    }
    const start = (text: string): readonly string[] =>
      runScenario(scenarioOf(`name: x\n${text}`), () => new SmallWorld(1)).failures.map(
        (f) => f.message,
      );
    const many = "spawn 'a': there are more than 10 children that are not reaped, with theirs";
    expect(start('children: {a: {}}\nsteps: [{repeat: {times: 11, do: [{spawn: a}]}}]')).toEqual([
      many,
    ]);
    expect(start('children: {a: {children: 10}}\nsteps: [{spawn: a}]')).toEqual([many]);
    expect(
      start('children: {a: {exit: 0}}\nsteps: [{repeat: {times: 30, do: [{spawn: a}, run]}}]'),
    ).toEqual([]);
  });

  it(
    'has a verdict, however long its order log is',
    () => {
      const text = 'name: x\nsteps: [{repeat: {times: 150000, do: [{log: a}]}}, {log: b}]\nexpect:';
      const { failures, status } = runSim(
        scenarioOf(`${text} {order: [a, b, b], includes: [b, a]}`),
      );
      expect(status).toBe(1);
      expect(failures.map(({ kind }) => kind)).toEqual(['order', 'includes']);
      for (const { diff } of failures) expect(diff!.length).toBeLessThan(300);
    },
    LONG_MS,
  );
});

describe('a difference of long order logs', () => {
  const log = (texts: readonly string[]) =>
    texts.map((text, i) => ({ text, timeNs: i, iteration: 0 }));
  const shown = (a: readonly string[] | null, b: readonly string[]): string[] =>
    diffEntries(a, log(b)).map(({ sign, text }) => `${sign}${text}`);
  const many = (n: number, text: string): string[] => Array.from({ length: n }, () => text);

  it('leaves out the middle of equal, missing or extra entries', () => {
    const lines = shown(
      [...many(3_000, 'a'), ...many(3_000, 'b'), 'z'],
      [...many(3_000, 'a'), ...many(2_500, 'c'), 'z'],
    );
    const part = (sign: string, left: string): string[] => [
      ...many(50, sign),
      `…${left} more`,
      ...many(50, sign),
    ];
    expect(lines).toEqual([
      ...part(' a', '2,900'),
      ...part('-b', '2,900'),
      ...part('+c', '2,400'),
      ' z',
    ]);
  });

  it('leaves nothing out of a short one', () => {
    expect(shown(['a', 'b', 'd'], ['a', 'c', 'd'])).toEqual([' a', '-b', '+c', ' d']);
    expect(shown(null, many(100, 'a'))).toEqual(many(100, ' a'));
    expect(shown(null, many(101, 'a'))).toContain('…1 more');
  });
});
