import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  F_DUPFD_CLOEXEC,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
} from '../../../src/host/constants.ts';
import { EBADF, EEXIST, EINVAL, ENOENT, EPERM } from '../../../src/host/errno.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

function add(env: ContractEnv, ep: number, fd: number, events: number, token = 0): void {
  env.equal(env.host.epollCtl(ep, EPOLL_CTL_ADD, fd, events, token), 0, 'EPOLL_CTL_ADD');
}

function order(env: ContractEnv, ep: number, max = 16): number[] {
  return env.epollWait(ep, max).map(([fd]) => fd);
}

export const epoll: ContractCase[] = [
  {
    name: 'epoll: returns the fd, its events and the token',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd(1)];
      add(env, ep, fd, POLLIN | POLLOUT, -559038737);
      env.equal(env.epollWait(ep), [[fd, POLLIN | POLLOUT, -559038737]], 'events');
    },
  },
  {
    name: 'epoll: is level-triggered',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd()];
      add(env, ep, fd, POLLIN);
      env.equal(env.epollWait(ep), [], 'idle');
      env.bump(fd);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 0]], 'first');
      env.equal(env.epollWait(ep), [[fd, POLLIN, 0]], 'again');
      env.take(fd);
      env.equal(env.epollWait(ep), [], 'after the read');
    },
  },
  {
    name: 'epoll: edge-triggered reports each write once, whether it is read or not',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd()];
      add(env, ep, fd, POLLIN | EPOLLET);
      env.bump(fd);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 0]], 'first');
      env.equal(env.epollWait(ep), [], 'not again');
      env.bump(fd);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 0]], 'a second write, unread');
      env.bump(fd);
      env.bump(fd);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 0]], 'two writes are one');
      env.equal(env.epollWait(ep), [], 'and no more');
      env.equal(env.take(fd), 4, 'counter');
    },
  },
  {
    name: 'epoll: edge-triggered reports an fd that is ready when it is added or modified',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd(1)];
      add(env, ep, fd, POLLIN | EPOLLET);
      env.equal(order(env, ep), [fd], 'after ADD');
      env.equal(order(env, ep), [], 'once');
      env.good(env.host.epollCtl(ep, EPOLL_CTL_MOD, fd, POLLIN | EPOLLET, 0), 'MOD');
      env.equal(order(env, ep), [fd], 'after MOD');
    },
  },
  {
    name: 'epoll: reports fds in the order in which they became ready',
    run: (env) => {
      const ep = env.epoll();
      const [a, b, c] = [env.eventfd(), env.eventfd(), env.eventfd()];
      for (const fd of [a, b, c]) add(env, ep, fd, POLLIN);
      for (const fd of [c, a, b]) env.bump(fd);
      env.equal(order(env, ep), [c, a, b], 'order');
    },
  },
  {
    name: 'epoll: a reported fd goes to the end of the line',
    run: (env) => {
      const ep = env.epoll();
      const [a, b, c] = [env.eventfd(1), env.eventfd(1), env.eventfd(1)];
      for (const fd of [a, b, c]) add(env, ep, fd, POLLIN);
      env.equal(order(env, ep, 1), [a], 'first');
      env.equal(order(env, ep, 1), [b], 'second');
      env.equal(order(env, ep), [c, a, b], 'all: the one not told of leads');
      env.equal(order(env, ep), [c, a, b], 'again');
    },
  },
  {
    name: 'epoll: an fd that becomes ready again goes behind those that stayed ready',
    run: (env) => {
      const ep = env.epoll();
      const [a, b] = [env.eventfd(1), env.eventfd(1)];
      for (const fd of [a, b]) add(env, ep, fd, POLLIN);
      env.equal(order(env, ep), [a, b], 'first');
      env.take(a);
      env.equal(order(env, ep), [b], 'a is idle');
      env.bump(a);
      env.equal(order(env, ep), [b, a], 'a is ready again');
    },
  },
  {
    name: 'epoll: an entry that is idle when checked leaves the line, and a stale one keeps its place',
    run: (env) => {
      const ep = env.epoll();
      const [a, b] = [env.eventfd(1), env.eventfd(1)];
      for (const fd of [a, b]) add(env, ep, fd, POLLIN);
      env.take(a);
      env.bump(a);
      env.equal(order(env, ep), [a, b], 'a was in the line all the time');
    },
  },
  {
    name: 'epoll: ADD twice is EEXIST, MOD and DEL of an fd that was not added ENOENT',
    run: (env) => {
      const { host } = env;
      const [ep, fd] = [env.epoll(), env.eventfd()];
      env.fails(host.epollCtl(ep, EPOLL_CTL_MOD, fd, POLLIN, 0), ENOENT, 'MOD');
      env.fails(host.epollCtl(ep, EPOLL_CTL_DEL, fd, 0, 0), ENOENT, 'DEL');
      add(env, ep, fd, POLLIN);
      env.fails(host.epollCtl(ep, EPOLL_CTL_ADD, fd, POLLIN, 0), EEXIST, 'ADD');
      env.equal(host.epollCtl(ep, EPOLL_CTL_DEL, fd, 0, 0), 0, 'DEL');
      env.fails(host.epollCtl(ep, EPOLL_CTL_DEL, fd, 0, 0), ENOENT, 'DEL again');
    },
  },
  {
    name: 'epoll: a closed fd is EBADF, itself EINVAL, an fd that is not an epoll EINVAL',
    run: (env) => {
      const { host } = env;
      const [ep, fd, other] = [env.epoll(), env.eventfd(), env.eventfd()];
      host.close(fd);
      env.fails(host.epollCtl(ep, EPOLL_CTL_ADD, fd, POLLIN, 0), EBADF, 'closed');
      env.fails(host.epollCtl(ep, EPOLL_CTL_ADD, ep, POLLIN, 0), EINVAL, 'itself');
      env.fails(host.epollCtl(other, EPOLL_CTL_ADD, ep, POLLIN, 0), EINVAL, 'no epoll');
      env.fails(host.epollCtl(fd, EPOLL_CTL_ADD, other, POLLIN, 0), EBADF, 'epfd closed');
      env.fails(host.epollWait(fd, env.buf, 1, 0), EBADF, 'wait on a closed one');
      env.fails(host.epollWait(other, env.buf, 1, 0), EINVAL, 'wait on no epoll');
      env.fails(host.epollWait(ep, env.buf, 0, 0), EINVAL, 'room for none');
      env.fails(host.epollCreate1(1), EINVAL, 'flags');
    },
  },
  {
    name: 'epoll: a regular file is EPERM',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.file()];
      env.fails(env.host.epollCtl(ep, EPOLL_CTL_ADD, fd, POLLIN, 0), EPERM, 'ADD');
    },
  },
  {
    name: 'epoll: MOD changes the events reported, and may make an entry ready',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd()];
      add(env, ep, fd, POLLIN, 1);
      env.equal(env.epollWait(ep), [], 'idle');
      env.equal(env.host.epollCtl(ep, EPOLL_CTL_MOD, fd, POLLOUT, 2), 0, 'MOD');
      env.equal(env.epollWait(ep), [[fd, POLLOUT, 2]], 'after MOD');
      env.equal(env.host.epollCtl(ep, EPOLL_CTL_MOD, fd, 0, 3), 0, 'MOD to nothing');
      env.equal(env.epollWait(ep), [], 'watched for nothing');
    },
  },
  {
    name: 'epoll: hang-ups and errors are reported without being asked for',
    run: (env) => {
      const ep = env.epoll();
      const [r, w] = env.pipe();
      const [r2, w2] = env.pipe();
      add(env, ep, r, 0);
      add(env, ep, w2, 0);
      env.equal(env.epollWait(ep), [], 'idle');
      env.host.close(w);
      env.host.close(r2);
      env.equal(
        env.epollWait(ep),
        [
          [r, POLLHUP, 0],
          [w2, POLLERR, 0],
        ],
        'events',
      );
    },
  },
  {
    name: 'epoll: a closed fd is forgotten, and its number is free for another',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd(1)];
      add(env, ep, fd, POLLIN);
      env.host.close(fd);
      env.equal(env.epollWait(ep), [], 'closed');
      const next = env.eventfd(1);
      env.equal(next, fd, 'the lowest free number');
      env.equal(env.epollWait(ep), [], 'the new one is not watched');
      add(env, ep, next, POLLIN, 7);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 7]], 'until it is added');
    },
  },
  {
    name: 'epoll: a closed fd is reported while a duplicate of it is open',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd(1)];
      add(env, ep, fd, POLLIN, 5);
      const twin = env.own(env.host.fcntl(fd, F_DUPFD_CLOEXEC, 0), 'F_DUPFD_CLOEXEC');
      env.host.close(fd);
      env.equal(env.epollWait(ep), [[fd, POLLIN, 5]], 'by its old number');
      env.fails(env.host.epollCtl(ep, EPOLL_CTL_DEL, fd, 0, 0), EBADF, 'DEL');
      env.host.close(twin);
      env.equal(env.epollWait(ep), [], 'when the last is closed');
    },
  },
  {
    name: 'epoll: DEL of a ready entry takes it out of the line',
    run: (env) => {
      const ep = env.epoll();
      const [a, b] = [env.eventfd(1), env.eventfd(1)];
      add(env, ep, a, POLLIN);
      add(env, ep, b, POLLIN);
      env.good(env.host.epollCtl(ep, EPOLL_CTL_DEL, a, 0, 0), 'DEL');
      env.equal(order(env, ep), [b], 'order');
    },
  },
  {
    name: 'epoll: is itself readable when something is ready',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd()];
      add(env, ep, fd, POLLIN);
      env.equal(env.poll1(ep, POLLIN), 0, 'idle');
      env.bump(fd);
      env.equal(env.poll1(ep, POLLIN), POLLIN, 'ready');
    },
  },
  {
    name: 'epoll: an epoll within an epoll is reported',
    run: (env) => {
      const [outer, inner, fd] = [env.epoll(), env.epoll(), env.eventfd()];
      add(env, inner, fd, POLLIN);
      add(env, outer, inner, POLLIN);
      env.equal(order(env, outer), [], 'idle');
      env.bump(fd);
      env.equal(order(env, outer), [inner], 'ready');
    },
  },
  {
    name: 'epoll: waits at least its timeout',
    run: (env) => {
      const [ep, fd] = [env.epoll(), env.eventfd()];
      add(env, ep, fd, POLLIN);
      const start = env.now();
      env.equal(env.epollWait(ep, 1, 1_200_000), [], 'events');
      env.ok(env.now() - start >= 1_200_000, `${env.now() - start} ns`);
    },
  },
  {
    name: 'epoll: a wait ends when a child writes',
    run: (env) => {
      const ep = env.epoll();
      const [r, w] = env.pipe();
      add(env, ep, r, POLLIN);
      env.spawn({ write: 'x' }, { fds: [0, w] });
      env.equal(env.epollWait(ep, 16, -1), [[r, POLLIN, 0]], 'events');
    },
  },
];
