import {
  F_SETPIPE_SZ,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  SIGCHLD,
} from '../../../src/host/constants.ts';
import type { ContractCase } from '../contract.ts';
import { SOON_NS } from '../contract.ts';

export const poll: ContractCase[] = [
  {
    name: 'poll: is level-triggered',
    run: (env) => {
      const fd = env.eventfd(1);
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'first');
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'again');
      env.equal(env.take(fd), 1, 'counter');
      env.equal(env.poll1(fd, POLLIN), 0, 'after the read');
    },
  },
  {
    name: 'poll: counts descriptors, not events, and clears revents of the others',
    run: (env) => {
      const [a, b, idle] = [env.eventfd(1), env.eventfd(1), env.eventfd()];
      const fds = env.host.alloc(24);
      fds.i32.set([a, POLLIN | POLLOUT, idle, POLLIN | (POLLIN << 16), b, POLLIN]);
      env.equal(env.host.poll(fds, 3, 0), 2, 'returned');
      const revents = [fds.i32[1]! >>> 16, fds.i32[3]! >>> 16, fds.i32[5]! >>> 16];
      env.equal(revents, [POLLIN | POLLOUT, 0, POLLIN], 'revents');
      env.equal(fds.i32[1]! & 0xffff, POLLIN | POLLOUT, 'events stay');
    },
  },
  {
    name: 'poll: a closed descriptor is POLLNVAL, and counts',
    run: (env) => {
      const fd = env.eventfd();
      env.host.close(fd);
      env.equal(env.poll1(fd, POLLIN, -1), POLLNVAL, 'revents');
      env.equal(env.poll1(fd, 0), POLLNVAL, 'with no events asked for');
    },
  },
  {
    name: 'poll: a negative descriptor is skipped',
    run: (env) => env.equal(env.pollAll([[-1, POLLIN]]), [0], 'revents'),
  },
  {
    name: 'poll: a pipe whose writers are gone is POLLHUP, with POLLIN while it has bytes',
    run: (env) => {
      const [r, w] = env.pipe();
      env.write(w, 'x');
      env.host.close(w);
      env.equal(env.poll1(r, POLLIN), POLLIN | POLLHUP, 'with a byte');
      env.equal(env.read(r), 'x', 'the byte');
      env.equal(env.poll1(r, POLLIN), POLLHUP, 'empty');
      env.equal(env.poll1(r, 0), POLLHUP, 'asked for nothing');
      env.equal(env.read(r), '', 'end of file');
    },
  },
  {
    name: 'poll: a pipe whose reader is gone is POLLOUT and POLLERR',
    run: (env) => {
      const [r, w] = env.pipe();
      env.host.close(r);
      env.equal(env.poll1(w, POLLOUT), POLLOUT | POLLERR, 'asked for POLLOUT');
      env.equal(env.poll1(w, 0), POLLERR, 'asked for nothing');
    },
  },
  {
    name: 'poll: a pipe is writable while a page of it is free',
    run: (env) => {
      const [r, w] = env.pipe();
      env.good(env.host.fcntl(w, F_SETPIPE_SZ, 8192), 'F_SETPIPE_SZ');
      env.equal(env.host.write(w, env.buf, 0, 4096), 4096, 'first page');
      env.equal(env.poll1(w, POLLOUT), POLLOUT, 'half full');
      env.equal(env.host.write(w, env.buf, 0, 4096), 4096, 'second page');
      env.equal(env.poll1(w, POLLOUT), 0, 'full');
      env.equal(env.host.read(r, env.buf, 0, 1), 1, 'one byte');
      env.equal(env.poll1(w, POLLOUT), 0, 'one byte read: no page is free');
      env.equal(env.host.read(r, env.buf, 0, 4095), 4095, 'the rest of the page');
      env.equal(env.poll1(w, POLLOUT), POLLOUT, 'a page is free');
    },
  },
  {
    name: 'poll: the ends of a pipe answer only for themselves',
    run: (env) => {
      const [r, w] = env.pipe();
      env.write(w, 'x');
      env.equal(env.poll1(r, POLLIN | POLLOUT), POLLIN, 'read end');
      env.equal(env.poll1(w, POLLIN | POLLOUT), POLLOUT, 'write end');
    },
  },
  {
    name: 'poll: a socket whose peer is gone is POLLIN, POLLOUT and POLLHUP',
    run: (env) => {
      const [a, b] = env.socketpair();
      env.equal(env.poll1(a, POLLIN | POLLOUT), POLLOUT, 'idle');
      env.host.close(b);
      env.equal(env.poll1(a, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP, 'peer closed');
    },
  },
  {
    name: 'poll: a regular file is always ready',
    run: (env) => {
      const fd = env.file();
      env.equal(env.poll1(fd, POLLIN | POLLOUT, -1), POLLIN | POLLOUT, 'revents');
    },
  },
  {
    name: 'poll: waits at least its timeout, and returns 0',
    run: (env) => {
      const fd = env.eventfd();
      const start = env.now();
      env.equal(env.poll1(fd, POLLIN, 1_500_000), 0, 'revents');
      env.ok(env.now() - start >= 1_500_000, `${env.now() - start} ns`);
    },
  },
  {
    name: 'poll: a wait without a timeout ends when a child dies',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      const pid = env.spawn({ afterNs: 2e6, then: { exit: 0 } });
      env.equal(env.poll1(fd, POLLIN, -1), POLLIN, 'revents');
      env.wait(pid);
    },
  },
  {
    name: 'poll: a timeout too long for the kernel does not expire at once',
    run: (env) => {
      for (const timeoutNs of [1e17, 1e30, Number.POSITIVE_INFINITY]) {
        const fd = env.signalfd(SIGCHLD);
        const pid = env.spawn({ afterNs: 2e6, then: { exit: 0 } });
        env.equal(env.poll1(fd, POLLIN, timeoutNs), POLLIN, `revents after ${timeoutNs} ns`);
        env.wait(pid);
        env.read(fd);
      }
    },
  },
  {
    name: 'poll: a wait ends when a child writes',
    run: (env) => {
      const [r, w] = env.pipe();
      env.spawn({ write: 'hello' }, { fds: [0, w] });
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLIN, 'revents');
      env.equal(env.read(r), 'hello', 'what it wrote');
    },
  },
  {
    name: 'poll: an event comes before the timeout',
    run: (env) => {
      const [busy, idle] = [env.eventfd(1), env.eventfd()];
      const start = env.now();
      const entries = [[idle, POLLIN] as const, [busy, POLLIN] as const];
      env.equal(env.pollAll(entries, SOON_NS), [0, POLLIN], 'revents');
      env.ok(env.now() - start < SOON_NS, 'it waited all the same');
    },
  },
];
