/** Random programs of vCPUs on the real host, against the model that `npm run fuzz -- threads` has. */

import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { runSim, scenarioOf, spare } from './files.ts';
import { realResults } from './real-results.ts';
import { vcpuModelOf, vcpuProgram, wrongOfVcpus } from './vcpu-programs.ts';

afterAll(() => spare.dispose());

it('vCPUs do their work in order, and are alone when they are to be', async () => {
  const models = fc.sample(vcpuProgram, { seed: 1, numRuns: 4 }).map(vcpuModelOf);
  const results = await realResults(models.map(({ text }) => text));
  results.forEach((result, i) => {
    expect(wrongOfVcpus(models[i]!, result), models[i]!.text).toBeNull();
  });
});

it('the model finds work out of order, and a program beside a vCPU that is alone', () => {
  const step = { cpu: 'cpu1', ns: 1 } as const;
  const model = vcpuModelOf({
    spins: false,
    seed: 1,
    steps: [
      { ...step, who: 'cpu0', op: 'log' },
      { ...step, who: 'cpu0', op: 'alone' },
      { ...step, who: 'cpu1', op: 'log' },
      { ...step, who: 't', op: 'async' },
      { ...step, who: 't', op: 'safe' },
      { ...step, who: 'main', op: 'run' },
      { ...step, who: 'main', op: 'pause' },
      { ...step, who: 't', op: 'chain' },
    ],
  });
  const sound = [
    'cpu0: log 0',
    'cpu0: in 1',
    'cpu0: out 1',
    'cpu1: log 2',
    't: queues 3',
    't: queues 4',
    'cpu1: work in 3',
    'cpu1: work out 3',
    'main: queues 5',
    'cpu1: work in 4',
    'cpu1: work out 4',
    'cpu1: work in 5',
    'cpu1: work out 5',
    'main: behind 5',
    'main: in 6',
    'main: out 6',
    't: queues 7',
    'cpu1: work in 7',
    'cpu1: work out 7',
    'cpu0: work in 7b',
    'cpu0: work out 7b',
  ];
  const wrong = (texts: readonly string[]): string | null =>
    wrongOfVcpus(model, { order: texts.map((text) => ({ text })), failures: [] } as never);
  const moved = (from: string, behind: string): string[] => {
    const rest = sound.filter((text) => text !== from);
    return rest.toSpliced(rest.indexOf(behind) + 1, 0, from);
  };
  expect(wrong(sound)).toBeNull();
  expect(wrong(moved('cpu1: log 2', 'cpu0: in 1'))).toBe(
    "'cpu1: log 2' between 'cpu0: in 1' and 'cpu0: out 1'",
  );
  expect(wrong(moved('cpu1: log 2', 'cpu1: work in 4'))).toBe(
    "'cpu1: log 2' between 'cpu1: work in 4' and 'cpu1: work out 4'",
  );
  expect(wrong(moved('cpu1: work out 4', 'cpu0: work in 7b'))).toMatch(
    /^'cpu1: work in 7' comes before 'cpu1: work out 4'/,
  );
  expect(wrong(moved('main: queues 5', 'cpu1: work in 5'))).toBe(
    "'cpu1: work in 5' comes before 'main: queues 5'",
  );
  expect(wrong(moved('main: behind 5', 'cpu1: work in 5'))).toBe(
    "'main: behind 5' comes before 'cpu1: work out 5'",
  );
  expect(wrong(moved('cpu1: log 2', 'main: in 6'))).toBe(
    "'cpu1: log 2' between 'main: in 6' and 'main: out 6'",
  );
  expect(wrong(moved('cpu1: work in 5', 'main: in 6'))).toMatch(
    /^'main: behind 5' comes before|^with the lock/,
  );
  expect(wrong(sound.filter((text) => text !== 'cpu0: work in 7b'))).toBe(
    'cpu0: work in 7b: called 0 times',
  );
  expect(wrong([...sound, 'cpu1: work in 4'])).toBe('cpu1: work in 4: called 2 times');
});

it('a vCPU that is alone at an error keeps no other one from its end', () => {
  const scenario = scenarioOf(
    JSON.stringify({
      name: 'an error of a vCPU that is alone',
      words: ['n', 'never'],
      vcpus: {
        cpu0: { do: [{ add: { n: 1 } }], loop: 'forever' },
        cpu1: {
          do: [
            { wait_for: { n: '>=2' } },
            'start_exclusive',
            { compute: '1us' },
            { unlock: 'bql' },
          ],
          loop: 1,
        },
      },
      steps: [{ unlock: 'bql' }, { wait_for: { never: 1 } }],
    }),
  );
  const { failures } = runSim(scenario, 1);
  expect(failures.map(({ message }) => message)).toEqual([
    expect.stringContaining('qemu_mutex_unlock_iothread'),
  ]);
});
