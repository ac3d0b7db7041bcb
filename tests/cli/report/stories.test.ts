/** Each story about a mistake leads to the finding about it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { record } from '../../../src/cli/play/engine.ts';
import { RunView } from '../../../src/cli/play/run-view.ts';
import { buildModel } from '../../../src/cli/report/model.ts';
import { root } from '../../support/run.ts';

it.each([
  ['undrained', 'undrained'],
  ['undrained', 'spin'],
  ['bottom-half-forever', 'spin'],
  ['lost-child', 'zombies'],
  ['sigchld-coalescing', 'coalesced'],
  ['why/level-triggered', 'undrained'],
  ['why/one-waitpid', 'zombies'],
  ['why/late-reap', 'zombies'],
  ['why/late-reap', 'slow'],
  ['why/work-in-the-handler', 'slow'],
])('%s: %s', (story, check) => {
  const text = readFileSync(join(root, 'scenarios', `${story}.yaml`), 'utf8');
  const events = new RunView(record({ text, seed: null, weaknesses: [] })).records();
  const { checks } = buildModel({ events, dropped: 0, truncated: false }, { slowNs: 10e6 });
  expect(checks.map(({ id }) => id)).toContain(check);
  expect(checks.find(({ id }) => id === check)!.findings).not.toEqual([]);
});
