import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomScenario } from '../../src/cli/fuzz/random-scenario.ts';
import { failuresOf, runSim, scenarioOf } from './files.ts';

it('random scenarios are valid, and much happens in them', () => {
  const scenarios = fc.sample(randomScenario, { numRuns: 100, seed: 1 });
  let entries = 0;
  for (const plain of scenarios) {
    const result = runSim(scenarioOf(JSON.stringify(plain)));
    expect(failuresOf(result)).toEqual([]);
    entries += result.order.length;
  }
  expect(entries).toBeGreaterThan(scenarios.length * 20);
});
