import { checkHost } from '../arguments.ts';
import { Belongings } from '../belongings.ts';
import type {
  Disposable,
  Host,
  HostBuffer,
  NewThread,
  SigAction,
  SignalMaskToken,
  SignalPipe,
  SpawnRequest,
  WaitResult,
} from '../host.ts';
import type { NodeCall, NodeLoop, NodeWait } from '../node-wait.ts';
import type { PollRing } from '../poll-ring.ts';

/** A host that passes every call on to another. The base of hosts that change some of the calls. */
export class HostLens implements Host {
  /** Its own: what uses it is to make its calls through this lens. */
  readonly belongings = new Belongings();
  readonly kind: 'linux' | 'sim';
  readonly description: string;
  readonly epollStride: number;
  readonly epollDataWord: number;
  protected host: Host;

  /** @throws TypeError if host is not a Host */
  constructor(host: Host) {
    checkHost(host, 'HostLens');
    this.host = host;
    this.kind = host.kind;
    this.description = host.description;
    this.epollStride = host.epollStride;
    this.epollDataWord = host.epollDataWord;
  }

  alloc(bytes: number): HostBuffer {
    return this.host.alloc(bytes);
  }

  allocShared(bytes: number): HostBuffer {
    return this.host.allocShared(bytes);
  }

  attach(memory: SharedArrayBuffer, bytes: number): HostBuffer {
    return this.host.attach(memory, bytes);
  }

  clockNs(clock: number): number {
    return this.host.clockNs(clock);
  }

  get clockRestNs(): number {
    return this.host.clockRestNs;
  }

  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    return this.host.poll(fds, nfds, timeoutNs);
  }

  epollCreate1(flags: number): number {
    return this.host.epollCreate1(flags);
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    return this.host.epollCtl(epfd, op, fd, events, token);
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    return this.host.epollWait(epfd, events, maxEvents, timeoutNs);
  }

  futexWait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    return this.host.futexWait(words, index, expected, timeoutNs);
  }

  futexWake(words: Int32Array, index: number, count: number): number {
    return this.host.futexWake(words, index, count);
  }

  schedYield(): number {
    return this.host.schedYield();
  }

  /** The thread's host is that of the wrapped one: nothing of a lens goes over. */
  newThread(name: string): NewThread | number {
    return this.host.newThread(name);
  }

  eventfd(initval: number, flags: number): number {
    return this.host.eventfd(initval, flags);
  }

  pipe2(out: number[], flags: number): number {
    return this.host.pipe2(out, flags);
  }

  socketpair(domain: number, type: number, out: number[]): number {
    return this.host.socketpair(domain, type, out);
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.host.socket(domain, type, protocol);
  }

  bind(fd: number, address: HostBuffer, length: number): number {
    return this.host.bind(fd, address, length);
  }

  listen(fd: number, backlog: number): number {
    return this.host.listen(fd, backlog);
  }

  accept4(fd: number, flags: number): number {
    return this.host.accept4(fd, flags);
  }

  connect(fd: number, address: HostBuffer, length: number): number {
    return this.host.connect(fd, address, length);
  }

  shutdown(fd: number, how: number): number {
    return this.host.shutdown(fd, how);
  }

  getsockname(fd: number, address: HostBuffer): number {
    return this.host.getsockname(fd, address);
  }

  getpeername(fd: number, address: HostBuffer): number {
    return this.host.getpeername(fd, address);
  }

  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number {
    return this.host.getsockopt(fd, level, option, value);
  }

  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number {
    return this.host.setsockopt(fd, level, option, value, length);
  }

  open(path: string, flags: number, mode: number): number {
    return this.host.open(path, flags, mode);
  }

  unlink(path: string): number {
    return this.host.unlink(path);
  }

  stat(path: string, out: HostBuffer): number {
    return this.host.stat(path, out);
  }

  fstat(fd: number, out: HostBuffer): number {
    return this.host.fstat(fd, out);
  }

  readlink(path: string, buf: HostBuffer): number {
    return this.host.readlink(path, buf);
  }

  read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    return this.host.read(fd, buf, offset, count);
  }

  write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    return this.host.write(fd, buf, offset, count);
  }

  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.host.pread(fd, buf, offset, count, position);
  }

  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.host.pwrite(fd, buf, offset, count, position);
  }

  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number {
    return this.host.preadv(fd, bufs, position);
  }

  fsync(fd: number): number {
    return this.host.fsync(fd);
  }

  fdatasync(fd: number): number {
    return this.host.fdatasync(fd);
  }

  close(fd: number): number {
    return this.host.close(fd);
  }

  fcntl(fd: number, cmd: number, arg: number): number {
    return this.host.fcntl(fd, cmd, arg);
  }

  isatty(fd: number): boolean {
    return this.host.isatty(fd);
  }

  onClose(listener: (fd: number) => void): Disposable {
    return this.host.onClose(listener);
  }

  signalfd(fd: number, signals: readonly number[], flags: number): number {
    return this.host.signalfd(fd, signals, flags);
  }

  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    return this.host.sigaction(signo, act, old);
  }

  get handlerAddress(): number {
    return this.host.handlerAddress;
  }

  get keepsBlocked(): boolean {
    return this.host.keepsBlocked;
  }

  callHandler(signo: number, handler: number): number {
    return this.host.callHandler(signo, handler);
  }

  blockSignals(signals: readonly number[]): SignalMaskToken | number {
    return this.host.blockSignals(signals);
  }

  restoreSignalMask(token: SignalMaskToken): number {
    return this.host.restoreSignalMask(token);
  }

  openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    return this.host.openSignalPipe(tell);
  }

  blockedSignals(): number[] {
    return this.host.blockedSignals();
  }

  pendingSignals(): number[] {
    return this.host.pendingSignals();
  }

  raise(signo: number): number {
    return this.host.raise(signo);
  }

  kill(pid: number, signo: number): number {
    return this.host.kill(pid, signo);
  }

  sigqueue(pid: number, signo: number, value: number): number {
    return this.host.sigqueue(pid, signo, value);
  }

  tgkill(tgid: number, tid: number, signo: number): number {
    return this.host.tgkill(tgid, tid, signo);
  }

  getpid(): number {
    return this.host.getpid();
  }

  getppid(): number {
    return this.host.getppid();
  }

  gettid(): number {
    return this.host.gettid();
  }

  spawn(request: SpawnRequest): number {
    return this.host.spawn(request);
  }

  /** One by one, so that a lens sees each. */
  spawnAll(requests: readonly SpawnRequest[]): number[] {
    return requests.map((request) => this.spawn(request));
  }

  waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    return this.host.waitid(idtype, id, options, out);
  }

  pidfdOpen(pid: number, flags: number): number {
    return this.host.pidfdOpen(pid, flags);
  }

  prctl(option: number, arg: number): number {
    return this.host.prctl(option, arg);
  }

  children(): number[] {
    return this.host.children();
  }

  getpgid(pid: number): number {
    return this.host.getpgid(pid);
  }

  setpgid(pid: number, pgid: number): number {
    return this.host.setpgid(pid, pgid);
  }

  tcgetpgrp(fd: number): number {
    return this.host.tcgetpgrp(fd);
  }

  tcsetpgrp(fd: number, pgid: number): number {
    return this.host.tcsetpgrp(fd, pgid);
  }

  openNodeLoop(): NodeLoop {
    return this.host.openNodeLoop();
  }

  openPollRing(entries: number): PollRing | number {
    return this.host.openPollRing(entries);
  }

  openNodeCall(): NodeCall | null {
    return this.host.openNodeCall();
  }

  openNodeWait(round: () => void): NodeWait {
    return this.host.openNodeWait(round);
  }

  dispose(): void {
    this.host.dispose();
  }
}
