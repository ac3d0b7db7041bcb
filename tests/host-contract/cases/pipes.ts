import {
  F_GETFD,
  F_GETFL,
  F_SETFL,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  POLLIN,
  POLLOUT,
  SIGPIPE,
} from '../../../src/host/constants.ts';
import { EAGAIN, EBADF, EINVAL, EPIPE } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

const CAPACITY = 65536;
const PIPE_BUF = 4096;

export const pipes: ContractCase[] = [
  {
    name: 'pipes: bytes come out as they went in',
    run: (env) => {
      const [r, w] = env.pipe();
      env.equal(env.write(w, 'abc'), 3, 'write');
      env.equal(env.write(w, 'def'), 3, 'write');
      env.equal(env.read(r, 4), 'abcd', 'first four');
      env.equal(env.read(r), 'ef', 'the rest');
      env.fails(env.host.read(r, env.buf, 0, 1), EAGAIN, 'read of nothing');
    },
  },
  {
    name: 'pipes: hold 65536 bytes, and take part of a larger write',
    run: (env) => {
      const [r, w] = env.pipe();
      env.equal(env.host.write(w, env.buf, 0, CAPACITY + 1), CAPACITY, 'write');
      env.fails(env.host.write(w, env.buf, 0, 1), EAGAIN, 'one more');
      env.equal(env.host.read(r, env.buf, 0, 2 * CAPACITY), CAPACITY, 'read');
    },
  },
  {
    name: 'pipes: up to PIPE_BUF bytes go in whole or not at all',
    run: (env) => {
      const [r, w] = env.pipe();
      env.equal(env.host.write(w, env.buf, 0, CAPACITY - 100), CAPACITY - 100, 'write');
      env.fails(env.host.write(w, env.buf, 0, PIPE_BUF), EAGAIN, 'PIPE_BUF into 100 bytes');
      env.equal(env.host.write(w, env.buf, 0, 100), 100, '100');
      env.equal(env.host.read(r, env.buf, 0, 2 * CAPACITY), CAPACITY, 'read');
    },
  },
  {
    name: 'pipes: F_SETPIPE_SZ rounds up to a page, and returns the new size',
    run: (env) => {
      const [r, w] = env.pipe();
      env.equal(env.host.fcntl(w, F_SETPIPE_SZ, 1), 4096, 'F_SETPIPE_SZ');
      env.equal(env.host.write(w, env.buf, 0, 5000), 4096, 'write');
      env.equal(env.host.read(r, env.buf, 0, 5000), 4096, 'read');
    },
  },
  {
    name: 'pipes: a write without a reader is EPIPE, and SIGPIPE unless it is ignored',
    run: (env) => {
      const fd = env.signalfd(SIGPIPE);
      const [r, w] = env.pipe();
      env.action(SIGPIPE, 0);
      env.host.close(r);
      env.fails(env.write(w, 'x'), EPIPE, 'write');
      env.equal(
        env.records(fd).map((record) => record.signo),
        [SIGPIPE],
        'signals',
      );
      env.action(SIGPIPE, 1);
      env.fails(env.write(w, 'x'), EPIPE, 'write');
    },
  },
  {
    name: 'pipes: the wrong end is EBADF',
    run: (env) => {
      const [r, w] = env.pipe();
      env.fails(env.host.read(w, env.buf, 0, 1), EBADF, 'read of the write end');
      env.fails(env.host.write(r, env.buf, 0, 1), EBADF, 'write to the read end');
    },
  },
  {
    name: 'pipes: a read or write of no bytes returns 0',
    run: (env) => {
      const [r, w] = env.pipe();
      env.equal(env.host.read(r, env.buf, 0, 0), 0, 'read of 0');
      env.equal(env.host.write(w, env.buf, 0, 0), 0, 'write of 0');
      env.equal(env.poll1(r, POLLIN), 0, 'revents');
    },
  },
  {
    name: 'pipes: flags are set as requested, and can be changed',
    run: (env) => {
      const { host } = env;
      const [r, w] = env.pipe(O_CLOEXEC);
      env.equal(host.fcntl(r, F_GETFD, 0), FD_CLOEXEC, 'F_GETFD');
      const mode = host.fcntl(r, F_GETFL, 0);
      env.equal(mode & (O_NONBLOCK | 3), O_RDONLY, 'F_GETFL of the read end');
      env.equal(host.fcntl(w, F_GETFL, 0) & (O_NONBLOCK | 3), O_WRONLY, 'of the write end');
      env.equal(host.fcntl(r, F_SETFL, mode | O_NONBLOCK), 0, 'F_SETFL');
      env.fails(host.read(r, env.buf, 0, 1), EAGAIN, 'read');
      const plain = env.pipe(0);
      env.equal(host.fcntl(plain[0], F_GETFD, 0), 0, 'F_GETFD of a plain one');
    },
  },
  {
    name: 'pipes: offsets into the buffer are respected',
    run: (env) => {
      const [r, w] = env.pipe();
      env.buf.u8.set([1, 2, 3, 4, 5, 6, 7, 8]);
      env.equal(env.host.write(w, env.buf, 2, 3), 3, 'write');
      env.equal(env.host.read(r, env.buf, 5, 3), 3, 'read');
      env.equal([...env.buf.u8.subarray(0, 8)], [1, 2, 3, 4, 5, 3, 4, 5], 'buffer');
    },
  },
  {
    name: 'pipes: unknown flags are EINVAL',
    run: (env) => env.fails(env.host.pipe2([], 1), EINVAL, 'flags 1'),
  },
  {
    name: 'pipes: a full pipe becomes writable when it is drained',
    run: (env) => {
      const [r, w] = env.pipe();
      env.host.write(w, env.buf, 0, CAPACITY);
      env.equal(env.poll1(w, POLLOUT), 0, 'full');
      env.host.read(r, env.buf, 0, CAPACITY);
      env.equal(env.poll1(w, POLLOUT), POLLOUT, 'empty');
    },
  },
];
