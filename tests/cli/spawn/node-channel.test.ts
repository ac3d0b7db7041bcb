/** A parent's channel of node:child_process is the program's, through us. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bundle } from '../../support/bundle.ts';
import { within } from '../../support/patience.ts';
import { command } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

const CHILD = `
process.on('message', (message) => process.send({ got: message }, () => process.disconnect()));
process.stdin.on('end', () => process.exit(3)).resume();
`;

test.each([
  ['json', ['-q'], { early: 1 }],
  // Other loads come first, so that Node's own loop could have read what is not for us.
  ['json', ['--log-format', 'json', '--prefix'], { early: 1 }],
  ['advanced', ['-q'], { early: 1n }],
] as const)(
  'messages go both ways, and its end is seen: %s, %j',
  async (serialization, options, early) => {
    const parent = spawn(
      process.execPath,
      [command, ...options, '--', process.execPath, '-e', CHILD],
      { stdio: ['pipe', 'ignore', 'ignore', 'ipc'], serialization },
    );
    onTestFinished(() => {
      if (parent.exitCode === null) parent.kill('SIGKILL');
    });
    const event = (name: string): Promise<unknown[]> => within(() => name, once(parent, name));
    parent.send(early);
    expect(await event('message')).toEqual([{ got: early }, undefined]);
    // We live, and so does the child.
    await event('disconnect');
    expect(parent.exitCode).toBeNull();
    parent.stdin?.end();
    expect(await event('exit')).toEqual([3, null]);
  },
);

test('a message stays in the channel for the children, although Node’s own loop runs', async () => {
  const file = join(testDirectory(), 'process.cjs');
  const source = join(import.meta.dirname, 'node-channel-process.ts');
  const parent = spawn(process.execPath, [await bundle(source, file)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  parent.send('for a child');
  const [text] = await within(() => 'its word', once(parent.stdout!.setEncoding('utf8'), 'data'));
  await once(parent, 'exit');
  expect(text).toBe('it is there\n');
});
