import {
  F_DUPFD,
  F_GETFD,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLIN,
} from '../../../src/host/constants.ts';
import { EBADF, EINVAL, ENOENT, ENOTTY } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

export const errors: ContractCase[] = [
  {
    name: 'errors: a closed descriptor is EBADF everywhere',
    run: (env) => {
      const { host, buf } = env;
      const fd = env.eventfd();
      env.equal(host.close(fd), 0, 'close');
      env.fails(host.close(fd), EBADF, 'close again');
      env.fails(host.read(fd, buf, 0, 8), EBADF, 'read');
      env.fails(host.write(fd, buf, 0, 8), EBADF, 'write');
      env.fails(host.fcntl(fd, F_GETFD, 0), EBADF, 'fcntl');
      env.fails(host.tcgetpgrp(fd), EBADF, 'tcgetpgrp');
      env.fails(host.read(-1, buf, 0, 8), EBADF, 'read of -1');
      env.equal(host.isatty(fd), false, 'isatty');
    },
  },
  {
    name: 'errors: a read or write beyond its buffer is EINVAL, and transfers nothing',
    run: (env) => {
      const { host } = env;
      const [readEnd, writeEnd] = env.pipe();
      env.write(writeEnd, 'kept');
      const small = host.alloc(16);
      const beyond = [
        [0, 17],
        [16, 1],
        [-1, 4],
        [-8, 8],
        [0, -1],
        [8, -4],
        [NaN, 4],
        [0, NaN],
      ];
      for (const [offset, count] of beyond) {
        const what = `${offset}, ${count}`;
        env.fails(host.read(readEnd, small, offset!, count!), EINVAL, `read at ${what}`);
        env.fails(host.write(writeEnd, small, offset!, count!), EINVAL, `write at ${what}`);
      }
      env.equal(host.read(readEnd, small, 0, 16), 4, 'read of what fits');
      env.equal(host.read(readEnd, small, 16, 0), 0, 'read of nothing');
    },
  },
  {
    name: 'errors: an invalid size of memory is refused',
    run: (env) => {
      for (const bytes of [NaN, -1, 0.5, undefined, '8'] as number[]) {
        let thrown: unknown;
        try {
          env.host.alloc(bytes);
        } catch (error) {
          thrown = error;
        }
        const what = String(thrown);
        const text = `RangeError: alloc: size is ${typeof bytes === 'string' ? "'8'" : bytes}:`;
        env.ok(what.startsWith(text), `alloc(${bytes}): ${what}`);
      }
      env.equal(env.host.alloc(0).size, 0, 'none at all');
    },
  },
  {
    name: 'errors: a poll of more entries than fit into its buffer is EINVAL',
    run: (env) => {
      const { host } = env;
      for (const n of [2, 5000, -1, NaN]) {
        env.fails(host.poll(host.alloc(8), n, 0), EINVAL, `poll of ${n}`);
        const events = host.alloc(host.epollStride * 4);
        env.fails(host.epollWait(env.epoll(), events, n, 0), EINVAL, `epoll_wait of ${n}`);
      }
      env.equal(host.poll(host.alloc(8), 0, 0), 0, 'poll of none');
    },
  },
  {
    name: 'errors: a value that is not a number is refused as descriptor, process and signal',
    run: (env) => {
      const { host } = env;
      const self = host.getpid();
      for (const wrong of [NaN, undefined, 0.5, 2 ** 32, '0', 3n] as number[]) {
        const what = String(wrong);
        env.fails(host.close(wrong), EBADF, `close ${what}`);
        env.fails(host.kill(wrong, 0), EINVAL, `kill ${what}`);
        env.fails(host.kill(self, wrong), EINVAL, `kill by ${what}`);
        env.fails(host.sigqueue(wrong, 0, 0), EINVAL, `sigqueue ${what}`);
        env.fails(host.sigqueue(self, wrong, 0), EINVAL, `sigqueue by ${what}`);
        env.fails(host.tgkill(self, self, wrong), EINVAL, `tgkill by ${what}`);
        env.fails(host.raise(wrong), EINVAL, `raise ${what}`);
      }
      env.good(host.fcntl(0, F_GETFD, 0), 'descriptor 0 is open');
    },
  },
  {
    name: 'errors: an fd that is not a terminal is ENOTTY',
    run: (env) => {
      const fd = env.eventfd();
      env.equal(env.host.isatty(fd), false, 'isatty');
      env.fails(env.host.tcgetpgrp(fd), ENOTTY, 'tcgetpgrp');
      env.fails(env.host.tcsetpgrp(fd, env.host.getpgid(0)), ENOTTY, 'tcsetpgrp');
    },
  },
  {
    name: 'errors: new descriptors take the lowest free number',
    run: (env) => {
      const [a, b] = [env.eventfd(), env.eventfd()];
      env.host.close(a);
      env.equal(env.eventfd(), a, 'the first');
      const twin = env.own(env.host.fcntl(b, F_DUPFD, 40), 'F_DUPFD');
      env.ok(twin >= 40, `F_DUPFD gave ${twin}`);
      env.bump(b, 5);
      env.equal(env.take(twin), 5, 'a duplicate is the same eventfd');
    },
  },
  {
    name: 'errors: open of a missing file is ENOENT',
    run: (env) => {
      env.fails(env.host.open('/nowhere/at/all', O_RDONLY, 0), ENOENT, 'open');
    },
  },
  {
    name: 'errors: a regular file keeps the bytes written',
    run: (env) => {
      const fd = env.file();
      env.equal(env.write(fd, 'kept'), 4, 'write');
      const again = env.own(env.host.open(env.filePath, O_RDWR, 0), 'open');
      env.equal(env.read(again), 'kept', 'read');
      env.equal(env.read(again), '', 'end of file');
    },
  },
  {
    name: 'errors: /dev/null takes all, gives nothing, and is always ready',
    run: (env) => {
      const fd = env.own(env.host.open('/dev/null', O_RDWR, 0), 'open');
      env.equal(env.write(fd, 'gone'), 4, 'write');
      env.equal(env.read(fd), '', 'read');
      env.equal(env.poll1(fd, POLLIN), POLLIN, 'revents');
      const writeOnly = env.own(env.host.open('/dev/null', O_WRONLY, 0), 'open');
      env.fails(env.host.read(writeOnly, env.buf, 0, 1), EBADF, 'read of a write-only one');
    },
  },
  {
    name: 'errors: onClose is called before each close through the host, until disposed',
    run: (env) => {
      const { host } = env;
      const told: [number, number][] = [];
      const listen = (fd: number): void => {
        told.push([fd, host.fcntl(fd, F_GETFD, 0)]);
      };
      const first = host.onClose(listen);
      env.atEnd(() => first.dispose());
      const [a, b, d] = [env.eventfd(), env.eventfd(), env.eventfd()];
      host.close(a);
      env.equal(told, [[a, 1]], 'told, while it was open');
      const second = host.onClose(listen);
      env.atEnd(() => second.dispose());
      first.dispose();
      first.dispose();
      host.close(b);
      env.equal(told.length, 2, 'told once, by the second');
      second.dispose();
      host.close(d);
      env.equal(told.length, 2, 'not told any more');
    },
  },
  {
    name: 'errors: ids and the group of this process agree',
    run: (env) => {
      const { host } = env;
      env.ok(host.getpid() > 0 && host.getppid() >= 0, 'pids');
      env.equal(host.gettid(), host.getpid(), "the main thread has the process's number");
      env.equal(host.getpgid(host.getpid()), host.getpgid(0), 'group');
    },
  },
];
