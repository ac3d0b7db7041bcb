import {
  F_DUPFD,
  O_CLOEXEC,
  O_RDWR,
  S_IFCHR,
  S_IFIFO,
  S_IFREG,
  S_IFSOCK,
} from '../../../src/host/constants.ts';
import { EBADF, EFAULT, EINVAL, ENOENT } from '../../../src/host/errno.ts';
import { type FileStat, isKind, STAT_SIZE, takeStat } from '../../../src/host/file-stat.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

function fstat(env: ContractEnv, fd: number): FileStat {
  const out = env.host.alloc(STAT_SIZE);
  env.equal(env.host.fstat(fd, out), 0, 'fstat');
  return takeStat(out);
}

function stat(env: ContractEnv, path: string): FileStat {
  const out = env.host.alloc(STAT_SIZE);
  env.equal(env.host.stat(path, out), 0, `stat of ${path}`);
  return takeStat(out);
}

function linkOf(env: ContractEnv, fd: number): string {
  const n = env.good(env.host.readlink(`/proc/self/fd/${fd}`, env.buf), 'readlink');
  return new TextDecoder().decode(env.buf.u8.slice(0, n));
}

export const stats: ContractCase[] = [
  {
    name: 'stat: a regular file is the same by its name and by each descriptor',
    run: (env) => {
      const fd = env.file();
      env.equal(env.write(fd, 'abc'), 3, 'write');
      const byFd = fstat(env, fd);
      env.ok(isKind(byFd, S_IFREG), `mode ${byFd.mode.toString(8)}`);
      env.equal([byFd.mode & 0o777, byFd.size, byFd.rdev], [0o600, 3, 0], 'rights, size, device');
      env.equal(stat(env, env.filePath), byFd, 'by its name');
      const again = env.own(env.host.open(env.filePath, O_RDWR | O_CLOEXEC, 0), 'open');
      env.equal(fstat(env, again).id, byFd.id, 'opened again');
    },
  },
  {
    name: 'stat: /dev/null is device 1:3, and another file than /dev/zero',
    run: (env) => {
      const [no, zero] = [stat(env, '/dev/null'), stat(env, '/dev/zero')];
      env.ok(isKind(no, S_IFCHR), `mode ${no.mode.toString(8)}`);
      env.equal([no.rdev, zero.rdev], [0x103, 0x105], 'devices');
      env.ok(no.id !== zero.id, 'two files');
    },
  },
  {
    name: 'stat: both ends of a pipe are one file, two sockets are two',
    run: (env) => {
      const [r, w] = env.pipe();
      env.ok(isKind(fstat(env, r), S_IFIFO), 'a pipe');
      env.equal(fstat(env, w).id, fstat(env, r).id, 'the other end');
      const [other] = env.pipe();
      env.ok(fstat(env, other).id !== fstat(env, r).id, 'another pipe');
      const [a, b] = env.socketpair();
      env.ok(isKind(fstat(env, a), S_IFSOCK), 'a socket');
      env.ok(fstat(env, a).id !== fstat(env, b).id, 'the other socket');
      const twin = env.own(env.host.fcntl(b, F_DUPFD, 0), 'F_DUPFD');
      env.equal(fstat(env, twin).id, fstat(env, b).id, 'a duplicate');
    },
  },
  {
    name: 'readlink: what a descriptor is',
    run: (env) => {
      const [r, w] = env.pipe();
      env.ok(/^pipe:\[\d+\]$/.test(linkOf(env, r)), linkOf(env, r));
      env.equal(linkOf(env, w), linkOf(env, r), 'both ends');
      env.ok(/^socket:\[\d+\]$/.test(linkOf(env, env.socketpair()[0])), 'a socket');
      env.equal(linkOf(env, env.eventfd()), 'anon_inode:[eventfd]', 'an eventfd');
      env.equal(linkOf(env, env.epoll()), 'anon_inode:[eventpoll]', 'an epoll');
      env.equal(linkOf(env, env.signalfd(10)), 'anon_inode:[signalfd]', 'a signalfd');
      env.equal(linkOf(env, env.file()), env.filePath, 'a file');
      const short = env.host.alloc(4);
      env.equal(env.host.readlink(`/proc/self/fd/${r}`, short), 4, 'as far as it goes');
      env.equal(new TextDecoder().decode(short.u8), 'pipe', 'its begin');
    },
  },
  {
    name: 'stat, readlink: missing files, and wrong arguments',
    run: (env) => {
      const { host } = env;
      const out = host.alloc(STAT_SIZE);
      const text = (value: unknown): string => value as string;
      env.fails(host.stat('/nowhere/at/all', out), ENOENT, 'stat');
      env.fails(host.stat('', out), ENOENT, 'stat of an empty name');
      env.fails(host.readlink('/nowhere/at/all', env.buf), ENOENT, 'readlink');
      env.fails(host.readlink('/dev/null', env.buf), EINVAL, 'readlink of what is no link');
      env.fails(host.readlink('/proc/self/fd/0', host.alloc(0)), EINVAL, 'readlink into nothing');
      for (const fd of [-1, 1 << 29, Number.NaN]) env.fails(host.fstat(fd, out), EBADF, 'fstat');
      const small = host.alloc(STAT_SIZE - 1);
      env.fails(host.fstat(env.eventfd(), small), EINVAL, 'fstat into too little');
      env.fails(host.stat('/dev/null', small), EINVAL, 'stat into too little');
      env.fails(host.stat(text(5), out), EFAULT, 'stat of a number');
      env.fails(host.readlink(text(null), env.buf), EFAULT, 'readlink of null');
      env.fails(host.stat('/dev/null\0', out), EINVAL, 'stat of a NUL');
      env.fails(host.readlink('/dev/null\0', env.buf), EINVAL, 'readlink of a NUL');
    },
  },
];
