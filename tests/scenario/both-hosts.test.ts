/**
 * Random scenarios come out the same on the simulated and on the real host. Some
 * dozens each time; SCENARIOS=1000 for as many, SEED=n for others.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { failuresOf, runLinux, runSim, scenarioOf } from './files.ts';
import { randomScenario } from './random-scenario.ts';

const numRuns = Number(process.env.SCENARIOS ?? 60);
const seed = Number(process.env.SEED ?? 1);

/** What must agree: the order, and what ended the run. */
function essence(result: RunResult): { order: string[]; failures: string[] } {
  return { order: result.order.map((entry) => entry.text), failures: failuresOf(result) };
}

it(`${numRuns} random scenarios agree`, { timeout: 180_000 + numRuns * 200 }, async () => {
  const texts = fc.sample(randomScenario, { numRuns, seed });
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-random-'));
  try {
    texts.forEach((text, i) => {
      writeFileSync(join(dir, `${i}.yaml`), text);
    });
    const linux = await runLinux(dir);
    let entries = 0;
    texts.forEach((text, i) => {
      const sim = essence(runSim(scenarioOf(text)));
      expect(essence(linux.get(`${i}.yaml`)!), `seed ${seed}, number ${i}:\n${text}`).toEqual(sim);
      entries += sim.order.length;
    });
    // A generator of scenarios in which nothing happens would agree, too.
    expect(entries).toBeGreaterThan(numRuns * 10);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
