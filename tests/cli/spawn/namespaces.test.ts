/** A pid namespace of our own whose /proc, or whose terminal, is the one's outside. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needRoot, unshare } from '../../support/needs.ts';
import { childrenOf, jsonLines, shell, shellStart } from '../../support/run.ts';
import { onTerminal, testDirectory } from '../../support/terminal.ts';

test.for([
  ['with its /proc', '--pid --fork --mount-proc'],
  ["with the outer one's", '--pid --fork'],
] as const)(
  'a group whose terminal is an outer one gets it when it reads: %s',
  async ([, kinds], context) => {
    const child = 'echo ready; read x; echo got $x; exit 4';
    const running = onTerminal(
      `${unshare(context, kinds)} $QL -q -g --sigfd compat -- sh -c '${child}'; echo status $?`,
    );
    await running.until(/ready/);
    running.line('word');
    await running.until(/got word/);
    await running.until(/status 4/);
    await running.end();
  },
);

test('a group that reads nothing leaves an outer terminal to others: it could not be given back', async (context) => {
  const running = onTerminal(
    `${unshare(context, '--pid --fork')} $QL -q -g --sigfd compat -- true; echo ready; read x; echo got $x`,
  );
  await running.until(/ready/);
  running.line('word');
  await running.until(/got word/);
  await running.end();
});

test.for([
  ['after the grace', '50ms', 'TERM'],
  ['after the second SIGINT', '1h', 'INT'],
])(
  'what does not die %s, and /proc does not show, is given up',
  async ([, grace, signal], context) => {
    const tells = `while :; do kill -${signal} $PPID; sleep 0.02; done`;
    const child = `trap "" TERM INT; setsid sleep 100 >&- 2>&- & ${tells}`;
    const { stdout, stderr } = await shell(
      `${unshare(context, '--pid --fork')} sh -c '$QL -q -s --grace ${grace} -- sh -c "$CHILD"; echo status $?'`,
      { env: { CHILD: child } },
    );
    const line = /^qemu-loop: processes are left that \/proc does not show: mount [^\n]*\n$/;
    expect(stderr).toMatch(line);
    expect(stdout).toBe('status 125\n');
  },
);

test('pid 1 ends everything left, although /proc has another namespace’s numbers', async (context) => {
  const stays = 'trap "" TERM; echo $$; exec sleep 100 >&-';
  const { status, stdout, stderr } = await shell(
    `${unshare(context, '--pid --fork')} $QL --sigfd compat --log-format json --grace 50ms --spawn 'sleep 100 >&- & echo $( (${stays}) & ); exit 5'`,
  );
  expect({ status, pid: Number(stdout) > 1 }).toEqual({ status: 5, pid: true });
  const lines = jsonLines(stderr);
  const said = lines.filter(({ event }) => ['end_leftovers', 'kill'].includes(String(event)));
  expect(said.map(({ msg }) => msg)).toEqual([
    'SIGTERM to all processes left behind',
    '50 ms grace are over: SIGKILL to all processes',
  ]);
  expect(lines.at(-1)).toMatchObject({ event: 'summary', orphans: 2 });
});

test.for([
  [
    'pretty',
    /sigfd_compat +blocking signals .*: there is no \/proc .*: signals come as by --sigfd compat\n/,
  ],
  ['json', /"event":"sigfd_compat","errno":"E[A-Z]+","msg":"blocking signals [^"]*compat"\}\n/],
] as const)(
  'that signals come another way is one line of the log: %s',
  async ([format, line], context) => {
    // A tmpfs in place of /proc.
    const { status, stderr } = await shell(
      `${unshare(context, '--mount')} sh -c "mount -t tmpfs none /proc; exec $QL --log-format ${format} --spawn 'exit 3'"`,
    );
    expect(status).toBe(3);
    expect(stderr.match(/as by --sigfd compat/g)).toHaveLength(1);
    expect(stderr).toMatch(line);
  },
);

test('a signalfd that is asked for, without /proc: one line that says what is missing, and 125', async (context) => {
  const { status, stderr } = await shell(
    `${unshare(context, '--mount')} sh -c "mount -t tmpfs none /proc; exec $QL -q --sigfd native --spawn 'exit 3'"`,
  );
  expect(status).toBe(125);
  expect(stderr).toMatch(/^qemu-loop: blocking .*: there is no \/proc .*: mount it, or .*\n$/);
});

test('neither /proc nor /dev: the exit status is kept, and nothing is said', async (context) => {
  const { status, stdout, stderr } = await shell(
    `${unshare(context, '--mount')} sh -c "mount -t tmpfs none /proc; mount -t tmpfs none /dev; exec $QL -q --prefix --spawn 'echo hi; exit 3'"`,
  );
  expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: '[1] hi\n', stderr: '' });
});

test('pid 1 without CAP_KILL says that the kernel ends what it may not, and what to do', async (context) => {
  unshare(context, '--pid --fork');
  needRoot(context, 'a program of another user');
  // It only says so as the other user.
  const service = "setpriv --reuid=65534 --clear-groups sh -c 'echo ready; exec sleep 100'";
  const namespace =
    'exec unshare --pid --fork --kill-child --mount-proc setpriv --bounding-set=-kill';
  const running = shellStart(`${namespace} $QL -q --grace 50ms -- ${service}`);
  await running.until(/ready/);
  const [pid1] = childrenOf(running.pid);
  process.kill(pid1!, 'SIGTERM');
  const { status, stderr } = await running.end();
  const [first, ...rest] = stderr.trimEnd().split('\n');
  expect(first).toMatch(/^qemu-loop: SIGTERM cannot be sent to pid \d+ \(\w+\): .*EPERM\)$/);
  expect(rest.at(-1)).toMatch(
    /^qemu-loop: the kernel ends with us, since SIGKILL may not be sent: pid \d+ \(\w+\): run .* CAP_KILL$/,
  );
  expect(status).toBe(125);
});

test('pid 1 goes on after SIGABRT, which the kernel drops, also with a trace', async (context) => {
  const file = join(testDirectory(), 'trace');
  const child = 'trap "exit 5" TERM; echo ready; sleep 100 & wait';
  const namespace = `exec ${unshare(context, '--pid --fork --kill-child --mount-proc')}`;
  const running = shellStart(`${namespace} $QL -q --trace-file json:${file} --spawn '${child}'`);
  await running.until(/ready/);
  const [pid1] = childrenOf(running.pid);
  process.kill(pid1!, 'SIGABRT');
  process.kill(pid1!, 'SIGTERM');
  expect(await running.end()).toMatchObject({ status: 5, stderr: '' });
});

test('what a shell leaves running that /proc does not show is told in one line', async (context) => {
  const child = 'exec 3<&0; { read x <&3; } & exit 3';
  const start = unshare(context, '--pid --fork');
  const inside = `$QL --log-level warn --spawn "${child}"; echo $?; read x`;
  const running = shellStart(`${start} sh -c '${inside}'`);
  await running.until(/3\n/);
  running.child.stdin?.end('\n\n');
  const lines = (await running.end()).stderr.split('\n').slice(0, -1);
  expect(lines.map((line) => line.replace(/^[\d.]+ (\w+) +/, '$1 '))).toEqual([
    expect.stringMatching(/^sigfd_compat /),
    'left_running processes are left running that /proc does not show: mount the /proc of this pid namespace',
  ]);
});

test('without its /proc, a child from before it began is no matter of its own', async (context) => {
  const inside = `(read y <&3 & exec $QL --log-level warn -- true) 3<&0; echo ended; read x`;
  const running = shellStart(`${unshare(context, '--pid --fork')} sh -c '${inside}'`);
  await running.until(/ended\n/);
  running.child.stdin?.end('\n\n');
  expect((await running.end()).stderr).toMatch(/^[\d.]+ sigfd_compat [^\n]*\n$/);
});
