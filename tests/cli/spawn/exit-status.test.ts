import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLines, root, run, shell } from '../../support/run.ts';
import { testDirectory } from '../../support/terminal.ts';

const CODES = Array.from({ length: 256 }, (_, i) => i);
const spawnAll = (commands: readonly string[]): string[] => commands.flatMap((c) => ['--spawn', c]);

/** The end of each child, from the log. */
function reaps(stderr: string): Map<string, { code: unknown; status: unknown }> {
  const found = jsonLines(stderr).filter((line) => line.event === 'child_reap');
  return new Map(found.map(({ name, code, status }) => [String(name), { code, status }]));
}

describe('exit status', () => {
  test.each([0, 1, 2, 3, 42, 125, 126, 127, 128, 200, 255])(
    '%i of a program is ours',
    async (n) => {
      const { status, stderr } = await run(['-q', '--', '/bin/sh', '-c', `exit ${n}`]);
      expect({ status, stderr }).toEqual({ status: n, stderr: '' });
    },
  );

  test('all 256 exit codes are reaped unchanged', async () => {
    const args = spawnAll(CODES.map((n) => `exit ${n}`));
    const { status, stderr } = await run(['--log-format', 'json', ...args]);
    const seen = reaps(stderr);
    expect(CODES.map((n) => seen.get(String(n + 1)))).toEqual(
      CODES.map((n) => ({ code: 1, status: n })),
    );
    expect(status).toBe(1);
  });

  test('every signal that kills is reaped as that signal', async () => {
    const ignored = [17, 18, 19, 20, 21, 22, 23, 28, 32, 33];
    const fatal = Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => !ignored.includes(n));
    const args = spawnAll(fatal.map((n) => `ulimit -c 0; kill -${n} $$`));
    const { status, stderr } = await run(['--log-format', 'json', ...args]);
    const seen = reaps(stderr);
    expect(fatal.map((_, i) => seen.get(String(i + 1))?.status)).toEqual(fatal);
    expect([...seen.values()].every(({ code }) => code === 2 || code === 3)).toBe(true);
    expect(status).toBe(128 + 1);
  });

  test('128+n for a signal', async () => {
    expect((await run(['-q', '--spawn', 'kill -9 $$'])).status).toBe(137);
    expect((await run(['-q', '--spawn', 'kill -15 $$'])).status).toBe(143);
  });

  /** The first child ends only when the second has been reaped. */
  const ordered = (options: string): Promise<{ status: number | null }> =>
    shell(`
      D=$(mktemp -d); export D; mkfifo "$D/f"
      $QL -q ${options} \
        --spawn 'read p <"$D/f"; while kill -0 $p 2>&-; do :; done; exit 5' \
        --spawn 'echo $$ >"$D/f"; exit 6'
      s=$?; rm -r "$D"; exit $s`);

  test('the first failure in order of --spawn, whatever ends first', async () => {
    expect((await ordered('')).status).toBe(5);
    expect((await run(['-q', '--spawn', 'exit 0', '--spawn', 'exit 4'])).status).toBe(4);
    expect((await run(['-q', '--spawn', 'true', '--spawn', 'true'])).status).toBe(0);
  });

  test('--success first and last go by the time of the end', async () => {
    expect((await ordered('--success last')).status).toBe(5);
    expect((await ordered('--success first')).status).toBe(6);
  });

  test('--ok-exit makes statuses count as 0', async () => {
    expect((await run(['-q', '-e', '3', '--spawn', 'exit 3'])).status).toBe(0);
    expect(
      (await run(['-q', '--ok-exit', '143,64-78', '--spawn', 'kill $$', '--spawn', 'exit 70']))
        .status,
    ).toBe(0);
    expect((await run(['-q', '-e', '3', '--spawn', 'exit 3', '--spawn', 'exit 4'])).status).toBe(4);
  });
});

describe('lost output', () => {
  test.each([
    ["--prefix -- sh -c 'echo foo'", 125],
    ["-q --prefix -- sh -c 'echo foo; exit 3'", 3],
    ['run --reporter junit scenarios/sigchld.yaml', 125],
    ['--version', 125],
  ])('is no success: %s', async (args, status) => {
    const { stdout, stderr } = await shell(`{ $QL ${args} >/dev/full; } 2>&1; echo $?`, {
      cwd: root,
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^qemu-loop: stdout ends here: no space left on device \(ENOSPC\).*$/im);
    expect(stdout).not.toContain('all is well');
    expect(stdout.trim().split('\n').at(-1)).toBe(String(status));
  });

  test('of the log is said, and changes no status', async () => {
    const { status, stderr } = await run(['--log-file', '/dev/full', '--', 'sh', '-c', 'exit 3']);
    expect({ status, stderr }).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^qemu-loop: the log \/dev\/full ends here: .*ENOSPC.*\n$/),
    });
  });
});

describe('help', () => {
  test.each([
    ['help', /^Usage: qemu-loop --spawn/],
    ['help run', /^Usage: qemu-loop run/],
    ['help report', /^Usage: qemu-loop report/],
    ['help trace', /^Usage: qemu-loop trace/],
    ['trace list --help', /^Usage: qemu-loop trace/],
  ])('%s', async (args, usage) => {
    const { status, stdout } = await run(args.split(' '));
    expect(status).toBe(0);
    expect(stdout).toMatch(usage);
  });

  test('of a command that is not there is refused', async () => {
    expect(await run(['help', 'rnu'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "qemu-loop: there is no command 'rnu': did you mean run? (see qemu-loop --help)\n",
    });
  });
});

describe('programs that cannot be run', () => {
  test('127 for a missing program, with one line', async () => {
    const { status, stderr } = await run(['-q', '--', 'no-such-program']);
    expect(status).toBe(127);
    expect(stderr).toMatch(/^qemu-loop: cannot run no-such-program: .*ENOENT.*PATH\n$/);
  });

  test('126 for a file that is not executable, or not a program', async () => {
    const denied = await run(['-q', '--', '/etc/passwd']);
    expect(denied.status).toBe(126);
    expect(denied.stderr).toMatch(/^qemu-loop: cannot run \/etc\/passwd: .*EACCES.*chmod \+x.*\n$/);
    const directory = await run(['-q', '--', '/tmp']);
    expect(directory.status).toBe(126);
    expect(directory.stderr).toMatch(/^qemu-loop: cannot run \/tmp: .*a directory.*\n$/);
    const garbage = await shell(
      'f=$(mktemp); echo hello > $f; chmod +x $f; $QL -q -- $f; s=$?; rm $f; exit $s',
    );
    expect(garbage.status).toBe(126);
    expect(garbage.stderr).toMatch(/ENOEXEC.*#!/);
  });

  test.each([
    ['#!/nowhere/sh\n', 'it is there, but not the interpreter of its first line, #!/nowhere/sh'],
    ['#!/bin/sh\r\n', 'its first line ends in a carriage return: save it without'],
  ])('127 for a script whose interpreter is missing: %j', async (text, advice) => {
    const path = join(testDirectory(), 'script');
    writeFileSync(path, text, { mode: 0o755 });
    const { status, stderr } = await run(['-q', '--', path]);
    const why = `cannot run ${path}: No such file or directory (ENOENT): ${advice}`;
    expect({ status, stderr }).toEqual({ status: 127, stderr: `qemu-loop: ${why}\n` });
  });

  test('127 for a program whose loader is missing', async () => {
    const path = join(testDirectory(), 'program');
    const bytes = readFileSync(process.execPath).subarray(0, 100_000);
    bytes.write('/nowhere', bytes.indexOf('/lib'));
    writeFileSync(path, bytes, { mode: 0o755 });
    const { status, stderr } = await run(['-q', '--', path]);
    expect(status).toBe(127);
    expect(stderr).toMatch(/: it is there, but not the loader that it names\n$/);
  });

  test('127 for no name', async () => {
    const { status, stderr } = await run(['-q', '--', '']);
    expect(status).toBe(127);
    expect(stderr).toMatch(/^qemu-loop: cannot run '': .*: its name is empty\n$/);
  });

  test('a shell that does not find a command exits with 127 itself', async () => {
    expect((await run(['-q', '--spawn', 'no-such-program'])).status).toBe(127);
  });

  test('a working directory that is gone does not hold anybody up', async () => {
    const { status, stdout } = await shell(
      'd=$(mktemp -d); cd $d; rmdir $d; $QL -q -- /bin/echo hello',
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello\n' });
  });

  test('a file in a working directory that is gone is an error that says so', async () => {
    const { status, stderr } = await shell(
      'd=$(mktemp -d); cd $d; rmdir $d; $QL -q --trace-file json:x -- /bin/echo hello',
    );
    expect(status).toBe(125);
    expect(stderr).toMatch(/ENOENT.*: the working directory is gone: change to another\n$/);
  });
});
