/** Random programs of three threads on the real host, against the model that `npm run fuzz -- threads` has. */

import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { failuresOf, runSim, scenarioOf, spare } from './files.ts';
import { realResults } from './real-results.ts';
import { modelOf, threadProgram, wrongIn } from './thread-programs.ts';

afterAll(() => spare.dispose());

it('threads keep their order, and what happens before what', async () => {
  const programs = fc.sample(threadProgram, { seed: 1, numRuns: 4 });
  const models = programs.map(modelOf);
  const results = await realResults(models.map(({ text }) => text));
  results.forEach((result, i) => {
    expect(wrongIn(models[i]!, result), models[i]!.text).toBeNull();
  });
});

it('a simulated thread that has made another one lets others go on, and gets no second one', () => {
  const scenario = scenarioOf(
    JSON.stringify({
      name: 'a request of an iothread that polls',
      drive: 'aio_poll',
      iothreads: { io0: { poll_max: '30ns' } },
      words: ['done'],
      bottom_halves: { s: { in: 'io0', do: [{ submit: 'r' }] } },
      requests: { r: { in: 'io0', do: [{ put: { done: 1 } }] } },
      steps: [{ schedule: 's' }, { wait_for: { done: 1 } }],
    }),
  );
  for (let seed = 1; seed <= 20; seed++) expect(failuresOf(runSim(scenario, seed))).toEqual([]);
});

it('the model finds an entry that is out of order, and a call too many', () => {
  const step = { home: 'io0', ns: 1, back: 0 } as const;
  const model = modelOf({
    locks: true,
    pollMaxNs: 0,
    workers: 1,
    seed: 1,
    steps: [
      { ...step, who: 't', op: 'schedule' },
      { ...step, who: 't', op: 'signal' },
      { ...step, who: 'u', op: 'wait' },
      { ...step, who: 't', op: 'locked' },
      { ...step, who: 'u', op: 'locked' },
      { ...step, who: 'u', op: 'again' },
      { ...step, who: 't', op: 'arm' },
      { ...step, who: 't', op: 'disarm' },
      { ...step, who: 't', op: 'submit' },
      { ...step, who: 't', op: 'cancel' },
      { ...step, who: 't', op: 'co_schedule' },
      { ...step, who: 't', op: 'co_schedule' },
      { ...step, who: 't', op: 'wander' },
    ],
  });
  const sound = [
    't: schedule 0',
    'io0: b0',
    't: signal 1',
    'u: goes on 2',
    't: in 3',
    't: out 3',
    'u: in 4',
    'u: out 4',
    'u: again 5',
    'io0: again_io0',
    't: does t6',
    'io0: t6',
    't: does r8',
    'worker: work 8',
    'io0: r8',
    'io0: r8 ret=8',
    't: does r9',
    'io0: r9',
    'io0: r9 ret=-125',
    't: does c10',
    't: does c11',
    'io0: c10',
    'io0: c11',
    't: does w12',
    'io0: w12',
    'main: there 12',
  ];
  const wrong = (texts: readonly string[]): string | null =>
    wrongIn(model, { order: texts.map((text) => ({ text })), failures: [] } as never);
  const swapped = (i: number, k: number): string[] =>
    sound.map((text, at) => (at === i ? sound[k]! : at === k ? sound[i]! : text));
  expect(wrong(sound)).toBeNull();
  expect(wrong(swapped(0, 1))).toBe("'io0: b0' comes before 't: schedule 0'");
  expect(wrong(swapped(2, 3))).toBe("'u: goes on 2' comes before 't: signal 1'");
  expect(wrong(swapped(5, 6))).toBe('with the lock: t: in 3, u: in 4');
  expect(wrong(swapped(8, 9))).toBe("no 'io0: again_io0' after 'u: again 5'");
  expect(wrong(swapped(4, 5))).toMatch(/^order of t/);
  expect(wrong(swapped(10, 11))).toBe("'io0: t6' comes before 't: does t6'");
  expect(wrong([...sound, 'io0: t6'])).toBe('io0: t6: called 2 times');
  expect(wrong([...sound, 'io0: d7'])).toBe('io0: d7: it was disarmed');
  expect(wrong(swapped(13, 15))).toBe("'io0: r8 ret=8' comes before 'worker: work 8'");
  expect(wrong([...sound, 'worker: work 9'])).toBe(
    "'io0: r9 ret=-125' after 'worker: work 9', expected 'io0: r9 ret=9'",
  );
  expect(wrong(swapped(21, 22))).toBe("'io0: c11' comes before 'io0: c10'");
  expect(wrong(sound.slice(0, -1))).toBe('main: there 12: called 0 times');
  expect(wrong([...sound, 'io0: b0'])).toBe('io0: b0: called 2 times');
  expect(wrong(sound.filter((text) => text !== 'io0: b0'))).toBe('io0: b0: called 0 times');
});
