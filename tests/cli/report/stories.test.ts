/** Each story about a mistake leads to the finding about it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { record } from '../../../src/cli/play/engine.ts';
import { RunView } from '../../../src/cli/play/run-view.ts';
import { buildModel, type Model } from '../../../src/cli/report/model.ts';
import { root } from '../../support/run.ts';
import { modelOfScenario, story } from './scenarios.ts';

/** The checks that find what a story is about. */
const MISTAKES: Readonly<Record<string, readonly string[]>> = {
  'bottom-half-forever': ['spin'],
  'lost-child': ['zombies'],
  'sigchld-coalescing': ['coalesced'],
  'sigchld-reap-all': ['coalesced'],
  'sigfd-short-read': ['signals'],
  undrained: ['undrained', 'spin'],
  'threads/big-lock-convoy': ['convoy'],
  'threads/big-lock-given-back': ['held-poll', 'long-hold'],
  'threads/hog': ['slow', 'starved'],
  'threads/lost-wakeup': ['starved'],
  'threads/wait-without-kick': ['held-poll'],
  'why/busy-wait': ['spin'],
  'why/half-a-record': ['signals'],
  'why/late-reap': ['zombies', 'slow'],
  'why/level-triggered': ['undrained', 'spin'],
  'why/no-bottom-half': ['slow'],
  'why/notify-lost': ['starved'],
  'why/one-waitpid': ['zombies'],
  'why/work-in-the-handler': ['slow'],
};

/** Stories of a loop that does right, or of something that its trace cannot show. */
const SOUND = [
  'adaptive-polling',
  'co-queue-fairness',
  'graceful-stop',
  'idle-bottom-half',
  'ignored-signal',
  'nested-poll',
  'orphans',
  // Its mistake is in an order that this run does not take.
  'rare-order',
  'realtime-signals',
  'sigchld',
  'sigfd-eintr',
  'stopped-clock',
  'storm',
  'threads/notify-storm',
  'threads/runs-alone',
  'threads/thread-pool',
  'threads/wandering-coroutine',
  // The same as a loop that sleeps, or that has a timer.
  'why/idle-timeout',
  // The loop has no event of things that a child inherits.
  'why/inherited-signals',
  'why/never-detached',
  'why/one-record-a-read',
  // A child without an end looks like one that lives on.
  'why/sigchld-ignored',
];

const stories = ['', 'threads/', 'why/'].flatMap((room) =>
  readdirSync(join(root, 'scenarios', room))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => room + file.replace('.yaml', '')),
);

async function modelOf(name: string): Promise<Model> {
  if (name.startsWith('threads/')) return modelOfScenario(story(name));
  const text = readFileSync(join(root, 'scenarios', `${name}.yaml`), 'utf8');
  const events = new RunView(
    record({ text, seed: null, schedule: null, weaknesses: [] }),
  ).records();
  return buildModel({ events, dropped: 0, truncated: false }, { slowNs: 10e6 });
}

it('every story is about a mistake, or is sound', () => {
  expect([...Object.keys(MISTAKES), ...SOUND].sort()).toEqual(stories.sort());
});

it.each(Object.entries(MISTAKES))('%s: %j', async (name, wanted) => {
  const { checks } = await modelOf(name);
  const found = checks.filter(({ findings }) => findings.length > 0).map(({ id }) => id);
  expect(found).toEqual(expect.arrayContaining([...wanted]));
});
