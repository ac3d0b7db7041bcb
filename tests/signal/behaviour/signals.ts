import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import {
  F_SETFL,
  O_CLOEXEC,
  O_NONBLOCK,
  P_PID,
  POLLIN,
  SA_RESETHAND,
  SA_SIGINFO,
  SI_QUEUE,
  SI_USER,
  SIGHUP,
  SIGINT,
  SIGKILL,
  SIGRTMAX,
  SIGRTMIN,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
  WEXITED,
} from '../../../src/host/constants.ts';
import { EINVAL, HostError } from '../../../src/host/errno.ts';
import { newSigAction, newWaitResult } from '../../../src/host/host.ts';
import type { SignalfdSiginfo } from '../../../src/signal/siginfo.ts';
import { type BehaviourCase, type Env, sh } from './harness.ts';

// fcntl(2) and siginfo's si_code for signals that a descriptor sends.
const F_SETOWN = 8;
const F_SETSIG = 10;
const O_ASYNC = 0o20000;
const POLL_IN = 1;

/** A shell's wait until its parent sleeps. */
const UNTIL_ASLEEP = 'until grep -q "^State:.S" /proc/$PPID/status; do :; done';

/** Signals whose handlers write their numbers into the list that is returned. */
function told(env: Env, ...signos: number[]): number[] {
  const list: number[] = [];
  const signals = env.signals(...signos);
  for (const signo of signos) {
    signals.sigaction(signo, { handler: (n) => list.push(n), name: `handler ${signo}` });
  }
  return list;
}

export const signalCases: BehaviourCase[] = [
  {
    name: 'signals: a handler is called with the number, once',
    run: (env) => {
      const list = told(env, SIGUSR1);
      env.host.kill(env.host.getpid(), SIGUSR1);
      env.until('the handler', () => list.length > 0);
      env.settle();
      assert.deepEqual(list, [SIGUSR1]);
      assert.deepEqual(env.reports, []);
    },
  },
  {
    name: 'signals: one waits from its coming until its handler is called',
    run: (env) => {
      const signals = env.signals(SIGUSR1, SIGUSR2);
      const waiting: boolean[] = [];
      signals.sigaction(SIGUSR1, { handler: (n) => waiting.push(signals.isWaiting(n)) });
      waiting.push(signals.isWaiting(SIGUSR1));
      env.host.kill(env.host.getpid(), SIGUSR1);
      waiting.push(signals.isWaiting(SIGUSR1), signals.isWaiting(SIGUSR2));
      env.until('the handler', () => waiting.length === 4);
      assert.deepEqual(waiting, [false, true, false, false]);
    },
  },
  {
    name: 'signals: one that comes while the loop sleeps wakes it',
    run: (env) => {
      const list = told(env, SIGUSR1);
      const pid = env.host.spawn(sh(`${UNTIL_ASLEEP}; kill -USR1 $PPID; exec sleep 60`));
      env.atEnd(() => {
        env.host.kill(pid, SIGKILL);
        env.waitForZombie(pid);
        env.host.waitid(P_PID, pid, WEXITED, newWaitResult());
      });
      env.until('the handler', () => list.length > 0);
      assert.deepEqual(list, [SIGUSR1]);
    },
  },
  {
    name: 'signals: each of many comes to its own handler',
    run: (env) => {
      const all = [SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH, SIGRTMIN, SIGRTMAX];
      const list = told(env, ...all);
      for (const signo of all) env.host.kill(env.host.getpid(), signo);
      env.until('all handlers', () => list.length >= all.length);
      env.settle();
      assert.deepEqual(list, all);
    },
  },
  {
    name: 'signals: the lowest number goes first',
    only: 'native',
    run: (env) => {
      const list = told(env, SIGHUP, SIGUSR2, SIGTERM);
      for (const signo of [SIGTERM, SIGUSR2, SIGHUP]) env.host.kill(env.host.getpid(), signo);
      env.until('all handlers', () => list.length >= 3);
      assert.deepEqual(list, [SIGHUP, SIGUSR2, SIGTERM]);
    },
  },
  {
    name: 'signals: the first one sent goes first',
    only: 'compat',
    run: (env) => {
      const list = told(env, SIGHUP, SIGUSR2, SIGTERM);
      for (const signo of [SIGTERM, SIGUSR2, SIGHUP]) env.host.raise(signo);
      env.until('all handlers', () => list.length >= 3);
      assert.deepEqual(list, [SIGTERM, SIGUSR2, SIGHUP]);
    },
  },
  {
    name: 'signals: standard ones coalesce until they are read',
    run: (env) => {
      const list = told(env, SIGUSR1);
      for (let i = 0; i < 5; i++) env.host.kill(env.host.getpid(), SIGUSR1);
      env.until('the handler', () => list.length > 0);
      env.settle();
      assert.deepEqual(list, [SIGUSR1]);
      env.host.kill(env.host.getpid(), SIGUSR1);
      env.until('the next', () => list.length > 1);
    },
  },
  {
    name: 'signals: what a handler raises comes, the same signal too',
    run: (env) => {
      const list: number[] = [];
      const signals = env.signals(SIGUSR1, SIGUSR2);
      const again = (signo: number): void => {
        list.push(signo);
        if (list.length < 6) env.host.raise(signo === SIGUSR1 ? SIGUSR2 : SIGUSR1);
        if (list.length === 1) env.host.raise(SIGUSR1);
      };
      for (const signo of [SIGUSR1, SIGUSR2]) signals.sigaction(signo, { handler: again });
      env.host.raise(SIGUSR1);
      env.until('6 calls', () => list.length >= 6);
      assert.ok(list.includes(SIGUSR2));
    },
  },
  {
    name: 'signals: real-time ones all come, more of them than a pipe has room for',
    run: (env) => {
      const list = told(env, SIGRTMIN + 1);
      for (let i = 0; i < 3000; i++) {
        assert.equal(env.host.sigqueue(env.host.getpid(), SIGRTMIN + 1, i), 0);
      }
      env.until('3000 calls', () => list.length >= 3000);
      env.settle();
      assert.equal(list.length, 3000);
    },
  },
  {
    name: 'signals: a standard one gets through a storm of real-time ones',
    run: (env) => {
      const list = told(env, SIGRTMIN, SIGTERM);
      for (let i = 0; i < 1500; i++) env.host.sigqueue(env.host.getpid(), SIGRTMIN, i);
      env.host.kill(env.host.getpid(), SIGTERM);
      env.until('1501 calls', () => list.length >= 1501);
      env.settle();
      assert.equal(list.filter((n) => n === SIGTERM).length, 1);
    },
  },
  {
    name: 'signals: with SA_SIGINFO the handler gets the record',
    run: (env) => {
      const list: SignalfdSiginfo[] = [];
      const handler = (_: number, info: SignalfdSiginfo): number => list.push({ ...info });
      env.signals(SIGUSR1).sigaction(SIGUSR1, { handler, flags: SA_SIGINFO });
      env.host.sigqueue(env.host.getpid(), SIGUSR1, -77);
      env.until('the handler', () => list.length > 0);
      const { ssi_signo, ssi_code, ssi_pid, ssi_uid, ssi_int } = list[0]!;
      const native = [SIGUSR1, SI_QUEUE, env.host.getpid(), process.getuid!(), -77];
      assert.deepEqual(
        [ssi_signo, ssi_code, ssi_pid, ssi_uid, ssi_int],
        env.mode === 'native' ? native : [SIGUSR1, SI_USER, 0, 0, 0],
      );
    },
  },
  {
    name: "signals: a descriptor's record has the fd and what it is ready for",
    only: 'native',
    run: (env) => {
      const list: SignalfdSiginfo[] = [];
      const handler = (_: number, info: SignalfdSiginfo): number => list.push({ ...info });
      env.signals(SIGRTMIN).sigaction(SIGRTMIN, { handler, flags: SA_SIGINFO });
      const ends: number[] = [];
      env.host.pipe2(ends, O_CLOEXEC);
      env.atEnd(() => ends.map((fd) => env.host.close(fd)));
      const [readEnd, writeEnd] = ends as [number, number];
      env.host.fcntl(readEnd, F_SETOWN, env.host.getpid());
      env.host.fcntl(readEnd, F_SETSIG, SIGRTMIN);
      env.host.fcntl(readEnd, F_SETFL, O_ASYNC);
      env.host.write(writeEnd, env.host.alloc(1), 0, 1);
      env.until('the record', () => list.length > 0);
      const { ssi_fd, ssi_band, ssi_code } = list[0]!;
      assert.deepEqual([ssi_fd, ssi_code], [readEnd, POLL_IN]);
      assert.equal(ssi_band & POLLIN, POLLIN);
    },
  },
  {
    name: 'signals: an ignored one, and one ignored by default, come to nobody',
    run: (env) => {
      const list: number[] = [];
      const handler = (n: number): number => list.push(n);
      const signals = env.signals(SIGUSR1, SIGWINCH, SIGTERM);
      for (const signo of [SIGUSR1, SIGWINCH, SIGTERM]) signals.sigaction(signo, { handler });
      signals.sigaction(SIGUSR1, { handler: 'ignore' });
      signals.sigaction(SIGWINCH, { handler: 'default' });
      for (const signo of [SIGUSR1, SIGWINCH, SIGTERM]) env.host.kill(env.host.getpid(), signo);
      env.until('SIGTERM', () => list.includes(SIGTERM));
      env.settle();
      assert.deepEqual(list, [SIGTERM]);
      signals.sigaction(SIGUSR1, { handler });
      env.host.kill(env.host.getpid(), SIGUSR1);
      env.until('SIGUSR1, which is handled again', () => list.includes(SIGUSR1));
    },
  },
  {
    name: 'signals: one that nobody handles is read and dropped',
    only: 'native',
    run: (env) => {
      const signals = env.signals(SIGTERM);
      env.host.kill(env.host.getpid(), SIGTERM);
      env.until('the drop', () => signals.counts.dropped > 0);
    },
  },
  {
    name: 'signals: the kernel knows the handler and its flags, while there is one',
    run: (env) => {
      const act = newSigAction();
      const signals = env.signals(SIGUSR1);
      signals.sigaction(SIGUSR1, { handler: () => {}, flags: SA_SIGINFO });
      env.host.sigaction(SIGUSR1, null, act);
      assert.ok(act.handler > 1);
      assert.equal(act.flags & SA_SIGINFO, SA_SIGINFO);
      signals.sigaction(SIGUSR1, { handler: 'ignore' });
      env.host.sigaction(SIGUSR1, null, act);
      assert.equal(act.handler, 1);
    },
  },
  {
    name: 'signals: those that functions handle are known, without those that are ignored',
    run: (env) => {
      const signals = env.signals(SIGUSR1, SIGUSR2, SIGTERM);
      const handler = (): void => {};
      for (const signo of [SIGUSR1, SIGUSR2, SIGTERM]) signals.sigaction(signo, { handler });
      signals.sigaction(SIGUSR2, { handler: 'ignore' });
      env.host.sigaction(SIGTERM, newSigAction(), null);
      assert.deepEqual(signals.table.handled, [SIGUSR1]);
    },
  },
  {
    name: 'signals: SA_RESETHAND resets nothing, and the record comes without SA_SIGINFO',
    run: (env) => {
      const list: number[] = [];
      const signals = env.signals(SIGUSR1);
      signals.sigaction(SIGUSR1, {
        flags: SA_RESETHAND,
        handler: (_, info) => list.push(info.ssi_signo),
      });
      for (let i = 1; i <= 2; i++) {
        env.host.raise(SIGUSR1);
        env.until(`call ${i}`, () => list.length === i);
      }
      assert.deepEqual(list, [SIGUSR1, SIGUSR1]);
    },
  },
  {
    name: 'signals: SIGKILL, SIGSTOP and what is no signal cannot be handled',
    run: (env) => {
      const signals = env.signals(SIGUSR1);
      for (const signo of [SIGKILL, SIGSTOP, 0, 65]) {
        const set = () => signals.sigaction(signo, { handler: () => {} });
        assert.throws(set, (error) => error instanceof HostError && error.errno === EINVAL);
      }
    },
  },
  {
    name: 'signals: what cannot come through the loop is named, and nothing is changed',
    run: (env) => {
      const before = [env.host.blockedSignals(), env.loop.watched.fds];
      const expected =
        'expected 1 to 31 without SIGKILL (9) and SIGSTOP (19), or SIGRTMIN (34) to SIGRTMAX (64)';
      const wrong: [unknown, string][] = [
        [SIGKILL, 'SIGKILL (9)'],
        [SIGSTOP, 'SIGSTOP (19)'],
        [32, 'signal 32 (32)'],
        [33, 'signal 33 (33)'],
        [65, 'signal 65 (65)'],
        [0, '0'],
        [NaN, 'NaN'],
        ['SIGTERM', "'SIGTERM'"],
      ];
      for (const [signo, name] of wrong) {
        assert.throws(() => env.signals(SIGUSR1, signo as number), {
          name: 'RangeError',
          message: `Signals: ${name} cannot come through a loop: ${expected}`,
        });
      }
      assert.deepEqual([env.host.blockedSignals(), env.loop.watched.fds], before);
    },
  },
  {
    name: 'signals: a handler may dispose of them, and nothing is read after',
    run: (env) => {
      const signals = env.signals(SIGUSR1, SIGUSR2);
      const list: number[] = [];
      const fds: number[] = [];
      for (const signo of [SIGUSR1, SIGUSR2]) {
        signals.sigaction(signo, {
          handler: () => {
            list.push(signo);
            signals.dispose();
            // It takes the number of what was closed, and nobody else may read it.
            fds.push(env.host.eventfd(1, O_CLOEXEC | O_NONBLOCK));
          },
        });
      }
      for (const signo of [SIGUSR1, SIGUSR2]) env.host.raise(signo);
      env.until('the handler', () => list.length > 0);
      env.settle();
      const [fd] = fds;
      env.atEnd(() => env.host.close(fd!));
      assert.deepEqual(list, [SIGUSR1]);
      assert.equal(env.host.read(fd!, env.host.alloc(8), 0, 8), 8, 'it was read');
      assert.deepEqual(env.reports, []);
    },
  },
  {
    name: 'signals: after dispose there is no sigaction, and a second dispose does nothing',
    run: (env) => {
      const signals = env.signals(SIGUSR1);
      const { table } = signals;
      signals.dispose();
      const fd = env.host.eventfd(1, O_CLOEXEC | O_NONBLOCK);
      env.atEnd(() => env.host.close(fd));
      signals.dispose();
      signals.source.drop?.([SIGUSR1]);
      signals.source.dispose();
      const count = env.host.read(fd, env.host.alloc(8), 0, 8);
      assert.equal(count, 8, 'what has its number now is open, and was not read');
      const set = () => signals.sigaction(SIGUSR1, { handler: () => {} });
      assert.throws(set, /^Error: sigaction: these Signals are disposed$/);
      if (env.mode === 'native') return;
      signals.source.announceChild!(env.host.getpid());
      assert.throws(() => table.set(SIGUSR1, { handler: () => {} }), HostError);
    },
  },
  {
    name: "signals: two loops' signals do not disturb each other",
    run: (env) => {
      const first = told(env, SIGUSR1);
      const second = told(env, SIGUSR2);
      env.host.kill(env.host.getpid(), SIGUSR2);
      env.host.kill(env.host.getpid(), SIGUSR1);
      env.until('both', () => first.length + second.length >= 2);
      assert.deepEqual([first, second], [[SIGUSR1], [SIGUSR2]]);
    },
  },
  {
    name: "signals: Node's own listeners get theirs when the loop is left",
    only: 'compat',
    run: async (env) => {
      const list = told(env, SIGUSR2);
      const listened = once(process, 'SIGUSR2');
      env.host.kill(env.host.getpid(), SIGUSR2);
      env.until('the handler', () => list.length > 0);
      assert.deepEqual((await listened)[0], 'SIGUSR2');
    },
  },
  {
    name: 'signals: those handled here that are pending when they are given up do not end us',
    run: (env) => {
      const signals = env.signals(SIGTERM, SIGUSR2);
      for (const signo of [SIGTERM, SIGUSR2]) {
        signals.sigaction(signo, { handler: () => {} });
        env.host.kill(env.host.getpid(), signo);
      }
      signals.dispose();
      assert.deepEqual(env.host.pendingSignals(), []);
    },
  },
  {
    name: "signals: those pending that are Node's own listeners' are not dropped",
    only: 'native',
    run: async (env) => {
      const signals = env.signals(SIGUSR2);
      signals.sigaction(SIGUSR2, { handler: () => {} });
      const listened = once(process, 'SIGUSR2');
      env.host.kill(env.host.getpid(), SIGUSR2);
      signals.dispose();
      assert.deepEqual((await listened)[0], 'SIGUSR2');
    },
  },
  {
    name: "signals: a listener that Node got since stays Node's",
    run: async (env) => {
      const signals = env.signals(SIGUSR2);
      signals.sigaction(SIGUSR2, { handler: () => {} });
      const listened = once(process, 'SIGUSR2');
      signals.dispose();
      env.host.kill(env.host.getpid(), SIGUSR2);
      await listened;
    },
  },
];
