import {
  F_GETFD,
  FD_CLOEXEC,
  POLLHUP,
  POLLIN,
  SIGKILL,
  SIGSTOP,
  WSTOPPED,
} from '../../../src/host/constants.ts';
import { EINVAL, ESRCH } from '../../../src/host/errno.ts';
import { type ContractCase, SOON_NS } from '../contract.ts';

export const pidfd: ContractCase[] = [
  {
    name: 'pidfd: is readable when the child has ended, before and after it is reaped',
    run: (env) => {
      const pid = env.spawn({});
      const fd = env.own(env.host.pidfdOpen(pid, 0), 'pidfd_open');
      env.equal(env.poll1(fd, POLLIN), 0, 'running');
      env.host.kill(pid, SIGKILL);
      env.equal(env.poll1(fd, POLLIN, SOON_NS), POLLIN, 'ended');
      env.wait(pid);
      const now = env.poll1(fd, POLLIN);
      env.equal(now & POLLIN, POLLIN, 'reaped');
      // Linux 6.9 and later report POLLHUP too, once it is reaped.
      env.equal(now & ~(POLLIN | POLLHUP), 0, 'other events');
    },
  },
  {
    name: 'pidfd: a stop does not make it readable',
    run: (env) => {
      const pid = env.spawn({});
      const fd = env.own(env.host.pidfdOpen(pid, 0), 'pidfd_open');
      env.host.kill(pid, SIGSTOP);
      env.wait(pid, WSTOPPED);
      env.equal(env.poll1(fd, POLLIN), 0, 'stopped');
    },
  },
  {
    name: 'pidfd: can be opened for a zombie, and is readable at once',
    run: (env) => {
      const pid = env.spawn({ then: { exit: 0 } });
      env.waitForEnd(pid);
      const fd = env.own(env.host.pidfdOpen(pid, 0), 'pidfd_open');
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'zombie');
    },
  },
  {
    name: 'pidfd: a missing process is ESRCH, an invalid pid or unknown flags EINVAL',
    run: (env) => {
      env.fails(env.host.pidfdOpen(0x3fffffff, 0), ESRCH, 'no such process');
      env.fails(env.host.pidfdOpen(0, 0), EINVAL, 'pid 0');
      env.fails(env.host.pidfdOpen(env.host.getpid(), 1), EINVAL, 'flags 1');
    },
  },
  {
    name: 'pidfd: is close-on-exec, and cannot be read or written',
    run: (env) => {
      const fd = env.own(env.host.pidfdOpen(env.host.getpid(), 0), 'pidfd_open');
      env.equal(env.host.fcntl(fd, F_GETFD, 0), FD_CLOEXEC, 'F_GETFD');
      env.fails(env.host.read(fd, env.buf, 0, 8), EINVAL, 'read');
      env.fails(env.host.write(fd, env.buf, 0, 8), EINVAL, 'write');
    },
  },
];
