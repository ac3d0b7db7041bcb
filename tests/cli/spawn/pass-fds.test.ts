import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { EFD_CLOEXEC, EPOLL_CLOEXEC, O_NONBLOCK } from '../../../src/host/constants.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { command, Running } from '../../support/run.ts';

/** Runs the command under a shell that has opened descriptors 3 and 4. */
function run(...args: string[]): ReturnType<Running['end']> {
  const script = 'exec "$@" 3<<A 4<<B\nthree\nA\nfour\nB';
  return new Running('/bin/sh', [
    '-c',
    script,
    'sh',
    process.execPath,
    command,
    '--quiet',
    ...args,
  ]).end();
}

test('--pass-fd: children inherit those descriptors, and no others', async () => {
  const look = 'cat <&3; (cat <&4) 2>/dev/null || echo no four';
  const one = await run('--pass-fd', '3', '--', 'sh', '-c', look);
  expect(one).toMatchObject({ status: 0, stderr: '' });
  expect(one.stdout).toBe('three\nno four\n');
  const both = await run(
    '--pass-fd',
    '3-4',
    '--prefix',
    '--spawn',
    'cat <&3',
    '--spawn',
    'cat <&4',
  );
  expect(both).toMatchObject({ status: 0, stderr: '' });
  expect(both.stdout.split('\n').sort()).toEqual(['', '[1] three', '[2] four']);
});

test.each(['5', '6', '7', '8', '9', '99'])(
  '--pass-fd %s, which nobody has opened, says so',
  async (fd) => {
    const { status, stdout, stderr } = await run('--pass-fd', `3,${fd}`, '--', 'echo', 'started');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `qemu-loop: --pass-fd ${fd}: it is not open: open it for us, as a shell does by ${fd}<FILE\n`,
    );
  },
);

test.each([
  ['an eventfd', 'a low number', 9],
  ['an eventfd that does not block', 'a high number', 40],
  ['an epoll', 'a high number', 40],
] as const)('--pass-fd: %s as %s is handed on, though Node has such of its own', (what, _, fd) => {
  const host = new LinuxHost();
  const ours =
    what === 'an epoll'
      ? host.epollCreate1(EPOLL_CLOEXEC)
      : host.eventfd(0, EFD_CLOEXEC | (what === 'an eventfd' ? 0 : O_NONBLOCK));
  const stdio = Array.from({ length: fd + 1 }, (): 'ignore' | 'pipe' | number => 'ignore');
  stdio.splice(1, 2, 'pipe', 'pipe');
  stdio[fd] = ours;
  const args = ['-q', '--pass-fd', String(fd), '--', 'readlink', `/proc/self/fd/${fd}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { stdio });
  host.close(ours);
  host.dispose();
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' });
  expect(String(stdout)).toMatch(/^anon_inode:/);
});
