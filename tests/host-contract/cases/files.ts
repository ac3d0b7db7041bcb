import { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from '../../../src/host/constants.ts';
import { EBADF, EINVAL, ESPIPE } from '../../../src/host/errno.ts';
import type { HostBuffer } from '../../../src/host/host.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

function put(env: ContractEnv, text: string): number {
  return new TextEncoder().encodeInto(text, env.buf.u8).written;
}

function text(buf: HostBuffer, count: number): string {
  return new TextDecoder().decode(buf.u8.slice(0, count));
}

function pwrite(env: ContractEnv, fd: number, what: string, position: number): number {
  return env.host.pwrite(fd, env.buf, 0, put(env, what), position);
}

function pread(env: ContractEnv, fd: number, count: number, position: number): string {
  const n = env.good(env.host.pread(fd, env.buf, 0, count, position), 'pread');
  return text(env.buf, n);
}

export const files: ContractCase[] = [
  {
    name: 'files: pread and pwrite leave the position of the file',
    run: (env) => {
      const fd = env.file();
      env.equal(env.write(fd, 'abcdef'), 6, 'write');
      env.equal(pread(env, fd, 3, 1), 'bcd', 'pread');
      env.equal(pwrite(env, fd, 'XY', 2), 2, 'pwrite');
      env.equal(env.write(fd, 'gh'), 2, 'write goes on behind the first one');
      env.equal(pread(env, fd, 100, 0), 'abXYefgh', 'all');
    },
  },
  {
    name: 'files: a pread behind the end reads nothing, a pwrite there leaves zeros before it',
    run: (env) => {
      const fd = env.file();
      env.equal(pread(env, fd, 10, 5), '', 'behind the end');
      env.equal(pwrite(env, fd, 'a', 3), 1, 'pwrite');
      env.equal(pread(env, fd, 10, 0), '\0\0\0a', 'all');
      env.equal(env.host.pwrite(fd, env.buf, 0, 0, 100), 0, 'pwrite of nothing');
      env.equal(pread(env, fd, 10, 4), '', 'it did not grow');
    },
  },
  {
    name: 'files: a file of O_APPEND takes a pwrite at its end',
    run: (env) => {
      const fd = env.file();
      env.equal(pwrite(env, fd, 'abc', 0), 3, 'pwrite');
      const appends = env.own(env.host.open(env.filePath, O_RDWR | O_APPEND, 0), 'open');
      env.equal(pwrite(env, appends, 'd', 0), 1, 'pwrite to the end');
      env.equal(pread(env, fd, 10, 0), 'abcd', 'all');
    },
  },
  {
    name: 'files: preadv fills one buffer after the other',
    run: (env) => {
      const fd = env.file();
      env.equal(pwrite(env, fd, '0123456789', 0), 10, 'pwrite');
      const bufs = [env.host.alloc(3), env.host.alloc(1), env.host.alloc(100)];
      env.equal(env.host.preadv(fd, bufs, 1), 9, 'preadv');
      env.equal(text(bufs[0]!, 3), '123', 'first');
      env.equal(text(bufs[1]!, 1), '4', 'second');
      env.equal(text(bufs[2]!, 5), '56789', 'third');
      env.equal(env.host.preadv(fd, [], 0), 0, 'no buffers');
      env.fails(env.host.preadv(-1, [], 0), EBADF, 'no buffers, no file');
      env.fails(env.host.preadv(fd, [{} as HostBuffer], 0), EINVAL, 'no HostBuffer');
      env.fails(env.host.preadv(fd, bufs, -1), EINVAL, 'before the beginning');
    },
  },
  {
    name: 'files: what has no positions, is not open for it, or is no file',
    run: (env) => {
      const [r, w] = env.pipe();
      const { host, buf } = env;
      for (const fd of [r, w, env.eventfd(), ...env.socketpair(), env.epoll()]) {
        env.fails(host.pread(fd, buf, 0, 1, 0), ESPIPE, 'pread');
        env.fails(host.pwrite(fd, buf, 0, 1, 0), ESPIPE, 'pwrite');
        env.fails(host.preadv(fd, [buf], 0), ESPIPE, 'preadv');
        env.fails(host.fsync(fd), EINVAL, 'fsync');
        env.fails(host.fdatasync(fd), EINVAL, 'fdatasync');
      }
      const fd = env.file();
      env.fails(host.pread(fd, buf, 0, 1, -1), EINVAL, 'before the beginning');
      env.fails(host.pread(fd, buf, 0, 1, 0.5), EINVAL, 'between bytes');
      env.fails(host.pwrite(fd, buf, buf.size, 1, 0), EINVAL, 'outside of the buffer');
      env.fails(host.pread(9999, buf, 0, 1, 0), EBADF, 'pread of no file');
      env.fails(host.pread(9999, buf, 0, 1, -1), EINVAL, 'the position is checked first');
      env.fails(host.fsync(9999), EBADF, 'fsync of no file');
      env.fails(host.fdatasync('1' as never), EBADF, 'fdatasync of a string');
      const reads = env.own(host.open(env.filePath, O_RDONLY, 0), 'open');
      const writes = env.own(host.open(env.filePath, O_WRONLY, 0), 'open');
      env.fails(host.pwrite(reads, buf, 0, 1, 0), EBADF, 'pwrite to a file open for reading');
      env.fails(host.pread(writes, buf, 0, 1, 0), EBADF, 'pread of a file open for writing');
    },
  },
  {
    name: 'files: fsync and fdatasync of a regular file; devices have no disk',
    run: (env) => {
      const fd = env.file();
      env.equal(env.host.fsync(fd), 0, 'fsync');
      env.equal(env.host.fdatasync(fd), 0, 'fdatasync');
      const zero = env.own(env.host.open('/dev/zero', O_RDWR | O_CREAT, 0), 'open');
      env.equal(pread(env, zero, 3, 7), '\0\0\0', 'pread of /dev/zero');
      env.equal(pwrite(env, zero, 'abc', 7), 3, 'pwrite to /dev/zero');
      env.fails(env.host.fsync(zero), EINVAL, 'fsync of /dev/zero');
    },
  },
  {
    name: 'memory: a buffer of allocShared is attached again, and both are the same bytes',
    run: (env) => {
      const buf = env.host.allocShared(10);
      const memory = buf.u8.buffer as unknown as SharedArrayBuffer;
      const again = env.host.attach(memory, 10);
      again.u8[9] = 7;
      env.equal([buf.size, again.size, buf.u8[9]], [10, 10, 7], 'size and byte');
      const fd = env.file();
      env.equal(env.host.pwrite(fd, again, 9, 1, 0), 1, 'pwrite of attached memory');
      env.equal(env.host.pread(fd, buf, 0, 1, 0), 1, 'pread to shared memory');
      env.equal(again.u8[0], 7, 'the byte that was read');
    },
  },
];
