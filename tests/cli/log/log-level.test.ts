import { expect, test } from 'vitest';
import { unshare } from '../../support/needs.ts';
import { jsonLines, shellStart, start } from '../../support/run.ts';
import { QL } from '../../support/terminal.ts';

test.for([
  ['error', []],
  ['warn', ['kill']],
  ['info', ['forward_signal', 'kill']],
] as const)('--log-level %s has the lines of its level and above', async ([level, expected]) => {
  const args = ['--log-level', level, '--log-format', 'json', '--grace', '50ms'];
  const child = 'trap "" TERM; echo ready; while :; do sleep 0.02; done';
  const running = start([...args, '--spawn', child]);
  await running.until(/ready/);
  running.kill('SIGTERM');
  const { status, stderr } = await running.end();
  expect(status).toBe(137);
  const notes = jsonLines(stderr).filter(({ func }) => func === undefined);
  const events = notes.map(({ event }) => event).filter((event) => event !== 'summary');
  expect(events).toEqual(expected);
  expect(stderr.includes('"event":"summary"')).toBe(level === 'info');
});

test('what a person has to know is there at every level', async (context) => {
  // It reads our stdin, and so goes on until that ends.
  const left = 'exec 3<&0; cat <&3 >/dev/null & exit 3';
  const args = `--log-level error --log-format json -s --spawn '${left}'`;
  const running = shellStart(
    `${unshare(context, '--mount')} sh -c "mount -t tmpfs none /proc; exec ${QL} ${args}"`,
  );
  await running.until(/\n/, 'stderr');
  running.child.stdin?.end();
  const { status, stderr } = await running.end();
  expect(status).toBe(3);
  expect(jsonLines(stderr)).toMatchObject([{ level: 50, event: 'end_leftovers' }]);
});
