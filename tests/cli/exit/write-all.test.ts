/** A command's own output to a pipe that others share, with a slow reader. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  F_GETFL,
  F_SETPIPE_SZ,
  O_CLOEXEC,
  O_NONBLOCK,
  P_PID,
  POLLIN,
  SIGKILL,
  WEXITED,
} from '../../../src/host/constants.ts';
import { check } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { command, root, run, untilTrue } from '../../support/run.ts';

const FILE = join(root, 'scenarios', 'sigchld.yaml');
const RUN = ['run', '--repeat', '40', '--host', 'sim', '--reporter', 'json', FILE];
const LIST = ['trace', 'list'];
/** The smallest capacity of a pipe; these commands write more. */
const ROOM = 4096;

let host: LinuxHost;
let pipe: number[];
/** The command's pid, until it is reaped. */
let pid = 0;

beforeEach(() => {
  host = new LinuxHost();
  pipe = [];
});
afterEach(() => {
  if (pid > 0) {
    host.kill(pid, SIGKILL);
    reap();
  }
  for (const fd of pipe) host.close(fd);
  host.dispose();
});

/** Makes the pipe that the command is to have as its stdout. */
function open(flags: number): void {
  check(host.pipe2(pipe, O_CLOEXEC | flags), 'pipe2');
  check(host.fcntl(pipe[1]!, F_SETPIPE_SZ, ROOM), 'F_SETPIPE_SZ');
}

/** Not by Node, which makes a child's stdout blocking. */
function start(args: readonly string[]): void {
  const argv = [process.execPath, command, ...args];
  pid = check(host.spawn({ file: process.execPath, argv, fds: [0, pipe[1]!, 2] }), 'spawn');
}

/** Returns the exit status. */
function reap(): number {
  const result = newWaitResult();
  check(host.waitid(P_PID, pid, WEXITED, result), 'waitid');
  pid = 0;
  return result.status;
}

/** Awaits that its main thread sleeps in poll or ppoll, where Node's own loop never does. */
function untilPolls(): Promise<void> {
  return untilTrue(() => {
    const text = readFileSync(`/proc/${pid}/syscall`, 'latin1');
    return ['7', '73', '271'].includes(text.split(' ')[0]!);
  });
}

function awaitText(): void {
  const pollfd = host.alloc(8);
  pollfd.i32[0] = pipe[0]!;
  pollfd.i32[1] = POLLIN;
  check(host.poll(pollfd, 1, -1), 'poll');
}

/** Reads until nobody has the other end. */
function readAll(): string {
  host.close(pipe.pop()!);
  const buffer = host.alloc(ROOM);
  let text = '';
  for (;;) {
    awaitText();
    const ret = check(host.read(pipe[0]!, buffer, 0, ROOM), 'read');
    if (ret === 0) return text;
    text += Buffer.from(buffer.u8.subarray(0, ret)).toString('latin1');
  }
}

const withoutNumbers = (text: string): string => text.replaceAll(/[\d.]+/g, 'N');

describe('text of the command itself', () => {
  test.each([[RUN], [LIST]])(
    'goes whole to a full pipe that is not blocking, and it sleeps meanwhile: %j',
    async (args) => {
      open(O_NONBLOCK);
      start(args);
      await untilPolls();
      const text = readAll();
      expect(reap()).toBe(0);
      const { stdout } = await run(args);
      expect(stdout.length).toBeGreaterThan(ROOM);
      expect(withoutNumbers(text)).toBe(withoutNumbers(stdout));
    },
  );

  test('leaves the flags of a pipe that is not its own alone', () => {
    open(0);
    start(RUN);
    awaitText();
    expect(host.fcntl(pipe[1]!, F_GETFL, 0) & O_NONBLOCK).toBe(0);
    readAll();
    expect(reap()).toBe(0);
  });

  test.each([[RUN], [LIST]])('is no failure where nobody reads it: %j', (args) => {
    open(0);
    host.close(pipe[0]!);
    pipe[0] = -1;
    start(args);
    expect(reap()).toBe(0);
  });
});
