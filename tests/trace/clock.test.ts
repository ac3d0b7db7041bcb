import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

/** Two clocks are read one after the other, and are exact to less than that. */
const APART_NS = 200_000;

it('times of events are CLOCK_MONOTONIC, from the first on', async () => {
  const { stdout, stderr } = await runAlone(join(import.meta.dirname, 'clock-child.ts'));
  expect(stderr).toBe('');
  for (const [before, at, after] of JSON.parse(stdout) as [number, number, number][]) {
    expect(at).toBeGreaterThan(before - APART_NS);
    expect(at).toBeLessThan(after + APART_NS);
  }
});
