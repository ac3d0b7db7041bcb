/** The help of each command fits a terminal of 80 columns. */

import { expect, test } from 'vitest';
import { run } from '../../support/run.ts';

async function helpOf(...command: string[]): Promise<string> {
  const { stdout, status } = await run([...command, '--help']);
  expect(status).toBe(0);
  return stdout;
}

test('the help of each command has at most 80 columns', async () => {
  const all = await helpOf();
  const commands = [...all.matchAll(/^ {2}qemu-loop ([a-z]+) /gm)].map(([, name]) => name!);
  expect(commands).toEqual(expect.arrayContaining(['run', 'replay', 'explore', 'museum', 'trace']));
  const texts = await Promise.all(commands.map((name) => helpOf(name)));
  const lines = [all, ...texts].flatMap((text) => text.split('\n'));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
