/** Ctrl-C in `qemu-loop fuzz` on a terminal: it tells what is known. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeTree } from '../../support/qemu-tree.ts';
import { onTerminal, testDirectory } from '../../support/terminal.ts';

test('while scenarios are compared', async () => {
  const terminal = onTerminal('$QL fuzz --host sim,linux --count 100000; echo "status $?"', 100);
  await terminal.until(/\[\d+\/100000\] seed/);
  terminal.keys('C-c');
  await terminal.until(/status \d+/);
  expect(terminal.screen()).toMatch(
    /# interrupted: \d+ random scenarios on sim and linux, \d+ entries .*; \d+ not tried/s,
  );
  expect(terminal.screen()).not.toContain('/100000]');
  expect(terminal.screen()).toMatch(/^status 130$/m);
});

test('while a difference is shrunk', async () => {
  const dir = testDirectory();
  const asked = join(dir, 'asked');
  // It never logs anything; once the difference is known, it does not answer any more.
  const slow = `echo >> ${asked}; [ $(wc -l < ${asked}) -gt 3 ] && exec sleep 60`;
  const { build } = fakeTree(join(dir, 'tree'), [slow, 'echo "= 7.2.0"', 'echo ". 0 0"']);
  const env = `XDG_CACHE_HOME=${join(dir, 'cache')} QEMU_BUILD=${build}`;
  const fuzz = `${env} $QL fuzz --host sim,qemu --seed 3 --count 1`;
  const terminal = onTerminal(`${fuzz}; echo "status $?"`, 140, 400);
  await terminal.until(/\[1\/1\] seed 3/);
  terminal.keys('C-c');
  await terminal.until(/status \d+/);
  expect(terminal.screen()).toContain('# seed 3 comes out differently:');
  expect(terminal.screen()).toContain('# again: qemu-loop fuzz --host sim,qemu --seed 3 --count 1');
  expect(terminal.screen()).toMatch(/# interrupted: 1 random .*1 came out differently/s);
  expect(terminal.screen()).toMatch(/^status 130$/m);
});
