/** The exit status is the child's, even if something fails at the end. */

import { expect, test } from 'vitest';
import { disposeAll } from '../../../src/cli/exit/dispose-all.ts';
import { EIO, HostError } from '../../../src/host/errno.ts';
import { shell } from '../../support/run.ts';

test.each([
  ['stdin of /dev/null', '$QL -q', '</dev/null'],
  ['--prefix, and a pipe', 'echo | $QL -q --prefix', ''],
])('where there is no /dev/null: %s', async (_, command, stdin) => {
  const script = `mount -t tmpfs none /dev; ${command} -- sh -c "echo hi; exit 3"`;
  const { status, stdout, stderr } = await shell(
    `unshare --user --map-root-user --mount sh -c '${script}' ${stdin}`,
  );
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  expect(stdout).toMatch(/^(\[1\] )?hi\n$/);
});

test('a part that fails to end does not keep others from ending', () => {
  const said: string[] = [];
  const ended: string[] = [];
  const part = (name: string) => ({ dispose: () => ended.push(name) });
  const failing = {
    dispose: () => {
      throw new HostError(EIO, 'close');
    },
  };
  disposeAll([part('first'), failing, part('last')], (line) => said.push(line));
  expect(ended).toEqual(['last', 'first']);
  expect(said).toEqual(['qemu-loop: at the end: close: Input/output error (EIO)\n']);
});
