/** `qemu-loop fuzz`: hosts compared by random scenarios, with a shell script in place of QEMU. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forQemu } from '../../../src/cli/fuzz/for-qemu.ts';
import { compare, scenarioOfSeed, written } from '../../../src/cli/fuzz/hosts.ts';
import type { PlainScenario } from '../../../src/cli/fuzz/random-scenario.ts';
import { spelledOut } from '../../../src/cli/fuzz/random-threads.ts';
import { reduce } from '../../../src/cli/fuzz/reduce.ts';
import type { Scenario } from '../../../src/scenario/model.ts';
import { refusedByQemu } from '../../../src/scenario/qemu/refusal.ts';
import { runScenario } from '../../../src/scenario/run/run.ts';
import { SimWorld } from '../../../src/scenario/run/sim-world.ts';
import { scenarioOf } from '../../scenario/files.ts';
import { fakeTree } from '../../support/qemu-tree.ts';
import { type Ended, run } from '../../support/run.ts';

let dir = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-fuzz-'));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function fuzz(args: readonly string[], build?: string): Promise<Ended> {
  return run(['fuzz', ...args], { env: { XDG_CACHE_HOME: join(dir, 'cache'), QEMU_BUILD: build } });
}

describe('a difference', () => {
  it('is shrunk to the smallest file, and printed with the command that repeats it', async () => {
    // It never logs anything.
    const { build } = fakeTree(join(dir, 'silent'), ['echo "= 7.2.0"', 'echo ". 0 0"']);
    const { status, stdout } = await fuzz(
      ['--host', 'sim,qemu', '--seed', '3', '--count', '1'],
      build,
    );
    expect(status).toBe(1);
    expect(stdout).toContain('# seed 3 comes out differently:\n#  sim      | qemu\n');
    expect(stdout).toContain('# again: qemu-loop fuzz --host sim,qemu --seed 3 --count 1\n');
    expect(stdout).toMatch(
      /# 1 random scenarios on sim and qemu, \d+ entries .*: 1 came out differently\n$/,
    );
    const file = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    // One step that logs, and the name that a file must have.
    expect(file.length).toBeLessThanOrEqual(4);
    const path = join(dir, 'found.yaml');
    writeFileSync(path, stdout);
    const env = { XDG_CACHE_HOME: join(dir, 'cache'), QEMU_BUILD: build };
    const again = await run(['run', '--host', 'all', path], { env });
    expect(again.stdout).toContain('the order logs of the hosts differ');
  });

  it('between loops of QEMU 11 is shrunk to one between loops of QEMU 11', async () => {
    const { build } = fakeTree(join(dir, 'silent-11'), ['echo "= 11.1.0"', 'echo ". 0 0"']);
    const asked = ['--host', 'sim,qemu', '--qemu', '11', '--seed', '3', '--count', '1'];
    const { stdout } = await fuzz(asked, build);
    expect(stdout).toContain('# seed 3 comes out differently:');
    expect(stdout).toContain('\nqemu: 11\n');
  });

  it('between several threads is shrunk to a file in which one still moves at a time', async () => {
    const { build } = fakeTree(join(dir, 'silent-threads'), ['echo "= 7.2.0"', 'echo ". 0 0"']);
    const asked = ['--host', 'sim,qemu', '--threads', '--seed', '3', '--count', '1'];
    const { status, stdout } = await fuzz(asked, build);
    expect(status).toBe(1);
    expect(stdout).toContain(
      '# again: qemu-loop fuzz --host sim,qemu --threads --seed 3 --count 1\n',
    );
    expect(stdout).toMatch(/^steps:\n {2}- hold: io0\n {2}- hold: io1\n {2}- repeat:/m);
    expect(stdout).toMatch(/\n {2}- go_on: io0\n {2}- go_on: io1\n/);
    const path = join(dir, 'threads.yaml');
    writeFileSync(path, stdout);
    const again = await run(['run', '--host', 'all', path], {
      env: { XDG_CACHE_HOME: join(dir, 'cache'), QEMU_BUILD: build },
    });
    expect(again.stdout).toContain('the order logs of the hosts differ');
  });

  it('is nothing if neither run has an end, and one came further', async () => {
    const plain: PlainScenario = {
      name: 'endless',
      // That nothing ends it is not seen before it runs.
      fds: { g: {}, z: { drain: false, ready: true, do_write: [{ watch: { g: 'both' } }] } },
      steps: ['run'],
    };
    const qemu = (entry: string) => ({
      refuse: () => null,
      run: async () => ({
        host: 'qemu',
        abort: 'it ran for longer than 10 s',
        order: Array.from({ length: 12_000 }, () => ({ text: entry, timeNs: 0, iteration: 0 })),
      }),
    });
    const compared = (entry: string) =>
      compare(plain, { hosts: ['sim', 'qemu'], qemu: qemu(entry), timeoutNs: 1 } as never);
    expect((await compared('z'))!.differences).toEqual([]);
    expect((await compared('y'))!.differences).toHaveLength(1);
  });

  it('is made smaller only by scenarios that come to an end as the whole one does', async () => {
    // Without its guard, and without its steps, it never ends on any host.
    const endless: PlainScenario = { name: 'endless', steps: ['poll', { poll: 'blocking' }] };
    const limits: number[] = [];
    const run = async (scenario: Scenario, limitNs: number) => {
      limits.push(limitNs);
      return runScenario(scenario, (own) => new SimWorld(own));
    };
    const qemu = { refuse: () => null, run };
    const hosts = { hosts: ['sim', 'qemu'], qemu, timeoutNs: 100e9 } as never;
    const smaller = { ends: new Set(['sim', 'qemu'] as const) };
    expect(await compare(endless, hosts, smaller)).toBeNull();
    expect(limits).toEqual([]);
    // One that hangs on QEMU alone is not waited for as long as the whole one was.
    const busy = { name: 'busy', bottom_halves: { a: { do: [{ block: '5s' }] } } };
    const short = { ...busy, steps: [{ schedule: 'a' }, 'step'] };
    await compare(short, hosts, smaller);
    await compare(short, hosts);
    expect(limits.map((ns) => Math.floor(ns / 1e9))).toEqual([6, 100]);
  });

  it('may be a wake-up that is lost', async () => {
    const faults = [{ call: 'write', on: 'notifier', error: 'EAGAIN' }];
    let found = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const plain = scenarioOfSeed(seed, { hosts: ['sim', 'qemu'] });
      const lossy = scenarioOf(JSON.stringify({ ...plain, faults }));
      const run = async () => runScenario(lossy, (own) => new SimWorld(own));
      const hosts = { hosts: ['sim', 'qemu'], qemu: { refuse: () => null, run }, timeoutNs: 1 };
      const { differences } = (await compare(plain, hosts as never))!;
      if (differences.length > 0) found++;
    }
    // Each sleep of a context that another thread ends.

    expect(found).toBeGreaterThanOrEqual(2);
  });

  it('is not told if the driver does not start, which ends the whole', async () => {
    const { build } = fakeTree(join(dir, 'noexec'), []);
    chmodSync(join(dir, 'noexec', 'driver'), 0o644);
    const { status, stdout, stderr } = await fuzz(['--host', 'sim,qemu', '--count', '3'], build);
    expect([status, stdout]).toEqual([125, '']);
    expect(stderr).toMatch(
      /cannot be started: \S+driver-\w+: Permission denied \(EACCES\): set XDG_CACHE_HOME/,
    );
  });

  it('may be an abort of one host', async () => {
    const { build } = fakeTree(join(dir, 'crash'), ['echo boom >&2; kill -ABRT $$']);
    const { status, stdout } = await fuzz(
      ['--host', 'qemu,sim', '--seed', '5', '--count', '1', '--timeout', '9s'],
      build,
    );
    expect(status).toBe(1);
    expect(stdout).toContain(' --seed 5 --count 1 --timeout 9s\n');
    expect(stdout).toContain('(aborted)');
    expect(stdout).toContain('# qemu: QEMU  was ended by SIGABRT: boom\n');
  });
});

it('the simulated and the real host agree', async () => {
  const { status, stdout } = await fuzz(['--count', '5', '--jobs', '2']);
  expect(stdout).toMatch(
    /^# 5 random scenarios on sim and linux, \d+ .*: 0 came out differently\n$/,
  );
  expect(status).toBe(0);
});

it('they agree between several threads', async () => {
  const { status, stdout } = await fuzz(['--threads', '--count', '3', '--jobs', '2']);
  expect(stdout).toMatch(
    /^# 3 random scenarios on sim and linux, \d+ .*: 0 came out differently\n$/,
  );
  expect(status).toBe(0);
});

describe('the command line', () => {
  it.each([
    [['--host', 'sim'], /expected two or three of sim, linux and qemu/],
    [['--host', 'sim,sim'], /expected two or three/],
    [['--host', 'sim,bochs'], /expected two or three/],
    [['--seed', '-1'], /expected a seed/],
    [['--count', '0'], /expected a number above 0/],
    [['--seed', '4294967295', '--count', '2'], /beyond the last seed/],
    [['--timeout', '0s'], /above 0/],
    [['--fdmon', 'io_uring'], /--fdmon io_uring needs --qemu 11/],
    [['a.yaml'], /unexpected argument 'a.yaml': qemu-loop fuzz takes none/],
    [['--host', 'sim,qemu'], /which QEMU\?/],
  ])('%j is refused with 2', async (args, message) => {
    const { status, stderr } = await fuzz(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('has a --help', async () => {
    const { stdout } = await fuzz(['--help']);
    expect(stdout).toContain('Usage: qemu-loop fuzz [options]');
    // There are none.
    expect(stdout).not.toMatch(/the\s+file's/);
  });
});

describe('random scenarios', () => {
  it('are the same for the same seed, and others for another', () => {
    const [one, again, other] = [5, 5, 6].map((seed) =>
      scenarioOfSeed(seed, { hosts: ['sim', 'linux'] }),
    );
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it.each([false, true])('are all accepted by QEMU, if it is one of the hosts', (threads) => {
    for (let seed = 0; seed < 50; seed++) {
      const made = scenarioOfSeed(seed, { hosts: ['sim', 'qemu'], threads });
      const plain = written(made, { threads });
      expect(refusedByQemu(scenarioOf(JSON.stringify(plain)))).toBeNull();
    }
  });

  it('give a thread the big lock, and wait for its end, as long as it is there', () => {
    const steps = [{ do: [{ runs: 'x' }, { log: 'a' }] }];
    const { steps: all } = spelledOut({ name: 'a', threads: { x: ['notify_event'] }, steps });
    const from = all.findIndex((one) => JSON.stringify(one).includes('start'));
    expect(all.slice(from - 1, from + 4)).toEqual([
      { unlock: 'bql' },
      { start: 'x' },
      { join: 'x' },
      { lock: 'bql' },
      { log: 'a' },
    ]);
  });

  it('wait with io_uring in QEMU 11 if it is asked for, also on QEMU itself', () => {
    const asked = { hosts: ['sim', 'qemu'], version: '11', uring: true } as const;
    expect(scenarioOfSeed(1, asked)).toMatchObject({ qemu: 11, fdmon: 'io_uring' });
  });

  it('call nothing that the tree beside them does not have', () => {
    const uses = (treeHasExternal?: boolean) =>
      Array.from({ length: 20 }, (_, seed) =>
        JSON.stringify(scenarioOfSeed(seed, { hosts: ['sim', 'qemu'], treeHasExternal })),
      ).some((text) => text.includes('disable_external'));
    expect([uses(), uses(true), uses(false)]).toEqual([true, true, false]);
  });

  it('keep all but three things for QEMU', () => {
    const plain = {
      fdmon: 'poll',
      steps: [{ sigaction: { SIGUSR1: 'ignore' } }],
      x: ['pid', 'int'],
    };
    expect(forQemu(plain)).toEqual({
      fdmon: 'auto',
      steps: [{ sigaction: { SIGUSR1: 'default' } }],
      x: ['pid'],
    });
  });
});

it('reduce leaves out all that is not needed, and nothing else', async () => {
  const whole = { a: [1, 2, { b: 3, c: [4, 5] }], d: { e: 6 }, f: 7 };
  const needed = (text: string) => text.includes('5') && text.includes('"b":3');
  const small = await reduce(whole, async (less) => needed(JSON.stringify(less)));
  expect(small).toEqual({ a: [{ b: 3, c: [5] }] });
});
