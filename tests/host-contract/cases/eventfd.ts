import { EFD_SEMAPHORE, POLLIN, POLLOUT } from '../../../src/host/constants.ts';
import { EAGAIN, EINVAL } from '../../../src/host/errno.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

/** Writes a 64-bit word given as two halves. */
function writeWord(env: ContractEnv, fd: number, lo: number, hi: number): number {
  env.buf.i32[0] = lo;
  env.buf.i32[1] = hi;
  return env.host.write(fd, env.buf, 0, 8);
}

export const eventfd: ContractCase[] = [
  {
    name: 'eventfd: writes add up, a read returns the sum and clears it',
    run: (env) => {
      const fd = env.eventfd(2);
      env.equal(env.bump(fd, 3), 8, 'write');
      env.equal(env.bump(fd, 4), 8, 'write');
      env.equal(env.take(fd), 9, 'sum');
      env.fails(env.take(fd), EAGAIN, 'read of nothing');
    },
  },
  {
    name: 'eventfd: a semaphore returns 1 at a time',
    run: (env) => {
      const fd = env.eventfd(2, EFD_SEMAPHORE);
      env.equal(env.take(fd), 1, 'first');
      env.equal(env.take(fd), 1, 'second');
      env.fails(env.take(fd), EAGAIN, 'third');
    },
  },
  {
    name: 'eventfd: a write that would overflow is EAGAIN, and a full counter is not writable',
    run: (env) => {
      const fd = env.eventfd();
      env.equal(writeWord(env, fd, -2, -1), 8, 'the largest value, 2^64 - 2');
      env.equal(env.poll1(fd, POLLIN | POLLOUT), POLLIN, 'full');
      env.fails(env.bump(fd), EAGAIN, 'one more');
      env.equal(env.host.read(fd, env.buf, 0, 8), 8, 'read');
      env.equal([env.buf.i32[0], env.buf.i32[1]], [-2, -1], 'value');
      env.equal(env.poll1(fd, POLLIN | POLLOUT), POLLOUT, 'empty');
    },
  },
  {
    name: 'eventfd: is writable while 1 can be added',
    run: (env) => {
      const fd = env.eventfd();
      env.equal(writeWord(env, fd, -3, -1), 8, '2^64 - 3');
      env.equal(env.poll1(fd, POLLIN | POLLOUT), POLLIN | POLLOUT, 'one below full');
      env.fails(env.bump(fd, 2), EAGAIN, 'two more');
      env.equal(env.bump(fd, 1), 8, 'one more');
      env.equal(env.poll1(fd, POLLIN | POLLOUT), POLLIN, 'full');
    },
  },
  {
    name: 'eventfd: 2^64 - 1 is EINVAL, and so are fewer than 8 bytes',
    run: (env) => {
      const fd = env.eventfd(1);
      env.fails(writeWord(env, fd, -1, -1), EINVAL, '2^64 - 1');
      env.fails(env.host.write(fd, env.buf, 0, 7), EINVAL, 'write of 7');
      env.fails(env.host.read(fd, env.buf, 0, 7), EINVAL, 'read of 7');
      env.equal(env.host.read(fd, env.buf, 0, 64), 8, 'read of 64');
    },
  },
  {
    name: 'eventfd: a write of 0 adds nothing, and does not make it readable',
    run: (env) => {
      const fd = env.eventfd();
      env.equal(env.bump(fd, 0), 8, 'write');
      env.equal(env.poll1(fd, POLLIN), 0, 'revents');
    },
  },
  {
    name: 'eventfd: unknown flags are EINVAL',
    run: (env) => env.fails(env.host.eventfd(0, 2), EINVAL, 'flags 2'),
  },
];
