import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runUnder } from '../host/own-process.ts';

/** QEMU_LOOP_CONNECTIONS=10000 takes some seconds more. */
const COUNT = Number(process.env.QEMU_LOOP_CONNECTIONS ?? 2000);

it(`${COUNT} connections are open at once, and each gets its own answer`, async () => {
  // The soft limit of descriptors is often 1024, and may be raised up to the hard one.
  const script = 'ulimit -S -n "$(ulimit -H -n)"; exec "$@"';
  const file = join(import.meta.dirname, 'many-child.ts');
  const ended = await runUnder(['/bin/sh', '-c', script, 'sh'], file, 'serve', String(COUNT));
  expect(ended).toEqual({
    status: 0,
    signal: null,
    stderr: '',
    stdout: `answered ${COUNT}\nserved ${COUNT}, ${COUNT} at once, by epoll\n`,
  });
});
