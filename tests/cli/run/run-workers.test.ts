/** `qemu-loop run` if a process for its scenarios cannot be started. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unshare } from '../../support/needs.ts';
import { type Ended, root, shell } from '../../support/run.ts';

const FILE = join(root, 'scenarios', 'sigchld.yaml');

/**
 * Descriptors that are enough for ourselves, and too few for a worker: Node alone knows how many. Not
 * too few are `most`, and too few `least`.
 */
let [least, most] = [10, 30];

async function under(limit: number, args: string): Promise<Ended> {
  // A session of its own: a signal to its group must be none to the tests.
  const script = `trap "echo signalled" TERM; $QL run --host linux ${args}; echo status $?`;
  return shell(`ulimit -n ${limit}; exec setsid --wait sh -c '${script}'`);
}

async function limited(args: string): Promise<Ended> {
  while (most - least > 1) {
    const limit = Math.floor((least + most) / 2);
    if (/ok|FAIL/.test((await under(limit, args)).stdout)) most = limit;
    else least = limit;
  }
  return under(least, args);
}

describe('a worker that cannot be started', () => {
  test.each([FILE, `--jobs 3 --repeat 9 ${FILE}`])(
    'is one line and 125, and no signal to our group: %s',
    async (args) => {
      const { stdout, stderr } = await limited(args);
      expect(stdout).toBe('status 125\n');
      expect(stderr).toMatch(/^qemu-loop: cannot start a worker: .*EMFILE.*ulimit -n.*\n$/);
    },
  );

  test('leaves its part to the others', async () => {
    const { status, stdout, stderr } = await shell(
      `ulimit -n 40; $QL run --jobs 40 --repeat 40 --host linux --reporter json ${FILE}`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!).totals.passed).toBe(40);
  });
});

test('a worker needs no /dev/null', async (context) => {
  const start = unshare(context, '--mount');
  const { status, stdout, stderr } = await shell(
    `${start} sh -c "mount -t tmpfs none /dev; exec $QL run --host linux ${join(root, 'scenarios', 'nested-poll.yaml')}"`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^ok /);
});
