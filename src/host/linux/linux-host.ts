/** The real kernel: a Host made of the parts in this folder, each in a file of its own. */

import { release } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import {
  areInts,
  checkArray,
  checkFunction,
  checkObject,
  isFcntl,
  isInt,
  isRecord,
} from '../arguments.ts';
import { Belongings } from '../belongings.ts';
import { CloseListeners } from '../close-listeners.ts';
import { EBADF, EFAULT, EINVAL, ENOSYS, HostError } from '../errno.ts';
import type {
  Disposable,
  Host,
  HostBuffer,
  NewThread,
  SigAction,
  SignalMaskToken,
  SignalPipe,
  SpawnRequest,
  ThreadTicket,
  WaitResult,
} from '../host.ts';
import type { NodeCall, NodeLoop, NodeWait, NodeWaitKind } from '../node-wait.ts';
import type { PollRing } from '../poll-ring.ts';
import { aWord, checkShape, type Shape } from '../shape.ts';
import { takeSpawnRequest } from '../spawn-request.ts';
import { FileCalls } from './file-calls.ts';
import { LinuxFutex } from './futex.ts';
import { c, knownArch, result, SYS } from './libc.ts';
import { CALL_WAYS, type CallWay, type LoopCalls, libcCalls, loopCalls } from './machine/calls.ts';
import { LinuxBuffer } from './memory.ts';
import { AsyncWait } from './node/async-wait.ts';
import { EmbeddedLoop } from './node/embedded-loop.ts';
import { isLibuvOurs, nodeThread } from './node/node-thread.ts';
import { SyncChildren } from './node/sync-children.ts';
import { UvWait } from './node/uv-wait.ts';
import { WorkerCall } from './node/worker-call.ts';
import { EPOLL_DATA_WORD, EPOLL_STRIDE, LinuxPoll } from './poll.ts';
import { LinuxPollRing } from './poll-ring.ts';
import { prctl } from './prctl.ts';
import { CodeSignalPipe } from './signal-pipe-code.ts';
import { UvSignalPipe } from './signal-pipe-uv.ts';
import { LinuxSignals } from './signals.ts';
import { SocketCalls } from './socket-calls.ts';
import { SPAWN_WAYS, Spawner, type SpawnWay } from './spawn.ts';
import { fstat, readlink, stat } from './stat.ts';
import { ThreadMask } from './threadmask.ts';
import { childrenOf, LinuxWait } from './wait.ts';

export interface LinuxHostOptions {
  /** How children are made: by our clone(2) or by posix_spawn(3); by default clone, if possible. */
  readonly spawnBy?: SpawnWay | undefined;
  /**
   * How read, write, poll and epoll_wait are called: by our code (x86-64; the default) or by
   * libc's.
   */
  readonly callBy?: CallWay | undefined;
  /** How Node waits for a loop: by libuv (the default), if the program has it, or in a pool thread. */
  readonly nodeWaitBy?: Exclude<NodeWaitKind, 'setImmediate'> | undefined;
}

type LinuxNodeWait = NonNullable<LinuxHostOptions['nodeWaitBy']>;
const NODE_WAITS: readonly LinuxNodeWait[] = ['uv_poll', 'epoll_wait.async'];

const OPTIONS: Shape<LinuxHostOptions> = {
  spawnBy: aWord(SPAWN_WAYS),
  callBy: aWord(CALL_WAYS),
  nodeWaitBy: aWord(NODE_WAITS),
};

/** Makes a LinuxHost like another in a thread that is started. */
export interface LinuxTicket extends ThreadTicket, LinuxHostOptions {
  readonly kind: 'linux';
}

/**
 * A Host on the running Linux kernel, for the JavaScript thread that made it. Its fields are
 * `private`, not #: an object may stand before it by Object.create, as in bench/memory-ours.ts.
 */
export class LinuxHost implements Host {
  readonly belongings = new Belongings();
  readonly kind = 'linux';
  readonly epollStride = EPOLL_STRIDE;
  readonly epollDataWord = EPOLL_DATA_WORD;
  readonly keepsBlocked = process.versions.bun === undefined;
  private readonly calls: LoopCalls;
  private readonly poller: LinuxPoll;
  private readonly futex: LinuxFutex;
  private readonly signals = new LinuxSignals();
  private readonly wait = new LinuxWait();
  private readonly files = new FileCalls();
  private readonly sockets = new SocketCalls();
  private readonly pair = new LinuxBuffer(8);
  private readonly threads: ThreadMask;
  private readonly syncChildren: SyncChildren;
  private readonly spawnBy: SpawnWay;
  private readonly callBy: CallWay;
  private readonly nodeWaitBy: LinuxNodeWait;
  private spawner: Spawner | undefined;
  private readonly closeListeners = new CloseListeners();

  /** Throws HostError (ENOSYS) on another system or an unknown machine, RangeError for a wrong option. */
  constructor(options: LinuxHostOptions = {}) {
    checkObject(options, 'LinuxHost: options', 'an object');
    checkShape(options, 'LinuxHost', OPTIONS);
    this.spawnBy = options.spawnBy ?? 'clone';
    this.callBy = options.callBy ?? 'gate';
    this.nodeWaitBy = options.nodeWaitBy ?? 'uv_poll';
    if (process.platform !== 'linux') {
      const why = `LinuxHost on ${process.platform} (it needs Linux; SimHost works here)`;
      throw new HostError(ENOSYS, why);
    }
    if (!knownArch) throw new HostError(ENOSYS, `Linux on ${process.arch}`);
    this.calls = this.callBy === 'gate' ? loopCalls() : libcCalls;
    this.poller = new LinuxPoll(this.calls);
    this.futex = new LinuxFutex(this.calls);
    this.threads = new ThreadMask(this.signals, this.getpid());
    this.syncChildren = new SyncChildren(this.signals, this.getpid());
    if (!isMainThread) nodeThread();
  }

  get description(): string {
    return `Linux ${release()}`;
  }

  alloc(bytes: number): HostBuffer {
    return new LinuxBuffer(bytes);
  }

  allocShared(bytes: number): HostBuffer {
    return LinuxBuffer.shared(bytes);
  }

  attach(memory: SharedArrayBuffer, bytes: number): HostBuffer {
    return LinuxBuffer.over(memory, bytes);
  }

  clockNs(clock: number): number {
    return this.poller.clockNs(clock);
  }

  get clockRestNs(): number {
    return this.poller.restNs;
  }

  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    return this.poller.poll(fds, nfds, timeoutNs);
  }

  epollCreate1(flags: number): number {
    return isInt(flags) ? result(c.epollCreate1(flags)) : -EINVAL;
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    return this.poller.epollCtl(epfd, op, fd, events, token);
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    return this.poller.epollWait(epfd, events, maxEvents, timeoutNs);
  }

  futexWait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    return this.futex.wait(words, index, expected, timeoutNs);
  }

  futexWake(words: Int32Array, index: number, count: number): number {
    return this.futex.wake(words, index, count);
  }

  schedYield(): number {
    return result(c.schedYield());
  }

  newThread(_name: string): NewThread {
    const { spawnBy, callBy, nodeWaitBy } = this;
    const ticket: LinuxTicket = { kind: 'linux', spawnBy, callBy, nodeWaitBy };
    return { ticket, transfer: [] };
  }

  eventfd(initval: number, flags: number): number {
    if (!Number.isInteger(initval) || !isInt(flags)) return -EINVAL;
    return result(c.eventfd(initval, flags));
  }

  pipe2(out: number[], flags: number): number {
    if (!isRecord(out)) return -EFAULT;
    if (!isInt(flags)) return -EINVAL;
    return this.takePair(result(c.pipe2(this.pair.address, flags)), out);
  }

  socketpair(domain: number, type: number, out: number[]): number {
    if (!isRecord(out)) return -EFAULT;
    if (!areInts(domain, type)) return -EINVAL;
    return this.takePair(result(c.socketpair(domain, type, 0, this.pair.address)), out);
  }

  private takePair(ret: number, out: number[]): number {
    if (ret === 0) {
      out[0] = this.pair.i32[0]!;
      out[1] = this.pair.i32[1]!;
    }
    return ret;
  }

  socket(domain: number, type: number, protocol: number): number {
    return areInts(domain, type, protocol) ? this.sockets.socket(domain, type, protocol) : -EINVAL;
  }

  bind(fd: number, address: HostBuffer, length: number): number {
    return this.sockets.bind(fd, address, length);
  }

  listen(fd: number, backlog: number): number {
    return this.sockets.listen(fd, backlog);
  }

  accept4(fd: number, flags: number): number {
    return this.sockets.accept4(fd, flags);
  }

  connect(fd: number, address: HostBuffer, length: number): number {
    return this.sockets.connect(fd, address, length);
  }

  shutdown(fd: number, how: number): number {
    return this.sockets.shutdown(fd, how);
  }

  getsockname(fd: number, address: HostBuffer): number {
    return this.sockets.getsockname(fd, address);
  }

  getpeername(fd: number, address: HostBuffer): number {
    return this.sockets.getpeername(fd, address);
  }

  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number {
    return this.sockets.getsockopt(fd, level, option, value);
  }

  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number {
    return this.sockets.setsockopt(fd, level, option, value, length);
  }

  open(path: string, flags: number, mode: number): number {
    if (typeof path !== 'string') return -EFAULT;
    if (path.includes('\0') || !areInts(flags, mode)) return -EINVAL;
    return result(c.open(path, flags, mode));
  }

  unlink(path: string): number {
    if (typeof path !== 'string') return -EFAULT;
    return path.includes('\0') ? -EINVAL : result(c.unlink(path));
  }

  stat(path: string, out: HostBuffer): number {
    return stat(path, out);
  }

  fstat(fd: number, out: HostBuffer): number {
    return fstat(fd, out);
  }

  readlink(path: string, buf: HostBuffer): number {
    return readlink(path, buf);
  }

  read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!LinuxBuffer.has(buf, offset, count)) return -EINVAL;
    return this.calls.read(fd, buf.address + offset, count);
  }

  write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!LinuxBuffer.has(buf, offset, count)) return -EINVAL;
    return this.calls.write(fd, buf.address + offset, count);
  }

  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.files.pread(fd, buf, offset, count, position);
  }

  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.files.pwrite(fd, buf, offset, count, position);
  }

  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number {
    return this.files.preadv(fd, bufs, position);
  }

  fsync(fd: number): number {
    return this.files.fsync(fd);
  }

  fdatasync(fd: number): number {
    return this.files.fdatasync(fd);
  }

  close(fd: number): number {
    if (!isInt(fd)) return -EBADF;
    this.closeListeners.tell(fd);
    return result(c.close(fd));
  }

  fcntl(fd: number, cmd: number, arg: number): number {
    if (!isInt(fd)) return -EBADF;
    return isFcntl(cmd) && isInt(arg) ? result(c.fcntl(fd, cmd, arg)) : -EINVAL;
  }

  isatty(fd: number): boolean {
    return isInt(fd) && c.isatty(fd) === 1;
  }

  onClose(listener: (fd: number) => void): Disposable {
    return this.closeListeners.add(listener);
  }

  signalfd(fd: number, signals: readonly number[], flags: number): number {
    return this.signals.signalfd(fd, signals, flags);
  }

  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    return this.signals.askedAction(signo, act, old);
  }

  get handlerAddress(): number {
    return this.signals.handlerAddress;
  }

  callHandler(signo: number, handler: number): number {
    return this.signals.callHandler(signo, handler);
  }

  blockSignals(signals: readonly number[]): SignalMaskToken | number {
    const token = this.threads.block(signals);
    if (typeof token !== 'number') this.syncChildren.block(token);
    return token;
  }

  restoreSignalMask(token: SignalMaskToken): number {
    const ret = this.threads.restore(token);
    if (ret === 0) this.syncChildren.unblock(token);
    return ret;
  }

  /** By libuv, or by a handler of our own in programs that are not on libuv (Bun, Deno). */
  openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    checkFunction(tell, 'openSignalPipe: tell');
    const Pipe = isLibuvOurs() ? UvSignalPipe : CodeSignalPipe;
    return Pipe.open(this.signals, tell);
  }

  blockedSignals(): number[] {
    return this.signals.blockedSignals();
  }

  pendingSignals(): number[] {
    return this.signals.pendingSignals();
  }

  raise(signo: number): number {
    return this.signals.raise(signo);
  }

  kill(pid: number, signo: number): number {
    return this.signals.kill(pid, signo);
  }

  sigqueue(pid: number, signo: number, value: number): number {
    return this.signals.sigqueue(pid, signo, value);
  }

  tgkill(tgid: number, tid: number, signo: number): number {
    return this.signals.tgkill(tgid, tid, signo);
  }

  getpid(): number {
    return c.getpid();
  }

  getppid(): number {
    return c.getppid();
  }

  gettid(): number {
    return c.syscall(SYS.gettid, 0, 0, 0, 0, 0, 0);
  }

  /** -ENOENT: not found; -EACCES: not executable; -ENOTDIR: cannot enter cwd; -EAGAIN, -ENOMEM. */
  spawn(request: SpawnRequest): number {
    return this.startsChildren().spawn(takeSpawnRequest(request));
  }

  spawnAll(requests: readonly SpawnRequest[]): number[] {
    checkArray(requests, 'spawnAll: the requests', 'an array of { file, argv }');
    return this.startsChildren().spawnAll(requests.map(takeSpawnRequest));
  }

  private startsChildren(): Spawner {
    this.spawner ??= new Spawner(this.spawnBy);
    return this.spawner;
  }

  waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    if (!isRecord(out)) return -EFAULT;
    if (!isInt(idtype) || !isInt(id) || !Number.isInteger(options)) return -EINVAL;
    return this.wait.waitid(idtype, id, options, out);
  }

  pidfdOpen(pid: number, flags: number): number {
    if (!areInts(pid, flags)) return -EINVAL;
    return result(c.syscall(SYS.pidfdOpen, pid, flags, 0, 0, 0, 0));
  }

  prctl(option: number, arg: number): number {
    return prctl(option, arg, this.pair);
  }

  children(): number[] {
    return childrenOf(this.getpid());
  }

  getpgid(pid: number): number {
    return isInt(pid) ? result(c.getpgid(pid)) : -EINVAL;
  }

  setpgid(pid: number, pgid: number): number {
    return areInts(pid, pgid) ? result(c.setpgid(pid, pgid)) : -EINVAL;
  }

  tcgetpgrp(fd: number): number {
    return isInt(fd) ? result(c.tcgetpgrp(fd)) : -EBADF;
  }

  tcsetpgrp(fd: number, pgid: number): number {
    if (!isInt(fd)) return -EBADF;
    return isInt(pgid) ? result(c.tcsetpgrp(fd, pgid)) : -EINVAL;
  }

  openNodeLoop(): NodeLoop {
    return new EmbeddedLoop();
  }

  openPollRing(entries: number): PollRing | number {
    return LinuxPollRing.open(entries, this.calls);
  }

  openNodeCall(): NodeCall | null {
    const call = isMainThread ? null : WorkerCall.open(this);
    this.poller.inSlices ||= call !== null;
    return call;
  }

  openNodeWait(round: () => void): NodeWait {
    checkFunction(round, 'openNodeWait: the round');
    const onClose = (listener: (fd: number) => void): Disposable => this.onClose(listener);
    const wait = this.nodeWaitBy === 'uv_poll' ? UvWait.open(round, onClose) : null;
    return wait ?? new AsyncWait(this, round);
  }

  dispose(): void {
    this.closeListeners.clear();
    this.spawner?.dispose();
    this.spawner = undefined;
  }
}
