/** Random programs of three threads on the real host, against the model that `npm run fuzz -- threads` has. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { run } from '../support/run.ts';
import { modelOf, threadProgram, wrongIn } from './thread-programs.ts';

it('threads keep their order, and what happens before what', async () => {
  const programs = fc.sample(threadProgram, { seed: 1, numRuns: 4 });
  const models = programs.map(modelOf);
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-programs-'));
  try {
    const files = models.map(({ text }, i) => {
      const file = join(dir, `${i}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const { stdout } = await run(['run', '--host', 'linux', '--json', ...files]);
    const results = stdout
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { results?: RunResult[] }).results ?? []);
    expect(results.map(({ file }) => file)).toEqual(files);
    results.forEach((result, i) => {
      expect(wrongIn(models[i]!, result), models[i]!.text).toBeNull();
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('the model finds an entry that is out of order, and a call too many', () => {
  const step = { home: 'io0', ns: 1, back: 0 } as const;
  const model = modelOf({
    locks: true,
    pollMaxNs: 0,
    seed: 1,
    steps: [
      { ...step, who: 't', op: 'schedule' },
      { ...step, who: 't', op: 'signal' },
      { ...step, who: 'u', op: 'wait' },
      { ...step, who: 't', op: 'locked' },
      { ...step, who: 'u', op: 'locked' },
      { ...step, who: 'u', op: 'again' },
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
  expect(wrong([...sound, 'io0: b0'])).toBe('io0: b0: called 2 times');
  expect(wrong(sound.filter((text) => text !== 'io0: b0'))).toBe('io0: b0: called 0 times');
});
