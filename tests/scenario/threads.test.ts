/** Runs of files with several threads on the simulated host: order, chance, expectations, errors. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../src/cli/run/outcome.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';
import { runs } from '../support/runs.ts';
import { runSim, scenarioDir, scenarioIn, scenarioOf } from './files.ts';

function run(text: string, seed?: number): RunResult {
  return runSim(scenarioOf(`name: x\ndrive: aio_poll\n${text}`), seed);
}

function messages(text: string): string[] {
  return run(text).failures.map(({ message }) => message);
}

const RACE = `
threads:
  t: {do: [{compute: 3ns}, {log: a}, {compute: 3ns}, {log: b}]}
  u: {do: [{compute: 3ns}, {log: a}, {compute: 3ns}, {log: b}]}
`;

describe('chance', () => {
  it('is the same for the same seed, to the byte', () => {
    const first = run(RACE, 3);
    expect(JSON.stringify(run(RACE, 3))).toBe(JSON.stringify(first));
  });

  it('gives several orders for several seeds, and the same within each thread', () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { order } = run(RACE, seed);
      orders.add(order.map(({ text }) => text).join());
      const own = order.filter(({ thread }) => thread === 't').map(({ text }) => text);
      expect(own).toEqual(['t: a', 't: b']);
    }
    expect(orders.size).toBeGreaterThan(2);
  });
});

describe('Workers kept from run to run', () => {
  const spare = new SpareWorkers();
  afterAll(() => spare.dispose());
  const folder = join(import.meta.dirname, '../../scenarios/threads');

  it.each(readdirSync(folder))('change nothing: %s', (name) => {
    const file = join(folder, name);
    const { scenario } = loadScenario(readFileSync(file, 'utf8'), file);
    const again = (): RunResult =>
      runScenario(scenario!, (seed) => new SimWorld(seed, undefined, spare));
    const first = JSON.stringify(again());
    for (let i = 0; i < 2; i++) expect(JSON.stringify(again())).toBe(first);
  });
});

describe('a wake-up', () => {
  const story = scenarioIn(scenarioDir('scenarios/threads'), 'lost-wakeup.yaml');
  const spare = new SpareWorkers();
  afterAll(() => spare.dispose());

  /** The seeds by which the bottom half waits for the timer. */
  const lostBy = (scenario: Scenario, seeds: number): number[] => {
    const lost: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const result = runScenario(scenario, (s) => new SimWorld(s, undefined, spare), { seed });
      const checks = result.failures.filter(({ kind }) => kind === 'check');
      if (checks.length === 0) lost.push(seed);
    }
    return lost;
  };

  it('is lost by some seed without the second look, and by none with it', () => {
    // One seed of fifteen loses it.
    expect(lostBy(story, 20)).toContain(story.seed);
    expect(lostBy({ ...story, without: [] }, runs(40))).toEqual([]);
  });

  it('that the fault has not lost is told', () => {
    expect(runSim(story, story.seed).notes).toEqual([]);
    const [note] = runSim(story, 1).notes;
    expect(note?.message).toBe(
      'without second-look: this fault never acted: no work came to io0 just before it slept',
    );
  });
});

it('main can leave out the second look, too', () => {
  const scenario = scenarioOf(`
name: x
drive: aio_poll
faults: [{without: second-look, in: main}]
bottom_halves: {a: {quiet: true}}
timers: {alarm: {quiet: true}}
threads: {t: {start: false, do: [{repeat: {times: 20, do: [{schedule: a}, {compute: 3ns}]}}]}}
steps:
  - start: t
  - repeat: {times: 20, do: [{arm: {alarm: 20ms}}, {poll: {quiet: true}}, {poll: {blocking: true, quiet: true}}]}
`);
  const acted = [1, 2, 3, 4, 5].filter((seed) => runSim(scenario, seed).notes.length === 0);
  expect(acted).not.toEqual([]);
});

describe('expectations', () => {
  it('of order by thread, and of what comes before', () => {
    const expectation = 'expect: {order: {t: [a, b]}, before: [["t: a", "t: b"]]}';
    expect(messages(`${RACE}${expectation}`)).toEqual([]);
  });

  it('that do not hold are reported with their thread', () => {
    const expectation = 'expect: {order: {t: [b, a]}, before: [["t: b", "t: a"]]}';
    expect(messages(`${RACE}${expectation}`)).toEqual([
      'the order log of t is not as expected',
      "'t: b' before 't: a': it comes after it",
    ]);
  });

  it('of a check in another thread', () => {
    const text =
      'iothreads: {io0: {}}\nbottom_halves: {a: {in: io0, do: [{check: {poll_ns: 1s}}]}}\n';
    const [message] = messages(`${text}steps: [{schedule: a}, {wait_idle: io0}]`);
    expect(message).toMatch(/^io0: poll_ns: expected 1s, found /);
  });
});

describe('the end of a thread', () => {
  const abort = 'threads: {t: {do: [{unlock: bql}]}}\nsteps: [{poll: blocking}]\n';

  it('by an abort ends the sleep of main', () => {
    const text = `
drive: main_loop
iothreads: {io0: {}}
timers: {t: {}}
bottom_halves: {a: {in: io0, do: [{compute: 1ms}, {unlock: bql}]}}
steps: [{arm: {t: 10s}}, {schedule: a}, run]
`;
    const { abort, elapsedNs } = runSim(scenarioOf(`name: x${text}`));
    expect(abort).toContain('mutex');
    expect(elapsedNs).toBeLessThan(1e9);
  });

  it('by an abort of a plain thread ends the sleep of main', () => {
    const text = `
drive: main_loop
timers: {t: {}}
threads: {t1: {do: [{compute: 1ms}, {unlock: bql}]}}
steps: [{arm: {t: 10s}}, run]
`;
    const { abort, elapsedNs } = runSim(scenarioOf(`name: x${text}`));
    expect(abort).toContain('mutex');
    expect(elapsedNs).toBeLessThan(1e9);
  });

  it('that is a vCPU comes after its last turn', () => {
    const text = `
drive: main_loop
words: [n]
vcpus: {cpu0: {do: [{log: turn}, {add: {n: 1}}], loop: 3}}
steps:
  - main_loop_wait: {until: {n: 3}, blocking: false, quiet: true}
  - run: {for: 1ms}
  - log: over
`;
    const { order, failures } = runSim(scenarioOf(`name: x${text}`));
    expect(failures).toEqual([]);
    const turn = 'cpu0: turn';
    expect(order.map(({ text: said }) => said)).toEqual([turn, turn, turn, 'main: over']);
  });

  it('by an abort ends the run, and says which thread it was', () => {
    const [message] = messages(abort);
    expect(message).toMatch(/^t: qemu_mutex_unlock_iothread: assertion failed/);
  });

  it('is expected of the thread that the file names', () => {
    const text = 'qemu_mutex_unlock_iothread';
    expect(messages(`${abort}expect: {abort: {t: ${text}}}`)).toEqual([]);
    expect(messages(`${abort}expect: {abort: {main: ${text}}}`)).toHaveLength(1);
  });

  it('that never comes is found out', () => {
    const [message] = messages(
      'words: [go]\nthreads: {t: {do: [{wait_for: {go: 1}}]}}\nsteps: [{log: a}]\n',
    );
    expect(message).toMatch(/wait/);
  });
});

it('two hosts need to agree on the order within each thread only', () => {
  const result = run(RACE, 1);
  const [a, b, c, d] = result.order as [RunResult['order'][0], ...RunResult['order'][0][]];
  const other = (order: RunResult['order']): RunResult => ({ ...result, host: 'linux', order });
  const asked = {
    host: 'both' as const,
    leftOut: [],
    seed: null,
    isOneOfSeeds: false,
    run: null,
    isCompared: true,
    options: '',
  };
  const t = [a, b, c, d].filter((entry) => entry?.thread === 't') as RunResult['order'];
  const u = [a, b, c, d].filter((entry) => entry?.thread === 'u') as RunResult['order'];
  expect(outcomeOf([result, other([...t, ...u])], asked, 0).differences).toEqual([]);
  expect(outcomeOf([result, other([...u, ...t])], asked, 0).differences).toEqual([]);
  expect(outcomeOf([result, other([...t.toReversed(), ...u])], asked, 0).differences).not.toEqual(
    [],
  );
});

it('a vCPU runs in turns, does work for others, and stands while it is paused', () => {
  const result = runSim(
    scenarioOf(`
name: vcpus
words: [mmio]
vcpus:
  cpu0: {do: [{lock: bql}, {add: {mmio: 1}}, {unlock: bql}], loop: 5}
  cpu1: {do: [{log: turn}, halt], loop: 2}
steps:
  - settle
  - main_loop_wait: {until: {mmio: 5}, blocking: false, quiet: true}
  - log: mmio=$(mmio)
  - run_on_cpu: {cpu: cpu1, do: [{log: "on cpu1 bql=$(bql)"}]}
  - log: back
  - kick: cpu1
  - pause_all_vcpus
  - log: paused
  - resume_all_vcpus
expect:
  order: {main: [mmio=5, back, paused]}
  before: [["cpu1: on cpu1 bql=1", "main: back"]]
`),
  );
  expect(result.failures).toEqual([]);
  const turns = result.order.filter(({ text }) => text === 'cpu1: turn');
  expect(turns).toHaveLength(2);
});

describe('requests that are under way when the steps end', () => {
  it('are done to their end, and complete no more, in main and in an iothread', () => {
    const result = run(`iothreads: {io0: {}}
words: [busy, ended]
bottom_halves: {go: {in: io0, do: [{submit: b}, {submit_only: b}]}}
requests:
  a: {work: [{add: {busy: 1}}, {compute: 1ms}, {add: {ended: 1}}]}
  b: {in: io0, work: [{add: {busy: 1}}, {compute: 1ms}, {add: {ended: 1}}]}
steps: [{submit: a}, {poll: {quiet: true}}, {schedule: go}, {wait_for: {busy: ">=2"}}]`);
    expect(result.failures).toEqual([]);
    expect(result.order.map(({ text }) => text).filter((text) => text !== 'io0: go')).toEqual([]);
  });
});
