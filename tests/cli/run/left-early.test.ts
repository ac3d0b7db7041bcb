/** `run --watch` of several threads, left by Ctrl-C while the threads still start. */

import { expect, test } from 'vitest';
import { WatchTerminal } from '../../support/watch-terminal.ts';

test.each([
  // An IOThread, vCPUs, plain threads.
  ['big-lock-convoy', []],
  ['runs-alone', []],
  ['runs-alone', ['p']],
  ['runs-alone', ['t', 't', 't']],
  ['thread-pool', ['p', 'p']],
])('%s, after %s', async (name, keys) => {
  const file = `scenarios/threads/${name}.yaml`;
  const terminal = await WatchTerminal.open(`run --watch ${file}`, 90, 40);
  terminal.keys(...keys, 'C-c');
  await terminal.expectRestored();
  expect(terminal.screen()).toContain(`${name}.yaml was left before its end\nstatus 130`);
});
