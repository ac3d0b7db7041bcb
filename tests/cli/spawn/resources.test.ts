import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  jsonLines,
  type Running,
  run,
  shell,
  shellStart,
  start,
  summaryOf,
  untilTrue,
} from '../../support/run.ts';

/** Until its main thread sleeps in poll or ppoll; nothing but an event may change that. */
async function untilInPoll({ pid }: Running): Promise<void> {
  const call = (): string => readFileSync(`/proc/${pid}/syscall`, 'utf8').split(' ')[0]!;
  await untilTrue(() => ['7', '271'].includes(call()));
}

describe('no busy polling', () => {
  test('one child: no more waits than there are events to wait for', async () => {
    const running = start(['--log-format', 'json', '--spawn', 'read x']);
    await running.until(/child_spawn/, 'stderr');
    await untilInPoll(running);
    running.child.stdin!.end();
    const { status, stderr } = await running.end();
    expect(status).toBe(1);
    // The first wait, which does not sleep, as GLib's; a sleep that SIGCHLD ends; and a look with a
    // bottom half to run.
    expect(summaryOf(stderr)).toMatchObject({ iterations: 3, wakeups: 1, signals: 1, reaped: 1 });
  });

  test('while a child runs the process is asleep: no system call, no CPU time', async () => {
    const running = start(['--log-format', 'json', '--spawn', 'read x'], { env: {} });
    await running.until(/child_spawn/, 'stderr');
    const switches = (): string => {
      const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
      return /^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1]!;
    };
    await untilInPoll(running);
    const before = switches();
    await shell('sleep 0.3');
    expect(switches()).toBe(before);
    running.child.stdin?.end();
    expect((await running.end()).status).not.toBeNull();
  });
});

describe('when something runs out', () => {
  test('descriptors: a wait while others run, and nothing is lost', async () => {
    // Two pipes a child: not all 40 fit under the limit at once.
    const args = Array.from({ length: 40 }, (_, i) => `--spawn 'read x; echo ${i}'`).join(' ');
    const running = shellStart(
      `ulimit -n 60; $QL --log-format json --prefix ${args}; echo status $?`,
    );
    // They live until then.
    await running.until(/spawn_retry.*EMFILE/, 'stderr');
    running.child.stdin?.end();
    const { stdout, stderr } = await running.end();
    const seen = stdout.trim().split('\n');
    expect(seen.at(-1)).toBe('status 0');
    expect(seen).toHaveLength(41);
    expect(summaryOf(stderr)).toMatchObject({ reaped: 40 });
  });

  test('processes: a wait while others run', async () => {
    // A user of its own, so that the limit counts only what is here.
    const args = Array.from({ length: 12 }, () => "--spawn 'read x'").join(' ');
    const running = shellStart(
      `exec setpriv --reuid 64123 --clear-groups prlimit --nproc=18 $QL --log-format json ${args}`,
    );
    await running.until(/spawn_retry/, 'stderr');
    running.child.stdin?.end();
    const { status, stderr } = await running.end();
    const waits = jsonLines(stderr).filter(({ event }) => event === 'spawn_retry');
    expect(waits[0]).toMatchObject({ errno: 'EAGAIN' });
    expect(summaryOf(stderr)).toMatchObject({ reaped: 12 });
    expect(status).toBe(1);
  });

  test('descriptors for ourselves: one line, and 125', async () => {
    for (let limit = 30; limit > 10; limit--) {
      const { status, stderr } = await shell(`ulimit -n ${limit}; $QL -q --spawn 'exit 3'`);
      if (status === 3) continue;
      expect({ limit, status }).toEqual({ limit, status: 125 });
      expect(stderr).toMatch(/^qemu-loop: .*EMFILE.*ulimit -n.*\n$/);
      return;
    }
    throw new Error('no limit was too low');
  });
});

describe('nothing is left behind', () => {
  test('no process, and no descriptor in the children', async () => {
    const { stdout } = await run(['-q', '--prefix', '--spawn', 'ls /proc/self/fd']);
    // Descriptors that we were given are handed on, as by any shell; our own are not.
    const plain = await shell('ls /proc/self/fd');
    expect(stdout.replaceAll('[1] ', '')).toBe(plain.stdout);
  });

  test('children have an empty mask and default dispositions', async () => {
    const { stdout } = await run(['-q', '--', 'cat', '/proc/self/status']);
    expect(stdout.match(/Sig(Blk|Ign|Cgt):\s+0{16}/g)).toHaveLength(3);
  });
});
