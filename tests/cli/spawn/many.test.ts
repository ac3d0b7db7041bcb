import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Running, root } from '../../support/run.ts';
import { runs } from '../../support/runs.ts';

const FIRST = runs(500);
const THEN = runs(2_500);

/** Children one after the other; then what /proc says of descriptors, children and memory. */
const PROGRAM = `
import { readdirSync, readFileSync } from 'node:fs';
import { ChildWatch, LinuxHost, MainLoop, SIGCHLD, Signals } from ${JSON.stringify(join(root, 'dist', 'index.js'))};
const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
const run = (n) => {
  let left = n;
  const next = () => watch.spawn({ file: '/bin/true', argv: ['true'] }, 'x', { onEnd: () => (--left > 0 ? next() : loop.quit()) });
  next();
  loop.run();
};
const look = () => {
  globalThis.gc();
  const kib = Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { bytes: heapUsed + arrayBuffers, fds: readdirSync('/proc/self/fd').length, children: host.children().length, kib };
};
run(${FIRST});
const before = look();
run(${THEN});
const after = look();
console.log(JSON.stringify({ before, after, reaped: watch.reaped, watched: watch.size }));
watch.dispose();
signals.dispose();
loop.close();
host.dispose();
`;

test('3,000 children one after the other leave no descriptor, zombie or memory', async () => {
  const args = ['--expose-gc', '--max-semi-space-size=1', '--input-type=module', '-e', PROGRAM];
  const { status, stdout, stderr } = await new Running(process.execPath, args).end();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { before, after, reaped, watched } = JSON.parse(stdout);
  expect({ reaped, watched }).toEqual({ reaped: FIRST + THEN, watched: 0 });
  expect(after.fds).toBe(before.fds);
  expect(after.children).toBe(0);
  const BYTES_EACH = 32;
  expect(after.bytes - before.bytes).toBeLessThan(BYTES_EACH * THEN);
  expect(after.kib - before.kib).toBeLessThan(8192);
});
