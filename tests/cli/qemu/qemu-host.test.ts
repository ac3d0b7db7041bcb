/** `qemu-loop run --host qemu`, with a shell script in place of the driver. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeTree, fakeTree } from '../../support/qemu-tree.ts';
import { type Ended, run } from '../../support/run.ts';

let dir = '';
let tree: FakeTree;

const DRIVER = [
  'grep -q text=hang "$program" && exec sleep 100',
  'echo "= 7.2.99"',
  'echo "- 5000 1 -1 a"',
  // Object 1 is an iothread there.
  'grep -q text=several "$program" && { echo "- 6000 1 1 b"; echo "- 7000 0 -2 c"; echo "? 0 1 7"; exit; }',
  'grep -q text=thread "$program" && { echo "! 1"; echo "iothread.c:1: boom" >&2; kill -ABRT $$; }',
  'grep -q text=crash "$program" && { echo "util/async.c:1: boom" >&2; kill -ABRT $$; }',
  'grep -q text=lacks "$program" && { echo "this QEMU has no such thing" >&2; exit 4; }',
  'grep -q text=die "$program" && { echo "it is closed" >&2; exit 3; }',
  'grep -q "^check" "$program" && echo "? 0 -1 7"',
  `printf '%s\\n' '- 6000 2 -1 \\303\\274\\n"x"'`,
  'echo ". 3 7000000"',
];

const FILES = {
  good: 'name: good\nsteps: [{log: a}, {log: "ü\\n\\"x\\""}]\nexpect: {order: [a, "ü\\n\\"x\\""], iterations: 3, elapsed: 7ms}\n',
  bad: 'name: bad\nbottom_halves: {b: {}}\nsteps: [{check: {calls: {b: 8}}}]\nexpect: {order: [b]}\n',
  crash: 'name: crash\nsteps: [{log: crash}]\n',
  abort: 'name: abort\nsteps: [{log: a}, {log: crash}]\nexpect: {abort: boom, order: [a]}\n',
  gone: 'name: gone\nsteps: [{log: lacks}]\nexpect: {abort: no such thing}\n',
  lacks: 'name: lacks\nsteps: [{log: lacks}]\n',
  die: 'name: die\nsteps: [{log: die}]\n',
  hang: 'name: hang\nsteps: [{log: hang}]\n',
  child: 'name: child\nchildren: {c: {}}\nsteps: [{spawn: c}, {log: a}]\n',
  uring: 'name: uring\nqemu: 11\nfdmon: io_uring\nsteps: [{log: a}]\n',
  several: [
    'name: several',
    'bottom_halves: {b: {in: io, do: [{check: {calls: {b: 8}}}]}}',
    'iothreads: {io: {}}',
    'requests: {r: {work: [{log: c}, {log: several}]}}',
    'steps: [{log: a}, {schedule: b}, {submit: r}]',
    'expect: {order: {main: [a], io: [b]}, includes: ["worker: c"]}',
  ].join('\n'),
  thread:
    'name: thread\nbottom_halves: {b: {in: io}}\niothreads: {io: {}}\nsteps: [{log: thread}]\nexpect: {abort: {io: boom}}\n',
  stops: 'name: stops\nvcpus: {cpu0: {}}\nsteps: [pause_all_vcpus]\n',
  vcpu: 'name: vcpu\nvcpus: {cpu0: {do: [{log: vcpu}]}}\nsteps: [{run_on_cpu: {cpu: cpu0, do: [{log: a}]}}]\n',
  looked: 'name: looked\nsteps: [{log: "x\\\\y\\nz"}]\n',
};

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tree-'));
  tree = fakeTree(dir, DRIVER);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(path(name), text);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function path(name: string): string {
  return join(dir, `${name}.yaml`);
}

async function onQemu(name: string, ...more: string[]): Promise<Ended> {
  return command(['--host', 'qemu', '--qemu-build', tree.build, path(name), ...more]);
}

async function command(args: readonly string[], build?: string): Promise<Ended> {
  const env = { XDG_CACHE_HOME: tree.cache, QEMU_BUILD: build };
  const ended = await run(['run', ...args], { env });
  const plain = (text: string): string => text.replaceAll(`${dir}/`, '');
  return { ...ended, stdout: plain(ended.stdout), stderr: plain(ended.stderr) };
}

describe('a run on QEMU', () => {
  it('is judged as on the other hosts, and tells the version', async () => {
    const { status, stdout } = await onQemu('good');
    expect(stdout).toMatch(/^ok {3}good {2}good\.yaml {2}qemu 7\.2\.99, 7ms\n1 passed/);
    expect(status).toBe(0);
  });

  it('fails by a check and by the order', async () => {
    const { status, stdout } = await onQemu('bad');
    expect(status).toBe(1);
    expect(stdout).toContain('bad.yaml:3:18: calls of b: expected 8, found 7 (qemu)');
    expect(stdout).toMatch(/- b +expected\n +\+ a +5us {2}#1/);
    expect(stdout).toContain('run it again: qemu-loop run bad.yaml --host qemu --qemu-build build');
  });

  it('says how QEMU crashed, with the text and the log so far', async () => {
    const { status, stdout } = await onQemu('crash');
    expect(status).toBe(1);
    expect(stdout).toContain('QEMU 7.2.99 was ended by SIGABRT: util/async.c:1: boom (qemu)');
  });

  it('has the entries and checks of each thread', async () => {
    const { status, stdout } = await onQemu('several');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAIL several .*\n.*io: calls of b: expected 8, found 7 \(qemu\)\n/);
    expect(stdout).not.toContain('order log');
    expect(tree.programs().join('')).toMatch(/^drive .* threads=1 pool_min=0 pool_max=64$/m);
  });

  it('knows the thread that crashed', async () => {
    expect(await onQemu('thread')).toMatchObject({ status: 0 });
  });

  it('may expect a crash', async () => {
    expect((await onQemu('abort')).status).toBe(0);
  });

  it('tells the error of a program that cannot go on', async () => {
    const { status, stdout } = await onQemu('die');
    expect(status).toBe(1);
    expect(stdout).toContain('it is closed (qemu)');
  });

  it('ends by --timeout if QEMU hangs', async () => {
    const { status, stdout } = await onQemu('hang', '--timeout', '200ms');
    expect(status).toBe(1);
    expect(stdout).toContain('it ran for longer than 0.2 s (qemu)');
  });

  it('refuses with 2 a file that QEMU cannot run, with the place and the reason', async () => {
    const { status, stdout } = await onQemu('child');
    expect(status).toBe(2);
    expect(stdout).toContain(
      "child.yaml:2:12: QEMU cannot run it: child 'c': QEMU has no chain behind SIGCHLD (qemu)",
    );
    expect(stdout).toContain('run it again: qemu-loop run child.yaml --host sim');
  });

  it('refuses to stop vCPUs', async () => {
    const { status, stdout } = await onQemu('stops');
    expect(status).toBe(2);
    expect(stdout).toContain("pause_all_vcpus: QEMU's event loop is linked without cpus.c (qemu)");
  });

  it('refuses with 2 what this QEMU turns out not to have', async () => {
    const { status, stdout } = await onQemu('lacks');
    expect(status).toBe(2);
    expect(stdout).toContain('QEMU cannot run it: this QEMU has no such thing (qemu)');
  });

  it('takes that for the abort that a file expects', async () => {
    expect(await onQemu('gone')).toMatchObject({ status: 0 });
  });

  it('shows the order log of a file that expects nothing, and hands on its texts whole', async () => {
    const { stderr } = await onQemu('looked');
    expect(stderr).toContain('         5us  #1  a\n');
    expect(tree.programs().join('')).toContain('log text=x\\\\y\\nz\n');
  });

  it('runs several at a time, and reports them in order', async () => {
    const more = [path('bad'), path('crash'), '--jobs', '3', '--reporter', 'tap'];
    const { stdout } = await onQemu('good', ...more);
    expect(stdout.match(/^(not )?ok \d/gm)).toEqual(['ok 1', 'not ok 2', 'not ok 3']);
  });
});

describe('--host all', () => {
  it('shows the hosts that differ side by side', async () => {
    const { status, stdout } = await command(['--host', 'all', path('bad')], tree.build);
    expect(status).toBe(1);
    expect(stdout).toContain('the order logs of the hosts differ:\n       sim, linux | qemu\n');
    expect(stdout).toMatch(/run it again: qemu-loop run bad\.yaml --host all\n/);
  });

  it('compares the others if QEMU cannot run a file, and says so', async () => {
    const { status, stdout } = await command(['--host', 'all', path('child')], tree.build);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ok .* sim and linux,/);
    expect(stdout).toContain('note: child.yaml:2:12: not on qemu: QEMU cannot run it');
  });

  it('does so too if this QEMU only turns out not to have something', async () => {
    const { status, stdout } = await command(['--host', 'all', path('lacks')], tree.build);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ok .* sim and linux,/);
    expect(stdout).toContain('note: not on qemu: QEMU cannot run it: this QEMU has no such thing');
  });
});

describe('--print-expect', () => {
  it('prints the log as an expect that holds', async () => {
    const { status, stdout } = await onQemu('looked', '--print-expect');
    expect(status).toBe(0);
    expect(stdout).toBe(
      '# looked: qemu 7.2.99\nexpect:\n  order:\n    - a\n    - |-\n      ü\n      "x"\n',
    );
  });

  it('has the abort, on any host, and exits as the run does', async () => {
    const { status, stdout } = await onQemu('crash', '--print-expect');
    expect(status).toBe(1);
    expect(stdout).toContain('abort: "QEMU 7.2.99 was ended by SIGABRT: util/async.c:1: boom"');
    const sim = await command(['--print-expect', path('good')]);
    expect(sim.stdout).toBe(
      '# good: sim\nexpect:\n  order:\n    - a\n    - |-\n      ü\n      "x"\n',
    );
  });

  it('prints nothing of a file that did not run', async () => {
    const { status, stdout, stderr } = await onQemu('child', '--print-expect');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('QEMU has no chain behind SIGCHLD');
  });

  it.each([['--watch'], ['--json'], ['--host', 'all']])(
    'does not go with %s %s',
    async (...more) => {
      const { status, stderr } = await command(
        ['--print-expect', ...more, path('good')],
        tree.build,
      );
      expect(status).toBe(2);
      expect(stderr).toContain('--print-expect');
    },
  );
});

describe('the driver', () => {
  it('is built once for each build of the loop, and kept', async () => {
    tree.ninja();
    const before = tree.builds();
    const first = await onQemu('good');
    expect(first.stderr).toContain('building the driver for the QEMU in');
    expect((await onQemu('good')).stderr).toBe('');
    expect(tree.builds() - before).toBe(1);
    tree.ninja();
    await onQemu('good');
    expect(tree.builds() - before).toBe(2);
    expect(readdirSync(join(tree.cache, 'qemu-loop'))).toHaveLength(1);
  });

  it("is linked with what QEMU's own test is, except that test's objects", async () => {
    tree.ninja();
    await onQemu('good');
    expect(tree.linked()).toMatch(/ -Wl,--wrap=io_uring_queue_init -Wl,.* libqom\.p\/a\.o -lm\n/);
  });

  it('is compiled with the source of vCPUs, if it is there, and anew if that changes', async () => {
    const bare = tree.linked();
    expect(bare).not.toContain('HAS_VCPUS');
    const source = join(dir, 'cpu-common.c');
    writeFileSync(source, 'one');
    await onQemu('vcpu');
    const linked = tree.linked();
    expect(linked).toMatch(/ -DHAS_VCPUS \S+\/cpu-common\.c -Wl,/);
    expect(tree.programs().join('')).toMatch(/^vcpu do=\d+ loop=1 name=cpu0$/m);
    expect(tree.programs().join('')).toMatch(/^run_on_cpu on=0 do=\d+$/m);
    writeFileSync(source, 'another');
    const before = tree.builds();
    await onQemu('vcpu');
    expect(tree.builds() - before).toBe(1);
    rmSync(source);
  });

  it('is told to wait with io_uring, and not to', async () => {
    await onQemu('good');
    await onQemu('uring');
    const drives = tree.programs().map((text) => /^drive .*/m.exec(text)?.[0]);
    expect(drives).toContainEqual(expect.stringMatching(/^drive by=main_loop fdmon=auto /));
    expect(drives).toContainEqual(expect.stringMatching(/^drive by=main_loop fdmon=io_uring /));
  });

  it("shows the compiler's output if it cannot be built, and leaves nothing behind", async () => {
    const broken = fakeTree(join(dir, 'BROKEN'), DRIVER);
    const { status, stderr } = await command(['--host', 'qemu', path('good')], broken.build);
    expect(status).toBe(125);
    expect(stderr).toContain('driver.c:1: no such thing\n');
    expect(stderr).toContain('is the tree built? Run ninja -C');
  });

  it.each([
    ['nobody has named a tree', undefined, /which QEMU\? .* --qemu-build DIR or by QEMU_BUILD/],
    ['the folder is another', '/usr', /^qemu-loop: \/usr is no QEMU build folder: expected/],
  ])('is not built if %s', async (_, build, message) => {
    const { status, stderr } = await command(['--host', 'qemu', path('good')], build);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('is not built if the loop is not, and the command that builds it is named', async () => {
    const bare = fakeTree(join(dir, 'bare'), DRIVER);
    rmSync(join(bare.build, 'tests'), { recursive: true });
    const { status, stderr } = await command(['--host', 'qemu', path('good')], bare.build);
    expect(status).toBe(2);
    expect(stderr).toContain('run ninja -C bare/build tests/unit/test-aio');
  });
});

it.each([['--watch'], ['--explain'], ['--report', 'r.html'], ['--trace-file', 'json:t']])(
  '%s shows our own loop, and is refused on QEMU',
  async (...option) => {
    const { status, stderr } = await onQemu('good', ...option);
    expect(status).toBe(2);
    expect(stderr).toContain(`${option[0]}`);
  },
);
