import {
  POLLIN,
  SIGHUP,
  SIGKILL,
  SIGNALFD_SIGINFO_SIZE,
  SIGRTMIN,
  SIGUSR2,
} from '../../../src/host/constants.ts';
import { EAGAIN, EBADF, EINVAL } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

export const signalfd: ContractCase[] = [
  {
    name: 'signalfd: is readable while a signal of its mask is pending',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.equal(env.poll1(fd, POLLIN), 0, 'idle');
      env.host.raise(SIGUSR2);
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'pending');
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'still');
      env.equal(env.records(fd).length, 1, 'records');
      env.equal(env.poll1(fd, POLLIN), 0, 'read');
      env.fails(env.host.read(fd, env.buf, 0, 128), EAGAIN, 'read of nothing');
    },
  },
  {
    name: 'signalfd: a buffer too short for one record is EINVAL, and loses nothing',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.host.raise(SIGUSR2);
      env.fails(env.host.read(fd, env.buf, 0, SIGNALFD_SIGINFO_SIZE - 1), EINVAL, 'read of 127');
      env.equal(env.records(fd).length, 1, 'records');
    },
  },
  {
    name: 'signalfd: one read returns as many records as fit',
    run: (env) => {
      const fd = env.signalfd(SIGRTMIN);
      for (let i = 0; i < 5; i++) env.host.sigqueue(env.host.getpid(), SIGRTMIN, i);
      env.equal(env.host.read(fd, env.buf, 0, 300), 256, 'bytes into a buffer of 300');
      env.equal(
        env.records(fd).map((record) => record.int),
        [2, 3, 4],
        'the rest',
      );
    },
  },
  {
    name: 'signalfd: unused bytes of a record are 0',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.host.raise(SIGUSR2);
      env.buf.u8.fill(0xff, 0, SIGNALFD_SIGINFO_SIZE);
      env.equal(env.records(fd, 1).length, 1, 'records');
      const rest = env.buf.u8.subarray(20, SIGNALFD_SIGINFO_SIZE);
      env.equal(
        rest.findIndex((byte) => byte !== 0),
        -1,
        'first byte after uid that is not 0',
      );
    },
  },
  {
    name: 'signalfd: a new mask applies at once, also to pending signals',
    run: (env) => {
      const fd = env.signalfd(SIGHUP, SIGUSR2);
      env.host.raise(SIGHUP);
      env.equal(env.host.signalfd(fd, [SIGUSR2], 0), fd, 'signalfd');
      env.equal(env.poll1(fd, POLLIN), 0, 'SIGHUP is out of it');
      env.host.signalfd(fd, [SIGHUP], 0);
      env.equal(
        env.records(fd).map((record) => record.signo),
        [SIGHUP],
        'it is in it again',
      );
    },
  },
  {
    name: 'signalfd: with two of them each record is read once',
    run: (env) => {
      const a = env.signalfd(SIGUSR2);
      const b = env.own(env.host.signalfd(-1, [SIGUSR2], 0o2004000), 'signalfd');
      env.host.raise(SIGUSR2);
      env.equal(
        env.pollAll([
          [a, POLLIN],
          [b, POLLIN],
        ]),
        [POLLIN, POLLIN],
        'both are ready',
      );
      env.equal([env.records(b).length, env.records(a).length], [1, 0], 'records');
    },
  },
  {
    name: 'signalfd: SIGKILL in a mask is silently left out',
    run: (env) => {
      const fd = env.own(env.host.signalfd(-1, [SIGKILL], 0o2004000), 'signalfd');
      env.equal(env.poll1(fd, POLLIN), 0, 'revents');
    },
  },
  {
    name: 'signalfd: another kind of fd is EINVAL, a closed one EBADF, unknown flags EINVAL',
    run: (env) => {
      const fd = env.eventfd();
      env.fails(env.host.signalfd(fd, [SIGUSR2], 0), EINVAL, 'an eventfd');
      env.host.close(fd);
      env.fails(env.host.signalfd(fd, [SIGUSR2], 0), EBADF, 'closed');
      env.fails(env.host.signalfd(-1, [SIGUSR2], 1), EINVAL, 'flags 1');
      env.fails(env.host.signalfd(-1, [65], 0), EINVAL, 'signal 65');
    },
  },
  {
    name: 'signalfd: cannot be written',
    run: (env) => {
      const fd = env.signalfd(SIGUSR2);
      env.fails(env.host.write(fd, env.buf, 0, 128), EINVAL, 'write');
    },
  },
];
