/** The scenarios of docs/scenarios.md do what it says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/problem.ts';
import { failuresOf, runSim, scenarioOf } from './files.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scenarios.md'), 'utf8');
const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);

it('has examples', () => {
  expect(examples.length).toBeGreaterThan(6);
});

it.each(examples.map((example) => [/^name: (.*)$/m.exec(example)![1]!, example] as const))(
  '%s',
  (_name, example) => {
    const result = runSim(scenarioOf(example));
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
  },
);

it('the file with errors has those that are shown', () => {
  const file = /^ {4}name: three errors\n(?: {4}.*\n)+/m.exec(text)![0].replace(/^ {4}/gm, '');
  const shown = [...text.matchAll(/^ {4}(f\.yaml:\d.*)$/gm)].map((match) => match[1]);
  expect(loadScenario(file, 'f.yaml').problems.map(formatProblem)).toEqual(shown);
});
