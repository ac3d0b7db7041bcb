import {
  POLLIN,
  SA_NOCLDSTOP,
  SA_RESETHAND,
  SIG_DFL,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGUSR2,
  SIGWINCH,
} from '../../../src/host/constants.ts';
import { EBADF, EINVAL } from '../../../src/host/errno.ts';
import { newSigAction, type SignalPipe } from '../../../src/host/host.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

/** Opens a pipe, runs body with it and the list of signals it reports, and disposes of it. */
function withPipe(env: ContractEnv, body: (pipe: SignalPipe, told: number[]) => void): void {
  const told: number[] = [];
  const pipe = env.host.openSignalPipe((signo) => told.push(signo));
  if (typeof pipe === 'number') throw new Error(`openSignalPipe: ${pipe}`);
  try {
    body(pipe, told);
  } finally {
    pipe.dispose();
    pipe.dispose();
  }
}

export const signalPipe: ContractCase[] = [
  {
    name: 'signal pipe: is readable while there is a signal for drain to report',
    run: (env) => {
      withPipe(env, (pipe, told) => {
        env.equal(pipe.add(SIGUSR2, 0), 0, 'add');
        env.equal(env.poll1(pipe.fd, POLLIN), 0, 'before');
        env.good(env.host.raise(SIGUSR2), 'raise');
        env.equal(env.poll1(pipe.fd, POLLIN), POLLIN, 'raised');
        env.equal(told, [], 'nothing is told before drain');
        pipe.drain();
        env.equal(told, [SIGUSR2], 'told');
        env.equal(env.poll1(pipe.fd, POLLIN), 0, 'drained');
        pipe.drain();
        env.equal(told, [SIGUSR2], 'drained again');
      });
    },
  },
  {
    name: 'signal pipe: every real-time signal is reported, and one drain reports several signals',
    run: (env) => {
      withPipe(env, (pipe, told) => {
        for (const signo of [SIGUSR2, SIGRTMIN]) env.equal(pipe.add(signo, 0), 0, 'add');
        for (let i = 0; i < 100; i++) env.good(env.host.raise(SIGRTMIN), 'raise');
        env.good(env.host.raise(SIGUSR2), 'raise');
        pipe.drain();
        env.equal(told.filter((signo) => signo === SIGRTMIN).length, 100, 'real-time ones');
        env.equal(told.filter((signo) => signo === SIGUSR2).length, 1, 'standard ones');
      });
    },
  },
  {
    name: 'signal pipe: a handled signal has a handler with its flags; a removed one has none',
    run: (env) => {
      const act = newSigAction();
      withPipe(env, (pipe, told) => {
        env.equal(pipe.add(SIGWINCH, SA_NOCLDSTOP), 0, 'add');
        env.host.sigaction(SIGWINCH, null, act);
        env.ok(act.handler > 1, `a handler: ${act.handler}`);
        env.equal(act.flags & SA_NOCLDSTOP, SA_NOCLDSTOP, 'flags');
        env.equal(pipe.add(SIGWINCH, 0), 0, 'add again');
        env.host.sigaction(SIGWINCH, null, act);
        env.equal(act.flags & SA_NOCLDSTOP, 0, 'other flags');
        env.good(env.host.raise(SIGWINCH), 'raise');
        pipe.remove(SIGWINCH);
        env.host.sigaction(SIGWINCH, null, act);
        env.equal(act.handler, SIG_DFL, 'removed');
        pipe.drain();
        env.equal(told, [], 'what came before it was removed');
        env.equal(pipe.add(SIGWINCH, 0), 0, 'add once more');
        env.good(env.host.raise(SIGWINCH), 'raise');
        pipe.drain();
        env.equal(told, [SIGWINCH], 'told');
      });
    },
  },
  {
    name: 'signal pipe: a signal that came before its removal is not told after it is added again; others are',
    run: (env) => {
      withPipe(env, (pipe, told) => {
        for (const signo of [SIGUSR2, SIGWINCH]) env.equal(pipe.add(signo, 0), 0, 'add');
        for (const signo of [SIGUSR2, SIGWINCH]) env.good(env.host.raise(signo), 'raise');
        pipe.remove(SIGWINCH);
        env.equal(pipe.add(SIGWINCH, 0), 0, 'add again');
        pipe.drain();
        env.equal(told, [SIGUSR2], 'told');
      });
    },
  },
  {
    name: 'signal pipe: SA_RESETHAND does not remove the handler',
    run: (env) => {
      withPipe(env, (pipe, told) => {
        env.equal(pipe.add(SIGWINCH, SA_RESETHAND), 0, 'add');
        for (let i = 0; i < 2; i++) {
          env.good(env.host.raise(SIGWINCH), 'raise');
          pipe.drain();
        }
        env.equal(told, [SIGWINCH, SIGWINCH], 'told');
      });
    },
  },
  {
    name: 'signal pipe: the handler replaces a disposition that was set in the meantime',
    run: (env) => {
      withPipe(env, (pipe, told) => {
        env.equal(pipe.add(SIGWINCH, 0), 0, 'add');
        env.host.sigaction(SIGWINCH, newSigAction(), null);
        env.equal(pipe.add(SIGWINCH, 0), 0, 'add again');
        env.good(env.host.raise(SIGWINCH), 'raise');
        pipe.drain();
        env.equal(told, [SIGWINCH], 'told');
      });
    },
  },
  {
    name: 'signal pipe: SIGKILL, SIGSTOP and numbers that are not signals are EINVAL; removing them does nothing',
    run: (env) => {
      withPipe(env, (pipe) => {
        for (const signo of [SIGKILL, SIGSTOP, 0, 65]) {
          env.fails(pipe.add(signo, 0), EINVAL, `add ${signo}`);
          pipe.remove(signo);
        }
      });
    },
  },
  {
    name: 'signal pipe: after dispose add is EBADF, and the other calls do nothing',
    run: (env) => {
      const act = newSigAction();
      const told: number[] = [];
      const pipe = env.host.openSignalPipe((signo) => told.push(signo));
      if (typeof pipe === 'number') throw new Error(`openSignalPipe: ${pipe}`);
      env.equal(pipe.add(SIGWINCH, 0), 0, 'add');
      pipe.dispose();
      // The number of its descriptor is reused here.
      const other = env.signalfd(SIGUSR2);
      env.good(env.host.raise(SIGUSR2), 'raise');
      for (const signo of [SIGWINCH, SIGUSR2]) {
        env.fails(pipe.add(signo, 0), EBADF, `add ${signo}`);
        pipe.remove(signo);
        pipe.drain();
        env.host.sigaction(signo, null, act);
        env.equal(act.handler, SIG_DFL, 'disposition');
      }
      env.equal(told, [], 'told');
      env.equal(env.poll1(other, POLLIN), POLLIN, 'what is not its own');
    },
  },
];
