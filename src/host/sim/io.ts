/** The calls on descriptors. Each returns the kernel's result; the caller accounts for the time. */
import { areInts, isFcntl, isInt, isRecord, isTimeout } from '../arguments.ts';
import { CloseListeners } from '../close-listeners.ts';
import * as C from '../constants.ts';
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOTTY, EPERM, EPIPE } from '../errno.ts';
import type { Disposable, HostBuffer } from '../host.ts';
import type { VirtualClock } from './clock.ts';
import { EPOLL_STRIDE, Epoll } from './epoll.ts';
import { newEventFd } from './eventfd.ts';
import { FdTable, type OpenFile } from './file.ts';
import { EpollCall, PollCall, ReadCall, WriteCall } from './io-calls.ts';
import { SimBuffer } from './memory.ts';
import { Loopback } from './net/loopback.ts';
import { SocketCalls } from './net/socket-calls.ts';
import type { TcpSocket } from './net/tcp.ts';
import { newSocketPair, UnixNames } from './net/unix.ts';
import { Pipe } from './pipe.ts';
import { FileSystem } from './regular.ts';
import type { Scheduler } from './scheduler.ts';
import { Stats } from './stat.ts';

const ACCESS_MODE = 3;
/** The flags that F_SETFL can change: O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_NOATIME. */
const SETTABLE = C.O_APPEND | C.O_NONBLOCK | 0o20000 | 0o40000 | 0o1000000;

export class SimIo {
  readonly fds = new FdTable();
  readonly #threads: Scheduler;
  readonly files = new FileSystem();
  readonly stats = new Stats(this.fds, this.files);
  readonly #closeListeners = new CloseListeners();
  readonly #pair: OpenFile[] = [];
  readonly #pollCall = new PollCall(this);
  readonly #epollCall = new EpollCall();
  /** Sends SIGPIPE to the thread. */
  readonly #brokenPipe: () => void;
  readonly loopback: Loopback<TcpSocket>;
  readonly sockets: SocketCalls;
  readonly #names: UnixNames;

  constructor(
    threads: Scheduler,
    clock: VirtualClock,
    credentials: readonly [pid: number, uid: number, gid: number],
    brokenPipe: () => void,
  ) {
    this.#threads = threads;
    this.#brokenPipe = brokenPipe;
    this.loopback = new Loopback<TcpSocket>(clock);
    this.#names = new UnixNames(this.files, credentials);
    this.sockets = new SocketCalls(this.fds, threads, this.#names, this.loopback);
    for (let fd = 0; fd < 3; fd++) this.fds.install(this.files.standardStream(), false);
  }

  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    if (!isInt(nfds) || !SimBuffer.has(fds, 0, nfds * C.POLLFD_SIZE)) return -EINVAL;
    if (!isTimeout(timeoutNs)) return -EINVAL;
    const n = this.scan(fds.i32, nfds);
    if (n > 0 || timeoutNs === 0) return n;
    const threads = this.#threads;
    const call = threads.several ? new PollCall(this) : this.#pollCall;
    call.begin(threads.current, fds.i32, nfds);
    return threads.sleep(call, threads.deadlineNs(timeoutNs));
  }

  /** Whether poll would return at once. */
  isReady(fds: HostBuffer, nfds: number): boolean {
    const isValid = isInt(nfds) && SimBuffer.has(fds, 0, nfds * C.POLLFD_SIZE);
    return !isValid || this.scan(fds.i32, nfds) > 0;
  }

  /** Fills every revents; returns how many are not 0. */
  scan(words: Int32Array, nfds: number): number {
    const files = this.fds;
    let n = 0;
    for (let i = 0; i < nfds; i++) {
      const fd = words[2 * i]!;
      const events = words[2 * i + 1]! & 0xffff;
      let revents = 0;
      if (fd >= 0) {
        const file = files.get(fd);
        revents = file === undefined ? C.POLLNVAL : file.poll() & (events | C.POLLERR | C.POLLHUP);
        if (revents !== 0) n++;
      }
      words[2 * i + 1] = events | (revents << 16);
    }
    return n;
  }

  epollCreate1(flags: number): number {
    if (!isInt(flags) || (flags & ~C.O_CLOEXEC) !== 0) return -EINVAL;
    return this.fds.install(new Epoll().file, flags !== 0);
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    if (!isInt(epfd) || !isInt(fd)) return -EBADF;
    if (!isInt(op) || !Number.isInteger(events) || !Number.isInteger(token)) return -EINVAL;
    const file = this.fds.get(epfd);
    if (file === undefined) return -EBADF;
    const target = this.fds.get(fd);
    if (target === undefined) return -EBADF;
    if (!target.pollable) return -EPERM;
    if (!(file.node instanceof Epoll)) return -EINVAL;
    return file.node.control(op, target, fd, events, token);
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    if (!isInt(epfd)) return -EBADF;
    if (!isInt(maxEvents) || !isTimeout(timeoutNs) || maxEvents === 0) return -EINVAL;
    if (!SimBuffer.has(events, 0, maxEvents * EPOLL_STRIDE * 4)) return -EINVAL;
    const node = this.fds.get(epfd)?.node;
    if (node === undefined) return -EBADF;
    if (!(node instanceof Epoll)) return -EINVAL;
    const n = node.harvest(events.i32, maxEvents);
    if (n > 0 || timeoutNs === 0) return n;
    const threads = this.#threads;
    const call = threads.several ? new EpollCall() : this.#epollCall;
    call.begin(threads.current, epfd, node, events.i32, maxEvents);
    return threads.sleep(call, threads.deadlineNs(timeoutNs));
  }

  eventfd(initval: number, flags: number): number {
    if (!Number.isInteger(initval) || !isInt(flags)) return -EINVAL;
    const file = newEventFd(initval, flags);
    return typeof file === 'number' ? file : this.fds.install(file, (flags & C.O_CLOEXEC) !== 0);
  }

  pipe2(out: number[], flags: number): number {
    if (!isRecord(out)) return -EFAULT;
    if (!isInt(flags) || (flags & ~(C.O_NONBLOCK | C.O_CLOEXEC)) !== 0) return -EINVAL;
    const pipe = new Pipe(flags);
    return this.#installPair(pipe.readEnd, pipe.writeEnd, out, flags);
  }

  socketpair(domain: number, type: number, out: number[]): number {
    if (!isRecord(out)) return -EFAULT;
    if (!areInts(domain, type)) return -EINVAL;
    const pair = this.#pair;
    const result = newSocketPair(domain, type, this.#names.credentials, pair);
    return result < 0 ? result : this.#installPair(pair[0]!, pair[1]!, out, type);
  }

  #installPair(first: OpenFile, second: OpenFile, out: number[], flags: number): number {
    const closeOnExec = (flags & C.O_CLOEXEC) !== 0;
    const a = this.fds.install(first, closeOnExec);
    if (a < 0) return a;
    const b = this.fds.install(second, closeOnExec);
    if (b < 0) {
      this.fds.close(a);
      return b;
    }
    out[0] = a;
    out[1] = b;
    return 0;
  }

  open(path: string, flags: number, mode: number): number {
    if (typeof path !== 'string') return -EFAULT;
    if (!areInts(flags, mode)) return -EINVAL;
    const file = this.files.open(path, flags);
    return typeof file === 'number' ? file : this.fds.install(file, (flags & C.O_CLOEXEC) !== 0);
  }

  unlink(path: string): number {
    if (typeof path !== 'string') return -EFAULT;
    return path.includes('\0') ? -EINVAL : this.files.unlink(path);
  }

  read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!SimBuffer.has(buf, offset, count)) return -EINVAL;
    const file = this.fds.get(fd);
    if (file === undefined || (file.flags & ACCESS_MODE) === C.O_WRONLY) return -EBADF;
    const n = file.node.read(file, buf, offset, count);
    if (n !== -EAGAIN || (file.flags & C.O_NONBLOCK) !== 0) return n;
    const threads = this.#threads;
    return threads.sleep(new ReadCall(threads.current, file, fd, buf, offset, count), Infinity);
  }

  write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!SimBuffer.has(buf, offset, count)) return -EINVAL;
    const file = this.fds.get(fd);
    if (file === undefined || (file.flags & ACCESS_MODE) === C.O_RDONLY) return -EBADF;
    const n = file.node.write(file, buf, offset, count);
    if (n === count) return n;
    if (n === -EPIPE) this.#brokenPipe();
    if ((n < 0 && n !== -EAGAIN) || (file.flags & C.O_NONBLOCK) !== 0) return n;
    const threads = this.#threads;
    const call = new WriteCall(threads.current, file, fd, buf, offset, count, this.#brokenPipe);
    call.done = Math.max(n, 0);
    call.moved = n > 0;
    return threads.sleep(call, Infinity);
  }

  close(fd: number): number {
    if (!isInt(fd) || this.fds.get(fd) === undefined) return -EBADF;
    this.#closeListeners.tell(fd);
    return this.fds.close(fd);
  }

  onClose(listener: (fd: number) => void): Disposable {
    return this.#closeListeners.add(listener);
  }

  fcntl(fd: number, cmd: number, arg: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isFcntl(cmd) || !isInt(arg)) return -EINVAL;
    const file = this.fds.get(fd);
    if (file === undefined) return -EBADF;
    switch (cmd) {
      case C.F_DUPFD:
      case C.F_DUPFD_CLOEXEC:
        return arg < 0 ? -EINVAL : this.fds.install(file, cmd === C.F_DUPFD_CLOEXEC, arg);
      case C.F_GETFD:
        return this.fds.closeOnExec(fd) ? C.FD_CLOEXEC : 0;
      case C.F_SETFD:
        this.fds.setCloseOnExec(fd, (arg & C.FD_CLOEXEC) !== 0);
        return 0;
      case C.F_GETFL:
        return file.flags;
      case C.F_SETFL:
        file.flags = (file.flags & ~SETTABLE) | (arg & SETTABLE);
        return 0;
      case C.F_SETPIPE_SZ:
        return file.node instanceof Pipe ? file.node.setCapacity(arg) : -EBADF;
      case C.F_GETPIPE_SZ:
        return file.node instanceof Pipe ? file.node.capacity : -EBADF;
      default:
        return -EINVAL;
    }
  }

  /** For calls on terminals: this host has none. */
  notATerminal(fd: number): number {
    return !isInt(fd) || this.fds.get(fd) === undefined ? -EBADF : -ENOTTY;
  }
}
