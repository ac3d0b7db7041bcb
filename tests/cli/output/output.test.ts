import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { jsonLines, run, shell, start, summaryOf, untilState } from '../../support/run.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('--prefix', () => {
  test('puts the number before each line of both streams, and ends the last line', async () => {
    const { status, stdout, stderr } = await run([
      '-q',
      '--prefix',
      '--spawn',
      'printf "a\\n\\nb"; echo c >&2',
      '--spawn',
      'exit 3',
    ]);
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: '[1] a\n[1] \n[1] b\n',
      stderr: '[1] c\n',
    });
  });

  test('colours by child, if asked to', async () => {
    const { stdout } = await run(['-q', '--prefix', '--color', 'always', '--spawn', 'echo a']);
    expect(stdout).toBe('\x1b[36m[1]\x1b[0m a\n');
  });

  test('loses and reorders nothing under load', async () => {
    const lines = 100_000;
    const args = [1, 2, 3].flatMap((i) => ['--spawn', `seq -f 'child ${i} line %.0f' ${lines}`]);
    const { status, stdout } = await run(['-q', '--prefix', ...args]);
    expect(status).toBe(0);
    const all = stdout.split('\n');
    expect(all.pop()).toBe('');
    for (const i of [1, 2, 3]) {
      const own = all.filter((line) => line.startsWith(`[${i}] `)).join('\n');
      const wanted = Array.from(
        { length: lines },
        (_, n) => `[${i}] child ${i} line ${n + 1}`,
      ).join('\n');
      expect(sha(own)).toBe(sha(wanted));
    }
    expect(all).toHaveLength(3 * lines);
  });

  test('a line of 8 MB stays one line when nobody comes in between', async () => {
    const bytes = 8 * 1024 * 1024;
    const { stdout } = await run([
      '-q',
      '--prefix',
      '--spawn',
      `head -c ${bytes} /dev/zero | tr '\\0' x`,
    ]);
    expect(stdout.length).toBe(bytes + 5);
    expect(sha(stdout)).toBe(sha(`[1] ${'x'.repeat(bytes)}\n`));
  });

  test('bytes that are not UTF-8 pass', async () => {
    const { stdout } = await shell(
      '$QL -q --prefix --spawn \'printf "\\377\\376\\n"\' | od -An -tx1',
    );
    expect(stdout.trim()).toBe('5b 31 5d 20 ff fe 0a');
  });

  test('a grandchild that keeps the pipe does not hold us up', async () => {
    const running = start(['-q', '--prefix', '--spawn', 'sleep 100 & echo $!; exit 3']);
    const [, pid] = await running.until(/\[1\] (\d+)\n/);
    expect((await running.end()).status).toBe(3);
    process.kill(Number(pid), 'SIGKILL');
  });

  test('a grandchild that writes for ever neither holds us up nor makes us spin', async () => {
    const running = start(['-q', '--prefix', '--spawn', 'yes & echo $! >&2; exit 3']);
    const [, pid] = await running.until(/(\d+)\n/, 'stderr');
    expect((await running.end()).status).toBe(3);
    await untilState(Number(pid), 'Z');
    const { stdout } = await shell("$QL -q --prefix --spawn 'yes & exit 3' >/dev/null; echo $?");
    expect(stdout).toBe('3\n');
  });

  test.each([
    ['it comes', 'grep -c last <&3', '1\n3\n'],
    ['SIGTERM does', 'kill -TERM $!', '3\n'],
  ])('what stands in the pipes at the end waits for a reader, until %s', async (_, step, seen) => {
    const script = `
      mkfifo "$D/go" "$D/on" "$D/f"
      $QL --log-file "$D/log" --log-level debug --prefix \\
        --spawn 'yes & exit 3' --spawn 'read x <"$D/go"; echo one; read x <"$D/on"; echo last' >"$D/f" &
      exec 3<"$D/f"
      until grep -qs 'write 1' "$D/log"; do :; done
      # The first line of the second child is read by chance, the second is not.
      echo >"$D/go"
      until grep -q 'child 2 stdout *called' "$D/log"; do :; done
      echo >"$D/on"
      until grep -q 'waitpid .*\\[2\\]' "$D/log"; do :; done
      ${step}
      wait $!; echo $?`;
    const { stdout } = await shell(`D=$(mktemp -d); export D; ${script}; rm -r "$D"`);
    expect(stdout).toBe(seen);
  });

  test('nor does the summary wait for ever, if SIGTERM came before', async () => {
    const script = `
      mkfifo "$D/pids" "$D/f"
      $QL --grace 50ms --prefix --spawn 'trap "" TERM; yes & echo $$ $! >"$D/pids"; wait' \\
        >"$D/f" 2>&1 &
      exec 3<"$D/f"
      read child yes <"$D/pids"
      kill -TERM $!
      wait $!; echo $?; kill -KILL $yes 2>/dev/null`;
    const { stdout } = await shell(`D=$(mktemp -d); export D; ${script}; rm -r "$D"`);
    expect(stdout).toBe('137\n');
  });

  test('a reader that does not read holds the children, and is not buffered for', async () => {
    const script = `
      mkfifo "$D/f"
      $QL --log-file "$D/log" --log-level debug --log-format json --prefix --spawn 'yes | head -c 20000000' >"$D/f" &
      exec 3<"$D/f"
      until grep -qs 'write 1' "$D/log"; do :; done
      awk '/VmHWM/ { print $2 }' /proc/$!/status
      grep -c x "$D/log" >/dev/null
      cat <&3 | wc -c
      wait $!; echo $?`;
    const { stdout } = await shell(`D=$(mktemp -d); ${script}; rm -r "$D"`);
    const [peakKiB, bytes, status] = stdout.trim().split('\n').map(Number);
    expect(bytes).toBe(60_000_000);
    expect(status).toBe(0);
    expect(peakKiB).toBeLessThan(250_000);
  });

  test('while a reader does not read, signals are served', async () => {
    const script = `
      mkfifo "$D/f"
      $QL -q --grace 50ms --prefix --spawn 'echo $$ >"$D/pid"; exec yes' >"$D/f" &
      exec 3<"$D/f"
      until [ -s "$D/pid" ]; do :; done
      kill -9 $(cat "$D/pid")
      kill -15 $!
      wait $!; echo $?`;
    const { stdout } = await shell(`D=$(mktemp -d); export D; ${script}; rm -r "$D"`);
    expect(stdout).toBe('137\n');
  });
});

describe('outputs that go away', () => {
  test('stdout closed early ends a child by SIGPIPE, as without us', async () => {
    for (const prefix of ['', '--prefix']) {
      const { stdout, stderr } = await shell(
        `{ $QL -q ${prefix} --spawn yes; echo $? >&2; } | head -1`,
      );
      expect({ stdout, stderr }).toEqual({
        stdout: prefix === '' ? 'y\n' : '[1] y\n',
        stderr: '141\n',
      });
    }
  });

  test('a log that nobody reads is given up, and the status does not change', async () => {
    const { stdout } = await shell(
      "{ $QL --log-level trace --spawn 'sleep 0.1; exit 3' 2>&1 >&3; echo $? >&3; } 3>&1 | head -1 >/dev/null",
    );
    expect(stdout).toBe('');
    const after = await shell(
      "{ { $QL --spawn 'sleep 0.1; exit 3' 2>&1 >/dev/null; echo $? >&3; } | head -1 >/dev/null; } 3>&1",
    );
    expect(after.stdout).toBe('3\n');
  });

  test.each(['0<&-', '1>&-', '2>&-', '0<&- 1>&- 2>&-'])('started with %s', async (closed) => {
    const { stdout } = await shell(`sh -c "$QL --spawn 'exit 3' ${closed}"; echo $?`);
    expect(stdout).toBe('3\n');
  });

  test.each([
    ['/no/such/dir', /ENOENT.*its directory/],
    ['/', /EISDIR.*a file/],
  ])('--log-file %s cannot be written: said in one line', async (file, why) => {
    const { status, stderr } = await run(['--log-file', file, '--spawn', 'true']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^qemu-loop: --log-file .*\n$/);
    expect(stderr).toMatch(why);
  });

  test('a command cannot steer the terminal by the lines about it', async () => {
    const { stderr } = await run(['--spawn', ': \x1b[2J \x07']);
    expect(stderr).toMatch(/posix_spawn .*: \\x1b\[2J \\x07/);
    expect(stderr).not.toMatch(/(?![\n])\p{Cc}/u);
  });

  test('O_NONBLOCK is set on no descriptor of ours', async () => {
    const flags = "awk '/flags/ { print $2 }' /proc/self/fdinfo/1 /proc/self/fdinfo/0";
    const { stdout } = await shell(
      `( ${flags}; $QL --prefix --spawn true 2>/dev/null; ${flags} ) | sort | uniq -c | wc -l`,
    );
    const plain = await shell(`( ${flags}; true; ${flags} ) | sort | uniq -c | wc -l`);
    expect(stdout).toBe(plain.stdout);
  });
});

describe('the live log', () => {
  const CHAIN = [
    'posix_spawn',
    'ppoll',
    'ppoll returned',
    'sigfd_handler',
    'qemu_signalfd_siginfo',
    'sigaction',
    'sigchld_handler(17)',
    'qemu_bh_schedule',
    'aio_notify',
    'ppoll',
    'ppoll returned',
    'aio_bh_poll',
    'sigchld_bh_handler',
    'waitpid',
  ];

  test('has one line for every link of the chain, in order', async () => {
    const { stderr } = await run(['--spawn', 'read x; exit 3'], { input: '' });
    const names = stderr
      .split('\n')
      .map((line) => /^ *\d+\.\d{6} (.{21}) /.exec(line)?.[1]?.trim());
    expect(names.filter((name) => name !== undefined)).toEqual(CHAIN);
    expect(stderr).toMatch(
      /waitpid +\[1\] \d+ exit 3 in (≤ )?[\d.]+ [µm]s, user [\d.]+ sys [\d.]+ ms\n/,
    );
    expect(stderr).toMatch(/1 SIGCHLD read, 1 reaped \(0 coalesced\)/);
    expect(stderr).toMatch(/exit status 3: \[1\] ended with exit 3\n$/);
  });

  test('as JSON has the same links, with the arguments by their names', async () => {
    const { stderr } = await run(['--log-format', 'json', '--spawn', 'read x; exit 3'], {
      input: '',
    });
    const lines = jsonLines(stderr);
    expect(lines.filter(({ event }) => event !== 'summary').map(({ func }) => func)).toEqual(CHAIN);
    const reap = lines.find(({ event }) => event === 'child_reap');
    expect(reap).toMatchObject({ level: 30, func: 'waitpid', name: '1', code: 1, status: 3 });
    expect(Math.abs(Number(reap!.time) - Date.now())).toBeLessThan(60_000);
  });

  test('is silent with --quiet, and in a file with --log-file', async () => {
    expect((await run(['-q', '--spawn', 'exit 3'])).stderr).toBe('');
    const { stdout, stderr } = await shell(
      "f=$(mktemp); $QL --log-file $f --spawn 'exit 3'; grep -c waitpid $f; rm $f",
    );
    expect({ stdout, stderr }).toEqual({ stdout: '1\n', stderr: '' });
  });

  test('NO_COLOR, FORCE_COLOR and --color', async () => {
    const colored = async (args: string[], env: NodeJS.ProcessEnv): Promise<boolean> =>
      (await run([...args, '--spawn', 'true'], { env })).stderr.includes('\x1b[');
    expect(await colored([], {})).toBe(false);
    expect(await colored(['--color', 'always'], { NO_COLOR: '1' })).toBe(true);
    expect(await colored([], { FORCE_COLOR: '1' })).toBe(true);
    expect(await colored([], { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await colored(['--color', 'never'], { FORCE_COLOR: '1' })).toBe(false);
  });

  test('forwarded output does not flood it', async () => {
    const { stderr } = await run(['--prefix', '--log-format', 'json', '--spawn', 'seq 100000']);
    expect(jsonLines(stderr).length).toBeLessThan(25);
    expect(Number(summaryOf(stderr).wakeups)).toBeGreaterThan(3);
  });
});
