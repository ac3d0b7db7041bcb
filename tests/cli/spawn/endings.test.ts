/** The processes left when the children end, are killed, or cannot be. */

import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { statInProc } from '../../../src/host/linux/proc.ts';
import { needRoot, unshare } from '../../support/needs.ts';
import {
  childrenOf,
  command,
  isAlive,
  Running,
  run,
  shell,
  shellStart,
  start,
  stateOf,
  untilState,
  untilTrue,
} from '../../support/run.ts';
import { onTerminal, testDirectory } from '../../support/terminal.ts';

/** A server that a shell command starts: it takes its time to end, and has a status of its own. */
function service(status = 7): string {
  const file = join(testDirectory(), 'service.sh');
  writeFileSync(
    file,
    `#!/bin/sh
trap 'echo graceful; sleep 0.1; echo bye; exit ${status}' TERM
trap 'echo interrupted; exit 8' INT
trap 'echo hup' HUP
echo up $$
while :; do sleep 0.02; done
`,
  );
  chmodSync(file, 0o755);
  return file;
}

/** A script that waits for a program. */
function script(program: string): string {
  const file = join(testDirectory(), 'script.sh');
  writeFileSync(file, `#!/bin/sh\n${program}\necho never\n`);
  chmodSync(file, 0o755);
  return file;
}

/**
 * Waits for the service, and for every process between it and us to wait for it. timeout(1) that is
 * still in its fork(2) knows no child: SIGINT ends it there, and its child gets none.
 */
async function untilAwaited(running: Running): Promise<void> {
  const [, pid] = await running.until(/up (\d+)\n/);
  let above = statInProc(Number(pid))!.ppid;
  for (; above !== running.pid; above = statInProc(above)!.ppid) await untilState(above, 'S');
}

/** Has SIGHUP end the only child, and waits until that is reaped. */
async function untilReplaced(running: Running): Promise<void> {
  const [child] = childrenOf(running.pid);
  running.kill('SIGHUP');
  await untilTrue(() => stateOf(child!) === undefined);
}

/** Kills processes that a failing test would leave behind. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

describe('a shell command is ended as a whole, gracefully, with the status of its program', () => {
  test.each([
    ['one program', [], (file: string) => file],
    ['the last of several', [], (file: string) => `true && ${file}`],
    ['by handlers', ['--sigfd', 'compat'], (file: string) => `true && ${file}`],
    ['in the middle', [], (file: string) => `${file}; echo never`],
    ['below another shell', [], (file: string) => `true; sh -c 'true; ${file}'`],
    ['with --group', ['--group'], (file: string) => `true && ${file}`],
    ['there below another shell', ['--group'], (file: string) => `sh -c ${file} && true`],
    ['with --subreaper', ['--subreaper'], (file: string) => `true && ${file}`],
    ['in a group that timeout(1) makes', [], (file: string) => `timeout 100 ${file}; true`],
    ['there with --group', ['--group'], (file: string) => `timeout 100 ${file}; true`],
  ])('%s', async (_, options, commandOf) => {
    const running = start(['-q', ...options, '--spawn', commandOf(service())]);
    await untilAwaited(running);
    running.kill('SIGTERM');
    const { status, stdout } = await running.end();
    expect({ status, stdout: stdout.replace(/\d+/, '1') }).toEqual({
      status: 7,
      stdout: 'up 1\ngraceful\nbye\n',
    });
  });

  test('a signal that ends only the shell is passed on to the program, which is waited for', async () => {
    const running = start(['-q', '--spawn', `true && ${service()}`]);
    await untilAwaited(running);
    running.kill('SIGHUP');
    await running.until(/hup/);
    running.kill('SIGTERM');
    expect((await running.end()).status).toBe(7);
  });

  test.each([
    ['in the middle of a command', (file: string) => `${file}; echo never`],
    ['below the shell that it becomes', (file: string) => `sh -c 'true; ${file}; true'`],
    ['two shells below', (file: string) => `true; sh -c 'true; ${file}; true'; true`],
    ['in a group that timeout(1) makes', (file: string) => `timeout 100 ${file}; true`],
    ['in a script that is the command', (file: string) => script(file)],
    ['in a script of a shell', (file: string) => `sh ${script(file)}`],
    ['in a script that the shell becomes', (file: string) => `cd . && exec ${script(file)}`],
  ])('SIGINT reaches a program that dash waits for %s', async (_, commandOf) => {
    const running = start(['--log-format', 'json', '--spawn', commandOf(service())]);
    await untilAwaited(running);
    running.kill('SIGINT');
    const { status, stdout, stderr } = await running.end();
    expect(stdout.replace(/\d+/, '1')).toBe('up 1\ninterrupted\n');
    expect(status).toBe(130);
    expect(stderr).toMatch(/"SIGINT to 1 child, and to \d process(es)? that a shell waits for"/);
  });

  test.each([
    ['exec', (file: string) => `exec ${file}`],
    ['exec at the end', (file: string) => `cd . && exec ${file}`],
  ])('SIGINT goes only to the program that the shell has become by %s', async (_, commandOf) => {
    // To be a program and no shell, it needs a name of its own.
    const program = join(testDirectory(), 'program');
    copyFileSync('/bin/sleep', program);
    // It outlives the signal: its children stay below it.
    const before = 'trap "" INT; sleep 100 &';
    const running = start(['--spawn', `${before} ${commandOf(`${program} 100`)}`]);
    const isProgram = (pid: number): boolean =>
      readFileSync(`/proc/${pid}/comm`, 'utf8') === 'program\n';
    await untilTrue(() => childrenOf(running.pid).some(isProgram));
    running.kill('SIGINT');
    const [line] = await running.until(/ SIGINT to .*\n/, 'stderr');
    expect(line).toBe(' SIGINT to 1 child\n');
    running.kill('SIGTERM');
    await running.end();
  });

  test('SIGINT reaches a program below a shell that an earlier signal left behind', async () => {
    const inner = `sh -c 'trap "" HUP; ${service()}; true'`;
    const running = start(['-q', '--grace', '1s', '--spawn', `${inner}; true`]);
    await untilAwaited(running);
    await untilReplaced(running);
    running.kill('SIGINT');
    const { status, stdout } = await running.end();
    expect({ status, stdout: stdout.replace(/\d+/, '1') }).toEqual({
      status: 130,
      stdout: 'up 1\ninterrupted\n',
    });
  });

  test('the SIGINT of --timeout-signal reaches it, too', async () => {
    const limit = ['--timeout', '300ms', '--timeout-signal', 'INT', '--grace', '1h'];
    const ended = await run(['-q', ...limit, '--spawn', `${service()}; echo never`]);
    expect(ended.status).toBe(124);
  });

  test('a step that had ended when the signal came does not count', async () => {
    // The step stops its shell, which cannot reap it: it is a zombie when both get the signal.
    const step = `sh -c 'echo $$ $PPID; kill -STOP $PPID'`;
    const running = start(['-q', '--group', '--spawn', `${step}; true`]);
    const [, pid, shellPid] = await running.until(/(\d+) (\d+)\n/);
    await untilState(Number(pid), 'Z');
    await untilState(Number(shellPid), 'T');
    running.kill('SIGTERM');
    expect((await running.end()).status).toBe(143);
  });

  describe('--group: a program counts that no longer handles the signal while it exits', () => {
    /** It lets its shell, which it has stopped, go on when it has given its handler back. */
    function program(): string {
      const file = join(testDirectory(), 'program.sh');
      const handler = 'trap - USR1; kill -CONT $PPID; exit 7';
      const loop = 'while :; do sleep 0.02; done';
      const script = `trap '' HUP; trap '${handler}' USR1; kill -STOP $PPID; echo at $PPID; ${loop}`;
      writeFileSync(file, script);
      return file;
    }
    async function untilStopped(running: Running): Promise<void> {
      const [, pid] = await running.until(/at (\d+)\n/);
      await untilState(Number(pid), 'T');
    }

    test('below the child', async () => {
      const running = start(['-q', '--group', '--spawn', `sh ${program()}; true`]);
      await untilStopped(running);
      running.kill('SIGUSR1');
      expect((await running.end()).status).toBe(7);
    });

    test('below a shell that an earlier signal left behind', async () => {
      const inner = `sh -c "trap : HUP; sh ${program()}; true"`;
      const running = start(['-q', '--group', '--spawn', `${inner}; true`]);
      await untilStopped(running);
      await untilReplaced(running);
      running.kill('SIGUSR1');
      expect((await running.end()).status).toBe(7);
    });
  });

  test.each([
    ['by itself', []],
    ['with --group', ['--group']],
  ])('each of several children has the status of its own program: %s', async (_, options) => {
    const spawned = [7, 8].flatMap((status) => ['--spawn', `cd . && ${service(status)}; true`]);
    const running = start([...options, ...spawned]);
    await running.until(/up \d+\nup \d+\n/);
    running.kill('SIGTERM');
    const { stderr } = await running.end();
    expect(stderr).toMatch(/^ {2}\[1\] exit 7 .*\n {2}\[2\] exit 8 /m);
  });

  test('a program counts that --ignore-signal makes look like a background one', async () => {
    const ignoring = ['INT', 'QUIT'].flatMap((name) => ['--ignore-signal', name]);
    const running = start(['-q', ...ignoring, '--spawn', `${service()}; true`]);
    await untilAwaited(running);
    running.kill('SIGTERM');
    expect((await running.end()).status).toBe(7);
  });

  test('a program that does not end is killed after the grace', async () => {
    const deaf = `sh -c 'trap "" TERM; echo at $$; while :; do sleep 0.02; done'`;
    const running = start(['-q', '--grace', '100ms', '--spawn', `true; ${deaf}; true`]);
    const [, pid] = await running.until(/at (\d+)\n/);
    running.kill('SIGTERM');
    await running.end();
    expect(stateOf(Number(pid)) ?? 'gone').toBe('gone');
  });

  test.each([
    ['by itself', []],
    ['with --group', ['--group']],
  ])('background programs of a shell end by Ctrl-C’s signal too: %s', async (_, options) => {
    const args = ['-q', '--grace', '1h', ...options];
    const running = start([...args, '--spawn', 'sleep 100 & echo at $!; exec sleep 100']);
    const [, pid] = await running.until(/at (\d+)\n/);
    running.kill('SIGINT');
    expect((await running.end()).status).toBe(130);
    expect(stateOf(Number(pid)) ?? 'gone').toBe('gone');
  });
});

describe.each(['native', 'compat'])('--sigfd %s', (sigfd) => {
  test('--group: a member that outlives its leader is waited for, and killed after the grace', async () => {
    const member = `(trap '' TERM; exec 3>&-; echo at $(sh -c 'echo $PPID'); while :; do sleep 0.02; done) &`;
    const script = `${member} exec sleep 100`;
    const args = ['--sigfd', sigfd, '-q', '-g', '--grace', '100ms'];
    const running = start([...args, '--', 'sh', '-c', script]);
    const [, pid] = await running.until(/at (\d+)\n/);
    running.kill('SIGTERM');
    expect((await running.end()).status).toBe(143);
    await untilState(Number(pid), 'Z');
  });

  test('children that were there before us are reaped, dead or alive, without --subreaper', async () => {
    const QL = `${process.execPath} ${command} --sigfd ${sigfd}`;
    // The last of them ends while the child runs, which learns of it by a pipe.
    const list = 'while [ "$(cat /proc/$PPID/task/*/children)" != "$$ " ]; do sleep 0.02; done';
    const script = `true & true & (sleep 0.3) & exec $QL -q -- sh -c '${list}; exit 3'`;
    const { status, stderr } = await shell(script, { env: { QL } });
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  });
});

test('only a SIGINT that was received kills the second time', async () => {
  const child = `trap 'echo int; n=x$n; [ $n = xx ] && { sleep 0.3; exit 5; }' INT; echo ready; while :; do sleep 0.02; done`;
  const args = ['-q', '-g', '--rewrite', 'TERM:INT', '--spawn', child];
  const running = start(args);
  await running.until(/ready/);
  running.kill('SIGTERM');
  await running.until(/int\n/);
  running.kill('SIGTERM');
  expect((await running.end()).status).toBe(5);
});

describe('signals that may not be sent', () => {
  /** A set-user-ID shell of root's. */
  function rootShell(): string {
    const file = join(testDirectory(), 'root-sh');
    copyFileSync('/bin/dash', file);
    chmodSync(file, 0o4755);
    chmodSync(join(file, '..'), 0o755);
    return file;
  }
  const asNobody = (args: readonly string[]): Running =>
    new Running('setpriv', [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      command,
      ...args,
    ]);
  const unkillable = (): string[] => {
    // It only says so once its ids are root's.
    const says = "sh -c 'echo at $$; exec sleep 100 >&- 2>&-'";
    const script = `exec setpriv --reuid=0 --clear-groups ${says}`;
    return [rootShell(), '-p', '-c', script];
  };

  test.for([
    ['--grace', ['--grace', '100ms'], ['SIGTERM']],
    ['the second SIGINT', ['--grace', '1h'], ['SIGINT', 'SIGINT']],
    ['--group', ['--group', '--grace', '100ms'], ['SIGTERM']],
  ] as const)(
    'it gives up after %s, with 125 and who is left',
    async ([, options, signals], context) => {
      needRoot(context, 'a set-user-ID program');
      const running = asNobody(['-q', ...options, '--', ...unkillable()]);
      const [, pid] = await running.until(/at (\d+)\n/);
      try {
        await untilTrue(() => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep'));
        for (const signal of signals) {
          running.kill(signal);
          await running.until(new RegExp(`${signal} cannot be sent to`), 'stderr');
        }
        const { status, stderr } = await running.end();
        expect(status).toBe(125);
        expect(stderr).toMatch(/^qemu-loop: SIG\w+ cannot be sent to .*EPERM\)\n/);
        const left = `left running, since SIGKILL may not be sent: pid ${pid} (sleep): `;
        expect(stderr).toContain(left);
        expect(isAlive(Number(pid))).toBe(true);
      } finally {
        end(Number(pid));
      }
    },
  );

  test('pid 1 gives up too, if /proc does not show them', async (context) => {
    unshare(context, '--pid --fork');
    needRoot(context, 'a set-user-ID program');
    const [file, ...args] = unkillable();
    const leaves = `${file} ${args.slice(0, -1).join(' ')} "$SCRIPT" & read x; exit 3`;
    const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
    const inside = `exec unshare --pid --fork ${nobody} $QL -q --grace 50ms --spawn "$LEAVES"`;
    const running = shellStart(inside, { env: { SCRIPT: args.at(-1), LEAVES: leaves } });
    await running.until(/at \d+\n/);
    running.child.stdin?.end('\n');
    const { status, stderr } = await running.end();
    // The end of pid 1 ends them: the kernel may.
    expect(stderr).toMatch(/^qemu-loop: processes are left that \/proc does not show: [^\n]*\n$/);
    expect(status).toBe(125);
  });

  test('are said to be waited for at once, if /proc does not show them and we are not pid 1', async (context) => {
    const inside = `$QL -q --subreaper --grace 1h --spawn "read x & exit 3"; echo status $?`;
    const running = shellStart(`${unshare(context, '--pid --fork')} sh -c '${inside}'`);
    await running.until(
      /^qemu-loop: processes are left that \/proc does not show: they are only waited for\n$/,
      'stderr',
    );
    running.child.stdin?.end('\n');
    expect((await running.end()).stdout).toBe('status 3\n');
  });

  test('are not counted', async (context) => {
    needRoot(context, 'a set-user-ID program');
    const running = asNobody(['--grace', '50ms', '--', ...unkillable()]);
    const [, pid] = await running.until(/at (\d+)\n/);
    try {
      await untilTrue(() => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep'));
      running.kill('SIGTERM');
      const { stderr } = await running.end();
      expect(stderr).toMatch(/SIGTERM to 0 children/);
      expect(stderr).toMatch(/SIGKILL to 0 processes/);
      expect(stderr).toMatch(/\[1\] left running/);
    } finally {
      end(Number(pid));
    }
  });
});

test('pid 1 of a pid namespace ends a shell command as a whole, and its status is the program’s', async (context) => {
  const start = unshare(context, '--pid --fork --mount-proc');
  const script = `true && ${service()}`;
  const running = shellStart(`exec ${start} $QL -q --spawn "$SCRIPT"`, { env: { SCRIPT: script } });
  await running.until(/up/);
  // unshare waits for pid 1, its only child.
  const children = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8');
  process.kill(Number(children), 'SIGTERM');
  const { status, stdout } = await running.end();
  expect({ status, stdout: stdout.replace(/up \d+/, 'up') }).toEqual({
    status: 7,
    stdout: 'up\ngraceful\nbye\n',
  });
});

describe('processes that go on without us', () => {
  test('are reported in one line, with advice', async () => {
    const args = ['--log-level', 'warn', '--spawn', 'sleep 100 >&- 2>&- & echo $!; exit 3'];
    const { status, stdout, stderr } = await run(args);
    end(Number(stdout));
    expect(status).toBe(3);
    // Its name is the shell's until it is its program.
    const line = new RegExp(
      `1 process is left running: pid ${stdout.trim()} \\((sleep|sh)\\): --subreaper ends them, too\n`,
    );
    expect(stderr).toMatch(/^[\d.]+ left_running +[^\n]*\n$/);
    expect(stderr).toMatch(line);
  });

  test('are left alone even when we are told to end, if they have a session of their own', async () => {
    const script = 'setsid sleep 100 >&- 2>&- & echo at $!; sleep 100; true';
    const running = start(['-q', '--spawn', script]);
    const [, pid] = await running.until(/at (\d+)\n/);
    // It has left when it is its program.
    await untilTrue(() => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep'));
    running.kill('SIGTERM');
    expect((await running.end()).status).toBe(143);
    expect(isAlive(Number(pid))).toBe(true);
    end(Number(pid));
  });
});

describe('when we are killed', () => {
  const child = 'echo at $$; exec sleep 100';

  test('the children get SIGTERM', async () => {
    const running = start(['-q', '--', 'sh', '-c', child]);
    const [, pid] = await running.until(/at (\d+)\n/);
    running.kill('SIGKILL');
    await untilState(Number(pid), 'Z');
    await running.end();
  });

  test('they get the signal of --kill-child, and none with 0', async () => {
    const trap = "trap 'echo usr1; exit' USR1; echo ready; while :; do sleep 0.02; done";
    const told = start(['-q', '--kill-child', 'USR1', '--', 'sh', '-c', trap]);
    await told.until(/ready/);
    told.kill('SIGKILL');
    await told.until(/usr1/);
    await told.end();
    const left = start([
      '-q',
      '--kill-child',
      '0',
      '--',
      'sh',
      '-c',
      'echo ready; read x; echo lives',
    ]);
    await left.until(/ready/);
    left.kill('SIGKILL');
    await untilState(left.pid, 'Z');
    left.child.stdin?.end('\n');
    await left.until(/lives/);
    await left.end();
  });
});

describe('a Ctrl-C that ends the children', () => {
  const loop = (how: string): string =>
    `bash -c 'for i in 1 2 3; do $QL -q ${how}; echo after $i; done'; echo end`;

  // A sleep would be a process that the shell forks, and a key that comes between its fork and its
  // execve is lost on it, as dash only notes a signal meanwhile.
  test.each(['--spawn "echo ready; read x"', '-- sh -c "echo ready; read x"'])(
    'ends a shell’s loop: %s',
    async (how) => {
      const running = onTerminal(loop(how));
      await running.until(/ready/);
      running.keys('C-c');
      await running.untilOutput(/end\r\n/);
      expect((await running.end()).output).not.toMatch(/after/);
    },
  );

  test('is sent to a child that has made a group, which the terminal passes by', async () => {
    const file = join(testDirectory(), 'child.sh');
    writeFileSync(file, "trap 'exit 5' INT; echo below $PPID; while :; do sleep 0.02; done");
    const running = onTerminal(
      `$QL -q --grace 1s --spawn 'timeout 100 sh ${file}'; echo status $?`,
    );
    const [, pid] = await running.until(/below (\d+)/);
    // timeout(1) ends by a signal that comes before its fork has returned.
    await untilState(Number(pid), 'S');
    running.keys('C-c');
    await running.until(/status 5/);
    await running.end();
  });

  test('ends us by SIGINT only if the terminal sent it', async () => {
    const running = start(['-q', '--spawn', 'echo ready; exec sleep 100']);
    await running.until(/ready/);
    running.kill('SIGINT');
    expect(await running.end()).toMatchObject({ status: 130, signal: null });
  });
});

describe('signals of ours', () => {
  test('SIGPROF is passed on, and SIGRTMAX does nothing', async () => {
    const script = "trap 'echo prof; exit 3' PROF; echo ready; while :; do sleep 0.02; done";
    const running = start(['-q', '--', 'sh', '-c', script]);
    await running.until(/ready/);
    expect((await shell(`kill -64 ${running.pid}; kill -PROF ${running.pid}`)).status).toBe(0);
    expect(await running.end()).toMatchObject({ status: 3, signal: null, stdout: 'ready\nprof\n' });
  });

  test('--ignore-signal: the children start with them ignored', async () => {
    const args = ['-q', '--ignore-signal', 'HUP', '--ignore-signal', 'PIPE'];
    const { stdout } = await run([...args, '--', 'grep', 'SigIgn', '/proc/self/status']);
    expect(stdout).toBe('SigIgn:\t0000000000001001\n');
  });

  test('--timeout-signal is what --timeout sends', async () => {
    const script = "trap 'exit 3' USR1; while :; do sleep 0.02; done";
    const args = ['--timeout', '200ms', '--timeout-signal', 'USR1', '--spawn', script];
    const { status, stderr } = await run(args);
    expect(status).toBe(124);
    expect(stderr).toMatch(/200 ms are over: SIGUSR1 to 1 child\n/);
    // The trap runs, or the signal kills a shell that has not come to it.
    expect(stderr).toMatch(/\[1\] (exit 3|SIGUSR1) /);
  });
});
