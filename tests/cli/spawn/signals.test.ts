import { describe, expect, test } from 'vitest';
import { unshare } from '../../support/needs.ts';
import {
  command,
  type Ended,
  isAlive,
  jsonLines,
  Running,
  shell,
  startJob,
  start as startPlain,
  summaryOf,
  untilState,
} from '../../support/run.ts';

/** A shell that reports the signals it gets, and is ready when it says so. */
function trapper(signals: readonly string[]): string {
  const traps = signals.map((s) => `trap 'echo got-${s}' ${s};`).join(' ');
  return `${traps} trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done`;
}

const FORWARDED = [
  'HUP',
  'QUIT',
  'USR1',
  'USR2',
  'WINCH',
  'CONT',
  'ALRM',
  'PWR',
  'IO',
  'URG',
] as const;

describe.each(['native', 'compat'])('--sigfd %s', (sigfd) => {
  const start = (args: readonly string[]): Running => startPlain(['--sigfd', sigfd, ...args]);
  const run = (args: readonly string[]): Promise<Ended> => start(args).end();
  const QL = `${process.execPath} ${command} --sigfd ${sigfd}`;

  test('one that comes when the child has ended does not end us', async () => {
    // It is passed on while the child lives, which must not die of it.
    const ignored = 'trap "" USR2;';
    const storm = '(while kill -USR2 $PPID 2>/dev/null; do :; done) </dev/null >/dev/null 2>&1 &';
    for (let i = 0; i < 3; i++) {
      expect(await run(['-q', '--spawn', `${ignored} ${storm} exit 5`])).toMatchObject({
        status: 5,
      });
    }
  });

  describe('signals go on to the children', () => {
    test('each one that makes sense', async () => {
      const running = start(['-q', '--', '/bin/sh', '-c', trapper(FORWARDED)]);
      await running.until(/ready/);
      for (const name of FORWARDED) {
        running.kill(`SIG${name}`);
        await running.until(new RegExp(`got-${name}`));
      }
      running.kill('SIGTERM');
      expect((await running.end()).status).toBe(9);
    });

    test('to all children, and SIGINT as any other', async () => {
      const one = "trap 'exit 7' INT; echo ready; while :; do sleep 0.02; done";
      const running = start(['-q', '--group', '--spawn', one, '--spawn', one]);
      await running.until(/ready\nready/);
      running.kill('SIGINT');
      expect((await running.end()).status).toBe(7);
    });

    test('SIGTSTP stops them, and SIGCONT lets them go on', async () => {
      const job = await startJob(['--sigfd', sigfd, '-q', '--spawn', 'echo $$; exec sleep 100']);
      const pid = Number((await job.starter.until(/(\d+)\n/))[1]);
      job.kill('SIGTSTP');
      await untilState(pid, 'T');
      // A SIGCONT that came before we stop would be lost: the kernel drops it at a stop.
      await untilState(job.pid, 'T');
      job.kill('SIGCONT');
      await untilState(pid, 'S');
      job.kill('SIGTERM');
      expect((await job.starter.end()).status).toBe(143);
    });

    test('a stopped child is told to continue when it is to end', async () => {
      const running = start(['-q', '--timeout', '50ms', '--spawn', 'kill -STOP $$; exit 3']);
      expect((await running.end()).status).toBe(124);
    });

    test('--rewrite changes them, and 0 drops them', async () => {
      const args = ['--rewrite', 'HUP:USR1', '--rewrite', 'USR2:0', '--log-format', 'json'];
      const running = start([...args, '--', '/bin/sh', '-c', trapper(['HUP', 'USR1', 'USR2'])]);
      await running.until(/ready/);
      running.kill('SIGUSR2');
      await running.until(/drop_signal/, 'stderr');
      running.kill('SIGHUP');
      await running.until(/got-USR1/);
      running.kill('SIGTERM');
      const { status, stdout } = await running.end();
      expect({ status, stdout }).toEqual({ status: 9, stdout: 'ready\ngot-USR1\n' });
    });

    test('--group reaches the children of children', async () => {
      const running = start(['-q', '--group', '--spawn', 'sleep 100 & echo $!; wait']);
      const grandchild = Number((await running.until(/(\d+)\n/))[1]);
      running.kill('SIGTERM');
      expect((await running.end()).status).toBe(143);
      await untilState(grandchild, 'Z');
    });

    test('without --group a program’s children stay', async () => {
      const script = 'sleep 100 >&- 2>&- & echo $!; wait';
      const running = start(['-q', '--', '/bin/sh', '-c', script]);
      const grandchild = Number((await running.until(/(\d+)\n/))[1]);
      running.kill('SIGTERM');
      await running.end();
      expect(isAlive(grandchild)).toBe(true);
      process.kill(grandchild, 'SIGKILL');
    });

    test('a storm of real-time signals: every one arrives', async () => {
      // 400 of one signal queue up; the shell sees at least one, the loop sees all.
      const running = start([
        '--log-format',
        'json',
        '--spawn',
        "trap '' RTMIN+3; echo ready; exec sleep 100",
      ]);
      await running.until(/ready/);
      const kills = `for i in $(seq 400); do kill -37 ${running.pid}; done; kill -15 ${running.pid}`;
      expect((await shell(kills)).status).toBe(0);
      const { stderr } = await running.end();
      const records = jsonLines(stderr).filter(
        ({ event, signo }) => event === 'signalfd_record' && signo === 37,
      );
      expect(records).toHaveLength(400);
      const sent = jsonLines(stderr).filter(
        ({ event, signo }) => event === 'forward_signal' && signo === 37,
      );
      expect(sent).toHaveLength(400);
    });
  });

  describe('the end', () => {
    const stubborn = "trap '' TERM INT; echo ready; while :; do sleep 0.05; done";

    test('SIGTERM, the grace, SIGKILL', async () => {
      const running = start(['--grace', '50ms', '--spawn', stubborn]);
      await running.until(/ready/);
      running.kill('SIGTERM');
      const { status, stderr } = await running.end();
      expect(status).toBe(137);
      expect(stderr).toMatch(/50 ms grace are over: SIGKILL to 1 process/);
    });

    test('no grace: SIGKILL at once', async () => {
      const running = start(['--grace', '0', '--spawn', stubborn]);
      await running.until(/ready/);
      running.kill('SIGTERM');
      expect((await running.end()).stderr).toMatch(/ no grace: SIGKILL to 1 process/);
    });

    test('--rewrite changes what the children get, and not that they are to end', async () => {
      const deaf = stubborn.replace('INT', 'INT QUIT USR1');
      const args = ['--rewrite', 'TERM:QUIT', '--rewrite', 'INT:USR1', '--spawn', deaf];
      const graced = start(['--grace', '50ms', ...args]);
      await graced.until(/ready/);
      graced.kill('SIGTERM');
      expect((await graced.end()).stderr).toMatch(/50 ms grace are over: SIGKILL to 1 process/);
      const killed = start(args);
      await killed.until(/ready/);
      killed.kill('SIGINT');
      await killed.until(/SIGINT as SIGUSR1 to 1 child/, 'stderr');
      killed.kill('SIGINT');
      expect((await killed.end()).stderr).toMatch(/second SIGINT: SIGKILL/);
    });

    test('a second SIGINT kills at once', async () => {
      const running = start(['--spawn', stubborn]);
      await running.until(/ready/);
      running.kill('SIGINT');
      await running.until(/SIGINT to 1 child/, 'stderr');
      running.kill('SIGINT');
      const { status, stderr } = await running.end();
      expect(status).toBe(137);
      expect(stderr).toMatch(/second SIGINT: SIGKILL/);
    });

    test('--timeout has a status of its own', async () => {
      const { status, stderr } = await run(['--timeout', '50ms', '--spawn', 'exec sleep 100']);
      expect(status).toBe(124);
      expect(stderr).toMatch(/50 ms are over: SIGTERM to 1 child/);
      expect(
        (await run(['-q', '--timeout', '50ms', '--grace', '20ms', '--spawn', stubborn])).status,
      ).toBe(124);
      expect((await run(['-q', '--timeout', '60s', '--spawn', 'exit 3'])).status).toBe(3);
    });

    test('--timeout leaves the time of a grace that runs as it is', async () => {
      const deaf = 'trap "" TERM; trap "exit 3" USR1; kill -TERM $PPID';
      const child = `${deaf}; while :; do sleep 0.02; done`;
      const limit = ['--timeout', '500ms', '--timeout-signal', 'USR1', '--grace', '1h'];
      const { status, stderr } = await run([
        ...['-v', '--log-format', 'json', ...limit],
        ...['--', 'sh', '-c', child],
      ]);
      expect(status).toBe(124);
      const set = jsonLines(stderr).filter(
        ({ event, name }) => event === 'timer_mod' && name === 'grace',
      );
      expect(set).toHaveLength(1);
    });

    test('--pdeathsig: we get it when our parent dies', async () => {
      const script = "$QL -q -p TERM --spawn 'echo $PPID $$; exec sleep 100' & read x; kill -9 $$";
      const running = new Running('/bin/sh', ['-c', script], {
        env: { QL },
      });
      const [, loop, child] = await running.until(/(\d+) (\d+)\n/);
      running.child.stdin?.end('\n');
      await untilState(Number(child), 'Z');
      await untilState(Number(loop), 'Z');
      expect((await running.end()).signal).toBe('SIGKILL');
    });
  });

  describe('coalescing', () => {
    test('300 children that die while the loop is held up are all reaped', async () => {
      const n = 300;
      // They wait for the end of our stdin, which is theirs too.
      const args = Array.from({ length: n }, () => ['--spawn', 'read x; exit 1']).flat();
      const running = start([
        '--log-format',
        'json',
        '--log-level',
        'info',
        '--ok-exit',
        '1',
        ...args,
      ]);
      await running.until(new RegExp(`"name":"${n}"`), 'stderr');
      running.kill('SIGSTOP');
      await untilState(running.pid, 'T');
      running.child.stdin?.end();
      const pids = jsonLines(running.stderr.slice(0, running.stderr.lastIndexOf('\n')))
        .filter(({ event }) => event === 'child_spawn')
        .map(({ pid }) => Number(pid));
      expect(pids).toHaveLength(n);
      for (const pid of pids) await untilState(pid, 'Z');
      running.kill('SIGCONT');
      const { status, stderr } = await running.end();
      expect(status).toBe(0);
      expect(summaryOf(stderr)).toMatchObject({ reaped: n, sigchlds: 1, coalesced: n - 1 });
      const bounds = jsonLines(stderr).filter(({ event }) => event === 'child_reap');
      expect(bounds).toHaveLength(n);
    });
  });

  describe('--subreaper', () => {
    test('adopts orphans, ends them with SIGTERM, and reaps them', async () => {
      const ended = await run([
        '-s',
        '--log-format',
        'json',
        '--spawn',
        'sleep 100 & sleep 100 & exit 3',
      ]);
      // As a whole, so that a failure shows what was said.
      expect(ended).toMatchObject({ status: 3, signal: null });
      const { stderr } = ended;
      const orphans = jsonLines(stderr).filter(
        ({ event, name }) => event === 'child_reap' && name === 'orphan',
      );
      expect(orphans.map(({ status }) => status)).toEqual([15, 15]);
      expect(summaryOf(stderr)).toMatchObject({ orphans: 2, status: 3 });
    });

    test('a second SIGINT kills all, including processes left behind then', async () => {
      const deaf = 'trap "" INT TERM; sleep 300 & echo ready; wait; sleep 300';
      const running = start(['-s', '--grace', '1h', '--spawn', deaf]);
      await running.until(/ready/);
      running.kill('SIGINT');
      await running.until(/forward_signal/, 'stderr');
      running.kill('SIGINT');
      expect((await running.end()).status).toBe(137);
    });

    test('a process told to end has one grace, including for processes it leaves behind', async () => {
      const deaf = 'trap "" TERM; sleep 300 & echo ready; wait; sleep 300';
      const running = start(['-s', '--grace', '60ms', '--log-format', 'json', '--spawn', deaf]);
      await running.until(/ready/);
      running.kill('SIGTERM');
      const { status, stderr } = await running.end();
      expect(status).toBe(137);
      expect(jsonLines(stderr).filter(({ event }) => event === 'end_leftovers')).toEqual([]);
    });

    test('kills after the grace those who do not listen, generation by generation', async () => {
      const deaf = "trap '' TERM; echo deaf; while :; do sleep 0.02; done";
      const inner = `trap '' TERM; (${deaf}) & ${deaf}`;
      const running = start(['-s', '--grace', '60ms', '--spawn', `(${inner}) & read x; exit 4`]);
      await running.until(/deaf\ndeaf/);
      running.child.stdin?.end();
      const { status, stderr } = await running.end();
      expect(status).toBe(4);
      expect(stderr).toMatch(/SIGKILL/);
    });

    test('without it orphans are left alone', async () => {
      const running = start(['-q', '--spawn', 'sleep 100 >&- 2>&- & echo $!; exit 0']);
      const orphan = Number((await running.until(/(\d+)\n/))[1]);
      expect((await running.end()).status).toBe(0);
      expect(isAlive(orphan)).toBe(true);
      process.kill(orphan, 'SIGKILL');
    });

    test('pid 1 of a pid namespace is one by itself', async (context) => {
      const start = unshare(context, '--pid --fork --mount-proc');
      const { status, stderr } = await shell(
        `${start} $QL --sigfd $SIGFD --log-format json --spawn 'sleep 100 & exit 5'`,
        { env: { SIGFD: sigfd } },
      );
      expect(status).toBe(5);
      expect(summaryOf(stderr)).toMatchObject({ orphans: 1 });
    });
  });
});
