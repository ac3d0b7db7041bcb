import {
  SI_QUEUE,
  SI_TKILL,
  SI_USER,
  SIGALRM,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGHUP,
  SIGILL,
  SIGRTMIN,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
  SIGUSR2,
  SIGWINCH,
} from '../../../src/host/constants.ts';
import { EINVAL, ESRCH } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

export const signals: ContractCase[] = [
  {
    name: 'signals: blockSignals blocks, restoreSignalMask restores, a second call does nothing',
    run: (env) => {
      const { host } = env;
      const before = host.blockedSignals();
      const token = host.blockSignals([SIGUSR2, SIGRTMIN]);
      if (typeof token === 'number') throw new Error(`blockSignals: ${token}`);
      const blocked = host.blockedSignals();
      env.equal(host.restoreSignalMask(token), 0, 'restore');
      env.ok(blocked.includes(SIGUSR2) && blocked.includes(SIGRTMIN), `blocked: ${blocked}`);
      env.equal(host.blockedSignals(), before, 'after');
      env.equal(host.restoreSignalMask(token), 0, 'restore again');
      env.equal([...token.signals], [SIGUSR2, SIGRTMIN], 'what the token says');
    },
  },
  {
    name: 'signals: restoring leaves signals blocked that were blocked before',
    run: (env) => {
      env.block(SIGUSR2);
      const inner = env.host.blockSignals([SIGUSR2, SIGALRM]);
      if (typeof inner === 'number') throw new Error(`blockSignals: ${inner}`);
      env.equal(env.host.restoreSignalMask(inner), 0, 'restore');
      env.ok(env.host.blockedSignals().includes(SIGUSR2), 'SIGUSR2 is blocked yet');
      env.ok(!env.host.blockedSignals().includes(SIGALRM), 'SIGALRM is not');
    },
  },
  {
    name: 'signals: a number that is not a signal is EINVAL, and blocks nothing',
    run: (env) => {
      const before = env.host.blockedSignals();
      env.equal(env.host.blockSignals([SIGUSR2, 65]), -EINVAL, 'blockSignals');
      env.equal(env.host.blockedSignals(), before, 'blocked');
      env.fails(env.host.raise(65), EINVAL, 'raise');
      env.fails(env.host.kill(env.host.getpid(), 65), EINVAL, 'kill');
      env.fails(env.host.sigqueue(env.host.getpid(), 65, 0), EINVAL, 'sigqueue');
      env.fails(env.host.tgkill(env.host.getpid(), env.host.gettid(), 65), EINVAL, 'tgkill');
    },
  },
  {
    name: 'signals: a blocked one is pending until it is read',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.equal(env.host.pendingSignals(), [], 'before');
      env.good(env.host.raise(SIGUSR2), 'raise');
      env.equal(env.host.pendingSignals(), [SIGUSR2], 'raised');
      env.records(fd);
      env.equal(env.host.pendingSignals(), [], 'read');
    },
  },
  {
    name: 'signals: raise says SI_TKILL, kill SI_USER, sigqueue SI_QUEUE and its value',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGUSR2);
      const me = host.getpid();
      host.raise(SIGUSR2);
      const raised = env.records(fd)[0]!;
      env.equal([raised.signo, raised.code, raised.pid], [SIGUSR2, SI_TKILL, me], 'raise');
      host.kill(me, SIGUSR2);
      const killed = env.records(fd)[0]!;
      env.equal([killed.signo, killed.code, killed.pid], [SIGUSR2, SI_USER, me], 'kill');
      host.sigqueue(me, SIGUSR2, -7);
      const queued = env.records(fd)[0]!;
      env.equal(
        [queued.signo, queued.code, queued.pid, queued.int],
        [SIGUSR2, SI_QUEUE, me, -7],
        'sigqueue',
      );
      env.equal(raised.uid, queued.uid, 'uid');
    },
  },
  {
    name: 'signals: tgkill of this thread works as raise; of a missing thread it is ESRCH',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGUSR2);
      env.equal(host.tgkill(host.getpid(), host.gettid(), SIGUSR2), 0, 'tgkill');
      env.equal(env.records(fd)[0]!.code, SI_TKILL, 'code');
      env.fails(host.tgkill(host.getpid(), 0x3fffffff, SIGUSR2), ESRCH, 'no such thread');
    },
  },
  {
    name: 'signals: standard ones coalesce, and the first one is reported',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGUSR2);
      host.sigqueue(host.getpid(), SIGUSR2, 1);
      host.sigqueue(host.getpid(), SIGUSR2, 2);
      host.kill(host.getpid(), SIGUSR2);
      env.equal(
        env.records(fd).map((record) => [record.code, record.int]),
        [[SI_QUEUE, 1]],
        'read',
      );
    },
  },
  {
    name: 'signals: real-time ones queue, each with its value, in order',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGRTMIN);
      for (const value of [3, 1, 2]) host.sigqueue(host.getpid(), SIGRTMIN, value);
      env.equal(
        env.records(fd).map((record) => record.int),
        [3, 1, 2],
        'values',
      );
    },
  },
  {
    name: 'signals: lowest number first, standard before real-time',
    run: (env) => {
      const { host } = env;
      const order = [SIGRTMIN + 1, SIGWINCH, SIGRTMIN, SIGUSR2, SIGHUP];
      const fd = env.signalfd(...order);
      for (const signo of order) host.kill(host.getpid(), signo);
      env.equal(
        env.records(fd).map((record) => record.signo),
        [SIGHUP, SIGUSR2, SIGWINCH, SIGRTMIN, SIGRTMIN + 1],
        'order',
      );
    },
  },
  {
    name: 'signals: those that faults raise come before all others',
    run: (env) => {
      const { host } = env;
      const faults = [SIGSYS, SIGSEGV, SIGFPE, SIGBUS, SIGTRAP, SIGILL];
      const fd = env.signalfd(SIGHUP, ...faults);
      host.kill(host.getpid(), SIGHUP);
      for (const signo of faults) host.kill(host.getpid(), signo);
      env.equal(
        env.records(fd).map((record) => record.signo),
        [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGHUP],
        'order',
      );
    },
  },
  {
    name: "signals: the thread's own go before the process's",
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGHUP, SIGUSR2, SIGSEGV);
      host.kill(host.getpid(), SIGHUP);
      host.kill(host.getpid(), SIGSEGV);
      host.raise(SIGUSR2);
      env.equal(
        env.records(fd).map((record) => record.signo),
        [SIGUSR2, SIGSEGV, SIGHUP],
        'order',
      );
    },
  },
  {
    name: 'signals: one may be pending for the thread and for the process at once',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGUSR2);
      host.kill(host.getpid(), SIGUSR2);
      host.raise(SIGUSR2);
      env.equal(
        env.records(fd).map((record) => record.code),
        [SI_TKILL, SI_USER],
        'codes',
      );
    },
  },
  {
    name: 'signals: 0 asks whether the process exists',
    run: (env) => {
      const { host } = env;
      env.equal(host.kill(host.getpid(), 0), 0, 'this one');
      const pid = env.spawn({ then: { exit: 0 } });
      env.waitForEnd(pid);
      env.equal(host.kill(pid, 0), 0, 'a zombie');
      env.wait(pid);
      env.fails(host.kill(pid, 0), ESRCH, 'one that was reaped');
      env.fails(host.sigqueue(pid, SIGCHLD, 0), ESRCH, 'sigqueue');
    },
  },
  {
    name: 'signals: sent to a zombie they are not an error, and change nothing',
    run: (env) => {
      const pid = env.spawn({ then: { exit: 4 } });
      env.waitForEnd(pid);
      env.equal(env.host.kill(pid, 9), 0, 'kill');
      const { code, status } = env.wait(pid);
      env.equal([code, status], [1, 4], 'its end');
    },
  },
];
