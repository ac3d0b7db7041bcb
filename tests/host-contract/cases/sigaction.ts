import {
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_RESETHAND,
  SA_RESTART,
  SA_SIGINFO,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMAX,
  SIGRTMIN,
  SIGSTOP,
  SIGURG,
  SIGUSR2,
  SIGWINCH,
  WEXITED,
  WSTOPPED,
} from '../../../src/host/constants.ts';
import { ECHILD, EFAULT, EINVAL } from '../../../src/host/errno.ts';
import { newSigAction, newWaitResult, type SigAction } from '../../../src/host/host.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

function numbers(env: ContractEnv, fd: number): number[] {
  return env.records(fd).map((record) => record.signo);
}

export const sigaction: ContractCase[] = [
  {
    name: 'callHandler: calls the host’s own handler, and none that sigaction has not named',
    run: (env) => {
      const { host } = env;
      const blocked = host.blockedSignals();
      env.equal(host.callHandler(SIGUSR2, host.handlerAddress), 0, 'its own');
      env.equal(host.blockedSignals(), blocked, 'the mask is as before');
      const wrong = [SIG_DFL, SIG_IGN, 0x1234, -1, 2 ** 53, 0.5, NaN, '1', 1n, {}, undefined];
      for (const handler of wrong as number[]) {
        env.fails(host.callHandler(SIGUSR2, handler), EINVAL, `handler ${String(handler)}`);
      }
      for (const signo of [0, -1, 65, 1.5, NaN, '12', undefined] as number[]) {
        const ret = host.callHandler(signo, host.handlerAddress);
        env.fails(ret, EINVAL, `signal ${String(signo)}`);
      }
    },
  },
  {
    name: 'sigaction: returns the disposition that was set',
    run: (env) => {
      const { host } = env;
      env.action(SIGUSR2, SIG_DFL);
      const flags = (SA_SIGINFO | SA_RESTART | SA_RESETHAND) >>> 0;
      const act = { handler: host.handlerAddress, flags, maskLo: 0x4000, maskHi: 0x80 };
      const old = newSigAction();
      env.equal(host.sigaction(SIGUSR2, act, old), 0, 'set');
      env.equal(old, newSigAction(), 'was');
      env.equal(host.sigaction(SIGUSR2, null, old), 0, 'query');
      env.equal(old, act, 'is');
    },
  },
  {
    name: 'sigaction: a handler is the host’s own, or one that it returned: the kernel jumps to any other',
    run: (env) => {
      const { host } = env;
      const real = newSigAction();
      const asks = { ...newSigAction() };
      Object.defineProperty(asks, 'handler', { get: () => 0x1234, set: () => {} });
      env.equal(host.sigaction(SIGUSR2, null, asks), 0, 'a query that is told something else');
      const wrong = [0x1234, -1, 2 ** 53, 0.5, NaN, '1', 1n, {}, undefined] as unknown as number[];
      for (const handler of wrong) {
        const act = { ...real, handler };
        env.fails(host.sigaction(SIGUSR2, act, null), EINVAL, `handler ${String(handler)}`);
      }
      for (const act of [1, 'x', undefined, {}] as unknown as SigAction[]) {
        env.fails(host.sigaction(SIGUSR2, act, null), EINVAL, `action ${String(act)}`);
      }
      env.fails(host.sigaction(SIGUSR2, null, 5 as unknown as SigAction), EFAULT, 'old');
      env.equal(host.sigaction(SIGUSR2, null, real), 0, 'query');
      env.equal(real.handler, SIG_DFL, 'nothing was set');
      env.equal(host.sigaction(SIGCHLD, null, real), 0, 'what Node has set');
      env.equal(host.sigaction(SIGCHLD, real, null), 0, 'may be put back');
    },
  },
  {
    name: 'sigaction: handlerAddress is neither SIG_DFL nor SIG_IGN',
    run: (env) => env.ok(env.host.handlerAddress > 1, String(env.host.handlerAddress)),
  },
  {
    name: 'sigaction: a handler that runs does nothing, and SA_RESETHAND then resets it',
    run: (env) => {
      env.action(SIGUSR2, env.host.handlerAddress, SA_RESETHAND);
      env.equal(env.host.raise(SIGUSR2), 0, 'raise');
      const now = newSigAction();
      env.host.sigaction(SIGUSR2, null, now);
      env.equal(now.handler, SIG_DFL, 'handler');
    },
  },
  {
    name: 'sigaction: a blocked signal that is read off a signalfd does not reset its handler',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.action(SIGUSR2, env.host.handlerAddress, SA_RESETHAND);
      env.host.raise(SIGUSR2);
      env.equal(numbers(env, fd), [SIGUSR2], 'read');
      const now = newSigAction();
      env.host.sigaction(SIGUSR2, null, now);
      env.equal(now.handler, env.host.handlerAddress, 'handler');
    },
  },
  {
    name: 'sigaction: SIGKILL, SIGSTOP and numbers that are not signals are EINVAL',
    run: (env) => {
      const { host } = env;
      const ignore = { ...newSigAction(), handler: SIG_IGN };
      env.fails(host.sigaction(SIGKILL, ignore, null), EINVAL, 'SIGKILL');
      env.fails(host.sigaction(SIGSTOP, ignore, null), EINVAL, 'SIGSTOP');
      for (const signo of [0, -1, 65])
        env.fails(host.sigaction(signo, null, null), EINVAL, `${signo}`);
      env.equal(host.sigaction(SIGKILL, null, newSigAction()), 0, 'query of SIGKILL');
      for (const signo of [SIGRTMIN, SIGRTMAX])
        env.equal(host.sigaction(signo, null, null), 0, `${signo}`);
    },
  },
  {
    name: 'sigaction: an ignored signal is still queued if it is blocked',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.action(SIGUSR2, SIG_IGN);
      env.host.kill(env.host.getpid(), SIGUSR2);
      env.equal(numbers(env, fd), [SIGUSR2], 'read');
    },
  },
  {
    name: 'sigaction: an ignored signal is dropped if it is not blocked',
    run: (env) => {
      env.action(SIGUSR2, SIG_IGN);
      env.equal(env.host.kill(env.host.getpid(), SIGUSR2), 0, 'kill');
      env.equal(env.host.pendingSignals(), [], 'pending');
      const fd = env.signalfd(SIGUSR2);
      env.equal(numbers(env, fd), [], 'read');
    },
  },
  {
    name: 'sigaction: a signal that is ignored by default is queued while it is blocked',
    run: (env) => {
      const fd = env.signalfd(SIGWINCH, SIGURG);
      env.host.kill(env.host.getpid(), SIGWINCH);
      env.host.raise(SIGURG);
      env.equal(numbers(env, fd), [SIGURG, SIGWINCH], "read: the thread's own first");
    },
  },
  {
    name: 'sigaction: setting SIG_IGN drops pending signals',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2, SIGRTMIN);
      env.host.raise(SIGUSR2);
      env.host.kill(env.host.getpid(), SIGUSR2);
      env.host.sigqueue(env.host.getpid(), SIGRTMIN, 1);
      env.action(SIGUSR2, SIG_IGN);
      env.equal(numbers(env, fd), [SIGRTMIN], 'read');
    },
  },
  {
    name: 'sigaction: setting SIG_DFL drops pending signals that are ignored by default',
    run: (env) => {
      const fd = env.signalfd(SIGWINCH, SIGUSR2);
      env.action(SIGWINCH, env.host.handlerAddress);
      env.action(SIGUSR2, env.host.handlerAddress);
      env.host.kill(env.host.getpid(), SIGWINCH);
      env.host.kill(env.host.getpid(), SIGUSR2);
      env.action(SIGWINCH, SIG_DFL);
      env.action(SIGUSR2, SIG_DFL);
      env.equal(numbers(env, fd), [SIGUSR2], 'read');
    },
  },
  {
    name: 'sigaction: setting a handler keeps pending signals',
    run: (env) => {
      const fd = env.signalfd(SIGWINCH);
      env.host.kill(env.host.getpid(), SIGWINCH);
      env.action(SIGWINCH, env.host.handlerAddress);
      env.equal(numbers(env, fd), [SIGWINCH], 'read');
    },
  },
  {
    name: 'sigaction: SIGCHLD ignored makes the kernel reap, and sends nothing',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      env.action(SIGCHLD, SIG_IGN);
      const pid = env.spawn({ afterNs: 1e6, then: { exit: 0 } });
      const out = newWaitResult();
      env.fails(env.host.waitid(1, pid, WEXITED, out), ECHILD, 'waitid blocks, then finds none');
      env.equal(env.records(fd), [], 'read');
    },
  },
  {
    name: 'sigaction: SA_NOCLDWAIT makes the kernel reap, and sends SIGCHLD',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      env.action(SIGCHLD, env.host.handlerAddress, SA_NOCLDWAIT);
      const pid = env.spawn({ afterNs: 1e6, then: { exit: 3 } });
      env.fails(env.host.waitid(1, pid, WEXITED, newWaitResult()), ECHILD, 'waitid');
      const record = env.nextRecord(fd);
      env.equal([record.pid, record.status], [pid, 3], 'record');
    },
  },
  {
    name: 'sigaction: SIGCHLD at its default leaves zombies',
    run: (env) => {
      env.action(SIGCHLD, SIG_DFL);
      const pid = env.spawn({ then: { exit: 6 } });
      env.waitForEnd(pid);
      env.equal(env.wait(pid).status, 6, 'status');
    },
  },
  {
    name: 'sigaction: SA_NOCLDSTOP sends nothing for stops and continues, but still for ends',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      env.action(SIGCHLD, env.host.handlerAddress, SA_NOCLDSTOP);
      const pid = env.spawn({});
      env.host.kill(pid, SIGSTOP);
      env.equal(env.wait(pid, WSTOPPED).status, SIGSTOP, 'stopped by');
      env.host.kill(pid, SIGCONT);
      env.wait(pid, 8);
      env.equal(env.records(fd), [], 'read');
      env.host.kill(pid, SIGKILL);
      env.equal(env.nextRecord(fd).status, SIGKILL, 'record of its end');
      env.wait(pid);
    },
  },
];
