import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import {
  CLD_EXITED,
  P_PID,
  PR_SET_CHILD_SUBREAPER,
  SA_NOCLDSTOP,
  SA_SIGINFO,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../../src/host/constants.ts';
import { ECHILD, ENOENT, HostError } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import type { ChildEvent } from '../../../src/signal/child-watch.ts';
import type { SignalfdSiginfo } from '../../../src/signal/siginfo.ts';
import { type BehaviourCase, ending, sh } from './harness.ts';

export const childCases: BehaviourCase[] = [
  {
    name: 'children: the exit of one is reported with its status',
    run: (env) => {
      const ends: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD));
      const pid = watch.spawn(sh('exit 3'), 'one', {
        onEnd: (event) => ends.push(`${event.pid} ${event.name} ${ending(event)}`),
      });
      env.until('its end', () => ends.length > 0);
      env.settle();
      assert.deepEqual(ends, [`${pid} one exited 3`]);
      assert.deepEqual([watch.size, watch.reaped, watch.sigchlds], [0, 1, 1]);
    },
  },
  {
    name: 'children: one dies of a signal',
    run: (env) => {
      const ends: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD));
      watch.spawn(sh('kill -TERM $$'), 'one', { onEnd: (event) => ends.push(ending(event)) });
      env.until('its end', () => ends.length > 0);
      assert.deepEqual(ends, [`killed ${SIGTERM}`]);
    },
  },
  {
    name: "children: SIGCHLD's record has pid, code and status",
    run: (env) => {
      const list: SignalfdSiginfo[] = [];
      const handler = (_: number, info: SignalfdSiginfo): number => list.push({ ...info });
      const signals = env.signals(SIGCHLD);
      signals.sigaction(SIGCHLD, { handler, flags: SA_SIGINFO | SA_NOCLDSTOP });
      const announced = env.host.spawn(sh('exit 3'));
      const handle = signals.source.announceChild?.(announced);
      env.until('the record', () => list.length > 0);
      // The first one is a zombie still, and stands before it.
      const plain = env.host.spawn(sh('exit 4'));
      env.until('the next', () => list.some(({ ssi_pid }) => ssi_pid === plain));
      env.host.waitid(P_PID, announced, WEXITED, newWaitResult());
      env.host.waitid(P_PID, plain, WEXITED, newWaitResult());
      handle?.dispose();
      const seen = list.map((one) => [one.ssi_pid, one.ssi_code, one.ssi_status, one.ssi_uid]);
      const uid = process.getuid!();
      assert.deepEqual(seen, [
        [announced, CLD_EXITED, 3, uid],
        [plain, CLD_EXITED, 4, uid],
      ]);
    },
  },
  {
    name: 'children: 100 that die together while the loop is held up are all reaped',
    run: (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      const statuses = new Map<number, number>();
      const onEnd = (event: { pid: number; status: number }): void => {
        statuses.set(event.pid, event.status);
      };
      const pids = Array.from({ length: 100 }, (_, i) =>
        watch.spawn(sh(`exit ${i}`), `${i}`, { onEnd }),
      );
      for (const pid of pids) env.waitForZombie(pid);
      env.until('all ends', () => watch.size === 0);
      env.settle();
      const want = pids.map((pid, i) => [pid, i]);
      assert.deepEqual([...statuses].sort(byPid), want.sort(byPid));
      assert.deepEqual([watch.reaped, watch.sigchlds], [100, 1]);
    },
  },
  {
    name: 'children: of many started at once, each has its callback called, except one that failed',
    run: (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      const ends: string[] = [];
      const children = ['exit 1', 'exit 2', 'exit 3'].map((script) => ({
        request: sh(script),
        name: script,
        callbacks: { onEnd: (event: ChildEvent) => ends.push(`${event.name}: ${ending(event)}`) },
      }));
      const nowhere = { file: '/nowhere', argv: ['nowhere'] };
      const failing = { request: nowhere, name: 'nowhere' };
      const pids = watch.spawnAll([children[0]!, failing, children[1]!, children[2]!]);
      assert.equal(pids[1], -ENOENT);
      assert.deepEqual(watch.pids(), [pids[0], pids[2], pids[3]]);
      env.until('all ends', () => watch.size === 0);
      assert.deepEqual(ends.sort(), ['exit 1: exited 1', 'exit 2: exited 2', 'exit 3: exited 3']);
    },
  },
  {
    name: 'children: 200 one after the other leave no descriptor and no zombie',
    run: (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      let left = 200;
      const next = (): void => {
        if (left-- > 0) watch.spawn({ file: 'true', argv: ['true'] }, 'one', { onEnd: next });
      };
      const before = readdirSync('/proc/self/fd').length;
      next();
      env.until('all ends', () => watch.reaped === 200);
      assert.deepEqual([watch.size, env.host.children()], [0, []]);
      assert.equal(readdirSync('/proc/self/fd').length, before);
      // Fewer where a child was dead when the one before it was reaped.
      assert.ok(watch.sigchlds <= 200, `${watch.sigchlds} SIGCHLDs`);
    },
  },
  {
    name: 'children: one that has died before it is watched is reaped',
    run: (env) => {
      const ends: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD));
      const pid = env.host.spawn(sh('exit 6'));
      env.waitForZombie(pid);
      watch.watch(pid, 'late', { onEnd: (event) => ends.push(ending(event)) });
      env.until('its end', () => ends.length > 0);
      assert.deepEqual(ends, ['exited 6']);
    },
  },
  {
    name: 'children: one that has died, and whose SIGCHLD was read, is reaped when it is watched',
    run: (env) => {
      const ends: string[] = [];
      const signals = env.signals(SIGCHLD);
      const watch = env.watch(signals);
      const pid = env.host.spawn(sh('exit 6'));
      env.until('its SIGCHLD', () => watch.sigchlds > 0);
      env.settle();
      watch.watch(pid, 'late', { onEnd: (event) => ends.push(ending(event)) });
      env.settle();
      assert.deepEqual(ends, ['exited 6']);
    },
  },
  {
    name: 'children: only those of this process can be watched',
    run: (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      for (const pid of [1, env.host.getpid(), 2 ** 22 + 1, 0, -1]) {
        const call = () => watch.watch(pid, 'none');
        assert.throws(call, (error) => error instanceof HostError && error.errno === ECHILD);
      }
      assert.equal(watch.size, 0);
    },
  },
  {
    name: 'children: a working directory that cannot be entered is named',
    run: (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      for (const [cwd, why] of [
        ['/nowhere', 'No such file or directory (ENOENT)'],
        ['', 'No such file or directory (ENOENT)'],
        ['/dev/null', 'Not a directory (ENOTDIR)'],
      ] as const) {
        assert.throws(() => watch.spawn({ ...sh('exit 0'), cwd }, 'one'), {
          message: `spawn /bin/sh: chdir ${cwd}: ${why}`,
        });
      }
      assert.equal(watch.size, 0);
    },
  },
  {
    name: "children: those of Node's child_process are not reaped, and Node gets their exit",
    run: async (env) => {
      const watch = env.watch(env.signals(SIGCHLD));
      const foreign = spawn('/bin/sh', ['-c', 'exit 7'], { stdio: 'ignore' });
      const exit = once(foreign, 'exit');
      const ends: string[] = [];
      env.waitForZombie(foreign.pid!);
      for (let i = 0; i < 3; i++) {
        watch.spawn(sh(`exit ${i}`), `${i}`, { onEnd: (event) => ends.push(ending(event)) });
      }
      env.until('the ends of ours', () => ends.length === 3);
      const found = newWaitResult();
      env.host.waitid(P_PID, foreign.pid!, WEXITED | WNOHANG | WNOWAIT, found);
      assert.equal(found.pid, foreign.pid, 'it has been reaped');
      assert.deepEqual(ends.sort(), ['exited 0', 'exited 1', 'exited 2']);
      env.dispose();
      assert.deepEqual(await exit, [7, null]);
    },
  },
  {
    name: 'children: a SIGCHLD after the watch was given up calls nobody',
    only: 'native',
    run: (env) => {
      const signals = env.signals(SIGCHLD);
      const watch = env.watch(signals);
      const sleep = { file: 'sleep', argv: ['sleep', '600'] };
      const pid = watch.spawn(sleep, 'one', { onEnd: () => assert.fail('told') });
      watch.dispose();
      env.host.kill(pid, SIGKILL);
      env.until('the record', () => signals.counts.records > 0);
      assert.equal(watch.sigchlds, 0);
      env.host.waitid(P_PID, pid, WEXITED, newWaitResult());
    },
  },
  {
    name: 'children: stops and continues are reported if they are wanted',
    run: (env) => {
      const seen: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD), { stops: true });
      const pid = watch.spawn({ file: 'sleep', argv: ['sleep', '600'] }, 'one', {
        onStatus: (event) => seen.push(ending(event)),
        onEnd: (event) => seen.push(ending(event)),
      });
      for (const signo of [SIGSTOP, SIGCONT, SIGSTOP, SIGKILL]) {
        const before = seen.length;
        env.host.kill(pid, signo);
        env.until(`signal ${signo}`, () => seen.length > before);
      }
      const [stop, cont] = [`stopped ${SIGSTOP}`, `continued ${SIGCONT}`];
      assert.deepEqual(seen, [stop, cont, stop, `killed ${SIGKILL}`]);
    },
  },
  {
    name: 'children: stops are not told where they are not wanted',
    run: (env) => {
      const ends: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD));
      const pid = watch.spawn({ file: 'sleep', argv: ['sleep', '600'] }, 'one', {
        onStatus: (event) => ends.push(ending(event)),
        onEnd: (event) => ends.push(ending(event)),
      });
      for (const signo of [SIGSTOP, SIGCONT, SIGKILL]) env.host.kill(pid, signo);
      env.until('its end', () => ends.length > 0);
      env.settle();
      assert.deepEqual([ends, watch.sigchlds], [[`killed ${SIGKILL}`], 1]);
    },
  },
  {
    name: 'children: orphans that come to a subreaper are adopted and reaped',
    run: (env) => {
      env.host.prctl(PR_SET_CHILD_SUBREAPER, 1);
      env.atEnd(() => env.host.prctl(PR_SET_CHILD_SUBREAPER, 0));
      const seen: string[] = [];
      const watch = env.watch(env.signals(SIGCHLD), {
        adopts: true,
        onOrphan: (event) => seen.push(`${event.name} ${ending(event)}`),
      });
      const script = '(sh -c "sleep 0.05; exit 8" & sh -c "kill -9 \\$\\$" &) ; exit 5';
      watch.spawn(sh(script), 'child', { onEnd: (event) => seen.push(`child ${ending(event)}`) });
      env.until('three ends', () => seen.length >= 3);
      assert.deepEqual(seen.sort(), ['child exited 5', 'orphan exited 8', 'orphan killed 9']);
    },
  },
  {
    name: 'children: an orphan that dies among watched zombies is reaped too',
    run: (env) => {
      env.host.prctl(PR_SET_CHILD_SUBREAPER, 1);
      env.atEnd(() => env.host.prctl(PR_SET_CHILD_SUBREAPER, 0));
      const signals = env.signals(SIGCHLD);
      let orphans = 0;
      const watch = env.watch(signals, { adopts: true, onOrphan: () => orphans++ });
      for (let i = 0; i < 20; i++) watch.spawn(sh('(exit 9 & ) ; exit 0'), 'child');
      for (const pid of watch.pids()) env.waitForZombie(pid);
      env.until('all ends', () => watch.size === 0 && orphans === 20);
      assert.equal(watch.reaped, 40);
    },
  },
  {
    name: 'children: without pidfds SIGCHLD itself announces them',
    only: 'compat',
    run: (env) => {
      env.host.pidfdOpen = () => -38;
      env.atEnd(() => Reflect.deleteProperty(env.host, 'pidfdOpen'));
      const watch = env.watch(env.signals(SIGCHLD));
      for (let i = 0; i < 30; i++) watch.spawn(sh('exit 1'), `${i}`);
      env.until('all ends', () => watch.reaped === 30);
    },
  },
  {
    name: 'children: without SIGCHLD their pidfds announce them',
    only: 'compat',
    run: (env) => {
      const signals = env.signals(SIGCHLD);
      const watch = env.watch(signals);
      // As if libuv's pipe had been full: the handler is there, and never runs.
      const { handlerAddress } = env.host;
      env.host.sigaction(
        SIGCHLD,
        { handler: handlerAddress, flags: 0, maskLo: 0, maskHi: 0 },
        null,
      );
      for (let i = 0; i < 30; i++) watch.spawn(sh('exit 1'), `${i}`);
      env.until('all ends', () => watch.reaped === 30);
    },
  },
];

function byPid(a: number[], b: number[]): number {
  return a[0]! - b[0]!;
}
