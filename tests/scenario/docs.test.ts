/** The scenarios of docs/scenarios.md do what it says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
