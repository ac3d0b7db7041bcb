/** The exit status is the child's, even if something fails at the end. */

import { expect, test } from 'vitest';
import { disposeAll } from '../../../src/cli/exit/dispose-all.ts';
import { EIO, HostError } from '../../../src/host/errno.ts';
import { unshare } from '../../support/needs.ts';
import { shell } from '../../support/run.ts';

test.for([
  ['stdin of /dev/null', '$QL -q', '</dev/null'],
  ['--prefix, and a pipe', 'echo | $QL -q --prefix', ''],
] as const)('where there is no /dev/null: %s', async ([, command, stdin], context) => {
  const start = unshare(context, '--mount');
  const script = `mount -t tmpfs none /dev; ${command} -- sh -c "echo hi; exit 3"`;
  const { status, stdout, stderr } = await shell(`${start} sh -c '${script}' ${stdin}`);
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
