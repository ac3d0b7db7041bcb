import { isMainThread } from 'node:worker_threads';
import {
  F_DUPFD,
  F_GETFD,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLIN,
  WEXITED,
} from '../../../src/host/constants.ts';
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTTY } from '../../../src/host/errno.ts';
import { type HostBuffer, newWaitResult, type WaitResult } from '../../../src/host/host.ts';
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
    name: 'errors: only memory that the host has made, and still has, is read and written',
    run: (env) => {
      const { host } = env;
      const [readEnd, writeEnd] = env.pipe();
      const real = host.alloc(64);
      const detached = host.alloc(64);
      // Memory that threads share cannot be detached.
      const canDetach = detached.u8.buffer instanceof ArrayBuffer;
      if (canDetach) structuredClone(detached.u8.buffer, { transfer: [detached.u8.buffer] });
      const lying = host.alloc(8);
      for (const name of ['size', 'address', 'u8'] as const) {
        try {
          Object.assign(lying, { [name]: name === 'u8' ? new Uint8Array(4096) : 4096 });
        } catch {
          // Nothing of it can be changed.
        }
      }
      Object.defineProperty(lying.u8, 'length', { value: 4096 });
      const { size, address, u8, i32, view } = real;
      const others: unknown[] = [
        ...(canDetach ? [['detached', detached]] : []),
        ['of another size', lying],
        ['a copy', { size, address, u8, i32, view }],
        ['an heir', Object.create(real)],
        ['a proxy', new Proxy(real, {})],
        ['an ArrayBuffer', new ArrayBuffer(64)],
        ['null', null],
        ['undefined', undefined],
        ['a number', 4096],
      ];
      env.write(writeEnd, 'kept');
      const epfd = env.epoll();
      for (const [what, buf] of others as [string, HostBuffer][]) {
        env.fails(host.read(readEnd, buf, 0, 16), EINVAL, `read into ${what}`);
        env.fails(host.write(writeEnd, buf, 0, 16), EINVAL, `write of ${what}`);
        env.fails(host.poll(buf, 2, 0), EINVAL, `poll of ${what}`);
        env.fails(host.epollWait(epfd, buf, 2, 0), EINVAL, `epoll_wait of ${what}`);
      }
      env.equal(host.read(readEnd, real, 0, 16), 4, 'read of what is there');
      let made: unknown = 'made';
      try {
        made = new (real.constructor as new (bytes: number) => object)(8);
        class Heir extends (real.constructor as new (bytes: number) => object) {}
        made = new Heir(8);
      } catch (error) {
        made = (error as Error).name;
      }
      env.equal(made, 'TypeError', 'a class of the same memory');
    },
  },
  {
    name: 'errors: a count, timeout or offset that is not a number is EINVAL, even if it converts to one',
    run: (env) => {
      const { host, buf } = env;
      const [readEnd, writeEnd] = env.pipe();
      env.write(writeEnd, 'kept');
      let looks = 0;
      const turns = { valueOf: () => (looks++ === 0 ? 8 : 1 << 20) };
      const wrong = [turns, '8', [8], 8n, null, undefined, NaN, true, 0.5] as unknown as number[];
      const epfd = env.epoll();
      for (const count of wrong) {
        const what = String(count);
        env.fails(host.read(readEnd, buf, 0, count), EINVAL, `read of ${what}`);
        env.fails(host.read(readEnd, buf, count, 8), EINVAL, `read at ${what}`);
        env.fails(host.write(writeEnd, buf, 0, count), EINVAL, `write of ${what}`);
        env.fails(host.write(writeEnd, buf, count, 8), EINVAL, `write at ${what}`);
        env.fails(host.poll(buf, count, 0), EINVAL, `poll of ${what}`);
        env.fails(host.epollWait(epfd, buf, count, 0), EINVAL, `epoll_wait of ${what}`);
        if (count === 0.5) continue;
        env.fails(host.poll(buf, 0, count), EINVAL, `poll for ${what}`);
        env.fails(host.epollWait(epfd, buf, 1, count), EINVAL, `epoll_wait for ${what}`);
      }
      env.equal(looks, 0, 'nobody asks an object for its number');
      env.equal(env.read(readEnd), 'kept', 'what is there');
    },
  },
  {
    name: 'errors: every other call refuses arguments of a wrong type, and opens nothing',
    run: (env) => {
      const { host, buf } = env;
      const self = host.getpid();
      const out = newWaitResult();
      const lowest = env.eventfd();
      host.close(lowest);
      for (const wrong of [NaN, undefined, 0.5, '0', 3n, {}, null] as unknown as number[]) {
        const what = String(wrong);
        const fails = (ret: number, errno: number, call: string): void =>
          env.fails(ret, errno, `${call} ${what}`);
        fails(host.clockNs(wrong), EINVAL, 'clockNs');
        fails(host.epollCreate1(wrong), EINVAL, 'epoll_create1');
        fails(host.epollCtl(wrong, 1, 0, 1, 0), EBADF, 'epoll_ctl on');
        fails(host.epollCtl(0, 1, wrong, 1, 0), EBADF, 'epoll_ctl of');
        fails(host.epollCtl(0, wrong, 0, 1, 0), EINVAL, 'epoll_ctl op');
        fails(host.epollCtl(0, 1, 0, wrong, 0), EINVAL, 'epoll_ctl events');
        fails(host.epollWait(wrong, buf, 1, 0), EBADF, 'epoll_wait on');
        fails(host.eventfd(wrong, 0), EINVAL, 'eventfd');
        fails(host.eventfd(0, wrong), EINVAL, 'eventfd flags');
        fails(host.pipe2([], wrong), EINVAL, 'pipe2');
        fails(host.socketpair(wrong, 1, []), EINVAL, 'socketpair');
        fails(host.open('/dev/null', wrong, 0), EINVAL, 'open');
        fails(host.read(wrong, buf, 0, 1), EBADF, 'read of');
        fails(host.write(wrong, buf, 0, 1), EBADF, 'write to');
        fails(host.fcntl(wrong, F_GETFD, 0), EBADF, 'fcntl of');
        fails(host.fcntl(0, wrong, 0), EINVAL, 'fcntl');
        fails(host.fcntl(0, F_DUPFD, wrong), EINVAL, 'fcntl arg');
        env.equal(host.isatty(wrong), false, `isatty of ${what}`);
        fails(host.signalfd(wrong, [], 0), EBADF, 'signalfd on');
        fails(host.signalfd(-1, [wrong], 0), EINVAL, 'signalfd of');
        fails(host.signalfd(-1, [], wrong), EINVAL, 'signalfd flags');
        fails(host.sigaction(wrong, null, null), EINVAL, 'sigaction of');
        fails(host.tgkill(wrong, self, 0), EINVAL, 'tgkill');
        fails(host.sigqueue(self, 0, wrong), EINVAL, 'sigqueue value');
        fails(host.waitid(wrong, 0, WEXITED, out), EINVAL, 'waitid');
        fails(host.waitid(0, wrong, WEXITED, out), EINVAL, 'waitid id');
        fails(host.waitid(0, 0, wrong, out), EINVAL, 'waitid options');
        fails(host.pidfdOpen(wrong, 0), EINVAL, 'pidfd_open');
        fails(host.pidfdOpen(self, wrong), EINVAL, 'pidfd_open flags');
        fails(host.prctl(wrong, 0), EINVAL, 'prctl');
        fails(host.prctl(36, wrong), EINVAL, 'prctl arg');
        fails(host.getpgid(wrong), EINVAL, 'getpgid');
        fails(host.setpgid(0, wrong), EINVAL, 'setpgid');
        fails(host.tcgetpgrp(wrong), EBADF, 'tcgetpgrp');
        fails(host.tcsetpgrp(wrong, 0), EBADF, 'tcsetpgrp');
        if (wrong !== null && typeof wrong === 'object') continue;
        fails(host.pipe2(wrong as unknown as number[], 0), EFAULT, 'pipe2 into');
        fails(host.socketpair(1, 1, wrong as unknown as number[]), EFAULT, 'socketpair into');
        fails(host.waitid(0, 0, WEXITED, wrong as unknown as WaitResult), EFAULT, 'waitid into');
        if (typeof wrong === 'string') continue;
        fails(host.open(wrong as unknown as string, 0, 0), EFAULT, 'open of');
        env.fails(host.signalfd(-1, wrong as unknown as number[], 0), EINVAL, 'signalfd set');
        const token = host.blockSignals(wrong as unknown as number[]);
        env.equal(token, -EINVAL, `blockSignals of ${what}`);
      }
      // PR_GET_NAME, PR_GET_TID_ADDRESS and F_GETLK write to an address, so they are refused.
      for (const option of [16, 40, 15])
        env.fails(host.prctl(option, 4096), EINVAL, `prctl ${option}`);
      for (const cmd of [5, 12, 36]) env.fails(host.fcntl(0, cmd, 4096), EINVAL, `fcntl ${cmd}`);
      env.equal(env.eventfd(), lowest, 'nothing was opened');
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
      const isPid = host.gettid() === host.getpid();
      env.equal(isPid, isMainThread, "whether the thread has the process's number");
      env.equal(host.getpgid(host.getpid()), host.getpgid(0), 'group');
    },
  },
];
