/** The simulated kernel: a Host made of the parts in this folder, each in a file of its own. */

import {
  areInts,
  checkArray,
  checkFunction,
  checkNs,
  checkObject,
  checkString,
  isInt,
  isRecord,
  shown,
} from '../arguments.ts';
import type { ChildBehaviour } from '../behaviour.ts';
import { Belongings } from '../belongings.ts';
import { CLOCK_MONOTONIC, CLOCK_REALTIME, SI_USER, SIGPIPE } from '../constants.ts';
import { EACCES, EFAULT, EINVAL, ENOENT, ENOSYS, HostError } from '../errno.ts';
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
import { BlockingNodeWait, type NodeCall, type NodeLoop, type NodeWait } from '../node-wait.ts';
import type { PollRing } from '../poll-ring.ts';
import { checkShape } from '../shape.ts';
import { takeSpawnRequest } from '../spawn-request.ts';
import { SimDeadlockError, VirtualClock } from './clock.ts';
import { ChosenDraw, SeedDraw } from './draw.ts';
import { EPOLL_DATA_WORD, EPOLL_STRIDE } from './epoll.ts';
import { FileCalls } from './file-calls.ts';
import { Futexes } from './futex.ts';
import { SimIo } from './io.ts';
import { Looks } from './looks.ts';
import { SimBuffer } from './memory.ts';
import type { LoopbackOptions } from './net/loopback.ts';
import { isSignal, SignalInfo } from './pending.ts';
import { SimPollRing } from './poll-ring.ts';
import { NO_USAGE, Program, type Usage } from './process.ts';
import { ProcessCalls } from './process-calls.ts';
import { Processes, SELF_PID, UID } from './processes.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { HANDLER_ADDRESS } from './signal-actions.ts';
import { SimSignalPipe } from './signal-pipe.ts';
import { Signals } from './signals.ts';
import { Thread } from './thread.ts';
import type { SimTicket } from './threads/messages.ts';
import type { ThreadChannels } from './threads/ports.ts';
import { ThreadCalls } from './threads/thread-calls.ts';
import { Turns } from './threads/turns.ts';
import { type Submission, UserRing } from './user-ring.ts';
import { Waiter } from './wait.ts';
import {
  REALTIME_START_NS,
  SIM_OPTIONS,
  type SimHostOptions,
  type SimProcess,
  START_NS,
  WorldEvent,
} from './world.ts';

/**
 * A kernel with one process, its children, and its own clock. The process has one thread, unless
 * newThread makes more. Every call takes 1 ns.
 * A call that blocks jumps to the next event, and throws SimDeadlockError if no event can end it.
 * If a signal's default action would end the process, the call or wait in which it arrives throws
 * SimFatalSignalError.
 */
export class SimHost implements Host {
  readonly belongings = new Belongings();
  readonly kind = 'sim';
  readonly description = 'simulated host';
  readonly epollStride = EPOLL_STRIDE;
  readonly epollDataWord = EPOLL_DATA_WORD;
  readonly handlerAddress = HANDLER_ADDRESS;
  readonly keepsBlocked: boolean = true;
  readonly #clock: VirtualClock;
  readonly #threads: Scheduler;
  /** Null if the seed decides. */
  readonly #looks: Looks | null;
  /** For observers. @internal */
  readonly turns: Turns;
  readonly #channels: ThreadChannels | null;
  readonly #realtimeOffsetNs: number;
  #clockRestNs = 0;
  readonly #random: Random;
  readonly #signals: Signals;
  readonly #io: SimIo;
  readonly #processes: Processes;
  readonly #calls: ProcessCalls;
  readonly #waiter: Waiter;
  readonly #futexes: Futexes;
  /** A wait in Node's loop that found nothing to come. */
  #endless: NodeWait | null = null;
  readonly #files: FileCalls;
  readonly #programs = new Map<string, Program>();

  /** @throws TypeError if the options are not an object */
  constructor(options: SimHostOptions = {}) {
    checkObject(options, 'SimHost: options', 'an object');
    checkShape(options, 'SimHost', SIM_OPTIONS);
    this.#channels = options.channels ?? null;
    const startNs = options.startNs ?? START_NS;
    this.#clock = new VirtualClock(startNs, options.choices);
    this.#realtimeOffsetNs = (options.realtimeNs ?? REALTIME_START_NS) - startNs;
    this.#random = new Random(options.seed ?? 1);
    const threads = new Scheduler(
      this.#clock,
      new Thread(SELF_PID, 'main', null),
      options.choices === undefined
        ? new SeedDraw(options.seed ?? 1)
        : new ChosenDraw(options.choices),
    );
    this.#threads = threads;
    this.#looks = options.choices === undefined ? null : new Looks(threads, options.choices);
    this.turns = new Turns(threads);
    this.#signals = new Signals(threads);
    this.#futexes = new Futexes(threads);
    this.#io = new SimIo(threads, this.#clock, [SELF_PID, UID, UID], () => {
      this.#signals.send(new SignalInfo(SIGPIPE, SI_USER, SELF_PID, UID), threads.current);
    });
    this.#files = new FileCalls(this.#io.fds);
    this.#processes = new Processes(this.#clock, this.#signals, this.#io.fds);
    this.#calls = new ProcessCalls(this.#processes, this.#signals, this.#io.fds, threads);
    this.#waiter = new Waiter(this.#processes, threads, this.#io.fds);
  }

  // The outside world. Nothing here takes time, except advance.

  /**
   * Makes act happen at timeNs of CLOCK_MONOTONIC (at once if that is past), while the thread waits
   * or is busy.
   * @param withinNs how much later it may come, ns, if SimHostOptions.choices decide
   */
  at(timeNs: number, act: () => void, withinNs = 0): Disposable {
    if (typeof timeNs !== 'number' || Number.isNaN(timeNs)) {
      throw new TypeError(`SimHost.at: the time is ${shown(timeNs)}: expected ns`);
    }
    checkFunction(act, 'SimHost.at: the event');
    checkNs(withinNs, 'SimHost.at: how much later it may come');
    const event = new WorldEvent(act);
    this.#clock.schedule(event, timeNs, withinNs);
    this.#stir();
    return { dispose: () => this.#clock.cancel(event) };
  }

  /** The thread is busy for ns nanoseconds; events that come due happen meanwhile. */
  advance(ns: number): void {
    checkNs(ns, 'SimHost.advance: the time');
    this.#threads.compute(ns);
  }

  /**
   * For observers that must not be noticed: calls within act take no time, and nothing happens
   * meanwhile.
   */
  still<T>(act: () => T): T {
    checkFunction(act, 'SimHost.still: the act');
    return this.#clock.still(act);
  }

  /** CLOCK_MONOTONIC, read without taking time. */
  get nowNs(): number {
    return this.#clock.nowNs;
  }

  /** When the next event happens (a world event, a child's next act); -1 if none is left. */
  nextEventNs(): number {
    const ns = this.#clock.nextEventNs();
    return ns === Infinity ? -1 : ns;
  }

  /** The request that starts a process with such a behaviour; waitid then reports this usage. */
  program(behaviour: ChildBehaviour, usage: Partial<Usage> = {}): SpawnRequest {
    checkObject(behaviour, 'SimHost.program: the behaviour', 'an object');
    const file = `/sim/${this.#programs.size + 1}`;
    this.#programs.set(file, new Program(behaviour, { ...NO_USAGE, ...usage }));
    return { file, argv: [file] };
  }

  /** How TCP behaves: its delays and capacities, and attempts to connect that are lost. */
  get loopback(): LoopbackOptions {
    return this.#io.loopback;
  }

  /** Every descendant of this process that is not reaped, by pid. */
  processes(): SimProcess[] {
    return this.#calls.descendants();
  }

  /** The counter of an eventfd, or the bytes to read from a pipe or a socket; 0 for other kinds. */
  amount(fd: number): number {
    return this.#io.fds.get(fd)?.node.amount?.() ?? 0;
  }

  /** The poll events of a descriptor that hold now, without a call; 0 if it is not open. */
  readiness(fd: number): number {
    return this.#io.fds.get(fd)?.poll() ?? 0;
  }

  /** When a process started here died, in ns of CLOCK_MONOTONIC; -1 if it did not. */
  deathNs(pid: number): number {
    return this.#processes.deathNs(pid);
  }

  /** A number in [0, 1), drawn from the seed. */
  random(): number {
    return this.#random.next();
  }

  /** A call ends: accounts for its time. */
  #done(result: number): number {
    if (this.#threads.several) this.#threads.done(result);
    else this.#clock.tick();
    if (this.#endless !== null) this.#stir();
    return result;
  }

  /** A call ends that has changed nothing. */
  #quiet(result: number): number {
    if (this.#threads.several) this.#threads.done(result, true);
    else this.#clock.tick();
    return result;
  }

  /** A call was made, which may end a wait in Node's loop that nothing else could. */
  #stir(): void {
    this.#endless?.wake();
    this.#endless = null;
  }

  // Memory and clocks

  alloc(bytes: number): HostBuffer {
    return new SimBuffer(bytes);
  }

  allocShared(bytes: number): HostBuffer {
    return SimBuffer.shared(bytes);
  }

  attach(memory: SharedArrayBuffer, bytes: number): HostBuffer {
    return SimBuffer.over(memory, bytes);
  }

  clockNs(clock: number): number {
    const ns = this.#clock.nowNs;
    this.#quiet(0);
    this.#clockRestNs = 0;
    if (clock === CLOCK_MONOTONIC) return ns;
    if (clock !== CLOCK_REALTIME) return -EINVAL;
    const realtimeNs = this.#realtimeOffsetNs + ns;
    this.#clockRestNs = ns - (realtimeNs - this.#realtimeOffsetNs);
    return realtimeNs;
  }

  get clockRestNs(): number {
    return this.#clockRestNs;
  }

  // Waiting

  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const looks = this.#looks;
    looks?.begin(timeoutNs !== 0 && !this.#io.isReady(fds, nfds));
    const n = this.#io.poll(fds, nfds, timeoutNs);
    looks?.end(n, n > 0 ? fds.i32.slice(0, 2 * nfds) : []);
    return this.#quiet(n);
  }

  epollCreate1(flags: number): number {
    return this.#done(this.#io.epollCreate1(flags));
  }

  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number {
    return this.#done(this.#io.epollCtl(epfd, op, fd, events, token));
  }

  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number {
    const looks = this.#looks;
    looks?.begin(timeoutNs !== 0 && this.readiness(epfd) === 0);
    const n = this.#io.epollWait(epfd, events, maxEvents, timeoutNs);
    looks?.end(n, n > 0 ? events.i32.slice(0, n * EPOLL_STRIDE) : []);
    return this.#done(n);
  }

  // Threads

  futexWait(words: Int32Array, index: number, expected: number, timeoutNs: number): number {
    return this.#done(this.#futexes.wait(words, index, expected, timeoutNs));
  }

  futexWake(words: Int32Array, index: number, count: number): number {
    return this.#done(this.#futexes.wake(words, index, count));
  }

  schedYield(): number {
    return this.#threads.yield();
  }

  /**
   * A thread of the process: a SimThreadHost is made of the ticket in its Worker. It may run from the
   * next call in which its maker sleeps or yields, so start the Worker before that. It inherits the
   * mask of its maker, and ends when its host is disposed of. Returns -ENOSYS without
   * SimHostOptions.channels.
   */
  newThread(name: string): NewThread | number {
    checkString(name, 'newThread: the name');
    const channels = this.#channels;
    if (channels === null) return this.#done(-ENOSYS);
    const threads = this.#threads;
    const [ours, theirs] = channels.newChannel();
    const end = (): void => {
      calls.close();
      threads.gone(thread);
      this.#signals.threadsChanged();
    };
    const way = { channels, port: ours, onEnd: end, turns: this.turns };
    const calls = new ThreadCalls(this, threads, this.#clock, way);
    const thread = new Thread(this.#processes.newTid(), name, calls);
    calls.thread = thread;
    threads.born(thread);
    this.#signals.threadsChanged();
    const ticket: SimTicket = {
      kind: 'sim',
      name,
      memory: calls.channel.memory,
      port: theirs,
      realtimeOffsetNs: this.#realtimeOffsetNs,
    };
    return { ticket, transfer: [theirs] };
  }

  // Descriptors

  eventfd(initval: number, flags: number): number {
    return this.#done(this.#io.eventfd(initval, flags));
  }

  pipe2(out: number[], flags: number): number {
    return this.#done(this.#io.pipe2(out, flags));
  }

  socketpair(domain: number, type: number, out: number[]): number {
    return this.#done(this.#io.socketpair(domain, type, out));
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.#done(this.#io.sockets.socket(domain, type, protocol));
  }

  bind(fd: number, address: HostBuffer, length: number): number {
    return this.#done(this.#io.sockets.bind(fd, address, length));
  }

  listen(fd: number, backlog: number): number {
    return this.#done(this.#io.sockets.listen(fd, backlog));
  }

  accept4(fd: number, flags: number): number {
    return this.#done(this.#io.sockets.accept4(fd, flags));
  }

  connect(fd: number, address: HostBuffer, length: number): number {
    return this.#done(this.#io.sockets.connect(fd, address, length));
  }

  shutdown(fd: number, how: number): number {
    return this.#done(this.#io.sockets.shutdown(fd, how));
  }

  getsockname(fd: number, address: HostBuffer): number {
    return this.#done(this.#io.sockets.getsockname(fd, address));
  }

  getpeername(fd: number, address: HostBuffer): number {
    return this.#done(this.#io.sockets.getpeername(fd, address));
  }

  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number {
    return this.#done(this.#io.sockets.getsockopt(fd, level, option, value));
  }

  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number {
    return this.#done(this.#io.sockets.setsockopt(fd, level, option, value, length));
  }

  open(path: string, flags: number, mode: number): number {
    return this.#done(this.#io.open(path, flags, mode));
  }

  unlink(path: string): number {
    return this.#done(this.#io.unlink(path));
  }

  stat(path: string, out: HostBuffer): number {
    return this.#done(this.#io.stats.stat(path, out));
  }

  fstat(fd: number, out: HostBuffer): number {
    return this.#done(this.#io.stats.fstat(fd, out));
  }

  readlink(path: string, buf: HostBuffer): number {
    return this.#done(this.#io.stats.readlink(path, buf));
  }

  read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const looks = this.#looks;
    looks?.begin(false);
    const n = this.#io.read(fd, buf, offset, count);
    looks?.end(n, n > 0 ? buf.u8.slice(offset, offset + n) : []);
    return this.#done(n);
  }

  write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    return this.#done(this.#io.write(fd, buf, offset, count));
  }

  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.#done(this.#files.pread(fd, buf, offset, count, position));
  }

  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number {
    return this.#done(this.#files.pwrite(fd, buf, offset, count, position));
  }

  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number {
    return this.#done(this.#files.preadv(fd, bufs, position));
  }

  fsync(fd: number): number {
    return this.#done(this.#files.fsync(fd));
  }

  fdatasync(fd: number): number {
    return this.#done(this.#files.fsync(fd));
  }

  close(fd: number): number {
    return this.#done(this.#io.close(fd));
  }

  fcntl(fd: number, cmd: number, arg: number): number {
    return this.#done(this.#io.fcntl(fd, cmd, arg));
  }

  /** There are no terminals. */
  isatty(fd: number): boolean {
    return this.#done(this.#io.notATerminal(fd)) >= 0;
  }

  onClose(listener: (fd: number) => void): Disposable {
    return this.#io.onClose(listener);
  }

  // Signals

  signalfd(fd: number, signals: readonly number[], flags: number): number {
    return this.#done(this.#signals.signalfd(this.#io.fds, fd, signals, flags));
  }

  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    return this.#done(this.#signals.sigaction(signo, act, old));
  }

  /** All handlers here are the host's own, which does nothing. */
  callHandler(signo: number, handler: number): number {
    const known = isSignal(signo) && handler === HANDLER_ADDRESS;
    return this.#done(known ? 0 : -EINVAL);
  }

  blockSignals(signals: readonly number[]): SignalMaskToken | number {
    this.#done(0);
    return this.#signals.block(signals);
  }

  restoreSignalMask(token: SignalMaskToken): number {
    return this.#done(this.#signals.restore(token));
  }

  openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    checkFunction(tell, 'openSignalPipe: tell');
    return SimSignalPipe.open(this, tell);
  }

  blockedSignals(): number[] {
    this.#quiet(0);
    return this.#signals.blocked();
  }

  pendingSignals(): number[] {
    this.#quiet(0);
    return this.#signals.pending();
  }

  raise(signo: number): number {
    return this.#done(this.#calls.raise(signo));
  }

  kill(pid: number, signo: number): number {
    return this.#done(this.#calls.kill(pid, signo));
  }

  sigqueue(pid: number, signo: number, value: number): number {
    return this.#done(this.#calls.sigqueue(pid, signo, value));
  }

  tgkill(tgid: number, tid: number, signo: number): number {
    return this.#done(this.#calls.tgkill(tgid, tid, signo));
  }

  // Processes

  getpid(): number {
    return this.#quiet(this.#processes.self.pid);
  }

  getppid(): number {
    return this.#quiet(this.#processes.self.parent!.pid);
  }

  gettid(): number {
    return this.#quiet(this.#threads.current.tid);
  }

  spawn(request: SpawnRequest): number {
    const taken = takeSpawnRequest(request);
    const program = this.#programs.get(taken.file);
    // The only programs are those that program() made; other files of this kernel cannot be
    // executed.
    const error = this.#io.files.find(taken.file) !== undefined ? -EACCES : -ENOENT;
    return this.#done(this.#processes.spawn(program, taken, error));
  }

  spawnAll(requests: readonly SpawnRequest[]): number[] {
    checkArray(requests, 'spawnAll: the requests', 'an array of { file, argv }');
    return requests.map((request) => this.spawn(request));
  }

  waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    if (!isRecord(out)) return this.#done(-EFAULT);
    if (!isInt(idtype) || !isInt(id)) return this.#done(-EINVAL);
    if (!Number.isInteger(options)) return this.#done(-EINVAL);
    const looks = this.#looks;
    looks?.begin(false);
    const ret = this.#waiter.waitid(idtype, id, options, out);
    looks?.end(ret, [out.pid, out.code, out.status]);
    return this.#done(ret);
  }

  pidfdOpen(pid: number, flags: number): number {
    return this.#done(areInts(pid, flags) ? this.#calls.pidfdOpen(pid, flags) : -EINVAL);
  }

  prctl(option: number, arg: number): number {
    return this.#done(areInts(option, arg) ? this.#calls.prctl(option, arg) : -EINVAL);
  }

  children(): number[] {
    this.#quiet(0);
    return [...this.#processes.self.children.keys()].sort((a, b) => a - b);
  }

  getpgid(pid: number): number {
    return this.#done(isInt(pid) ? this.#calls.getpgid(pid) : -EINVAL);
  }

  setpgid(pid: number, pgid: number): number {
    return this.#done(areInts(pid, pgid) ? this.#calls.setpgid(pid, pgid) : -EINVAL);
  }

  tcgetpgrp(fd: number): number {
    return this.#done(this.#io.notATerminal(fd));
  }

  tcsetpgrp(fd: number, _pgid: number): number {
    return this.#done(this.#io.notATerminal(fd));
  }

  /** Refused: time here is not Node's. */
  openNodeLoop(): NodeLoop {
    throw new HostError(-ENOSYS, 'embedNode (on the simulated host; use runAsync)');
  }

  openPollRing(entries: number): PollRing | number {
    const ring = this.openRing(entries);
    if (typeof ring === 'number') return ring;
    const { fd, memory } = ring;
    const submit = (queue: readonly Submission[]): number => this.submitRing(fd, queue);
    return new UserRing(fd, entries, memory, { submit, close: () => this.#io.fds.close(fd) });
  }

  /**
   * io_uring_setup(2): the descriptor and the memory of a ring, or -errno.
   * @internal
   */
  openRing(entries: number): { fd: number; memory: SharedArrayBuffer } | number {
    if (!isInt(entries) || entries < 1) return -EINVAL;
    const ring = SimPollRing.open(this.#io.fds, entries);
    return typeof ring === 'number' ? ring : { fd: ring.fd, memory: ring.memory };
  }

  /**
   * io_uring_enter(2) without a wait. Returns 0 or -errno.
   * @internal
   */
  submitRing(fd: number, queue: readonly Submission[]): number {
    const ring = SimPollRing.of(this.#io.fds, fd);
    return this.#done(typeof ring === 'number' ? ring : ring.submit(queue));
  }

  openNodeCall(): NodeCall | null {
    return null;
  }

  /** Time passes only in calls that block, so the round is called at once. */
  openNodeWait(round: () => void): NodeWait {
    checkFunction(round, 'openNodeWait: the round');
    const wait = new BlockingNodeWait(round, (error) => {
      const isEndless = error instanceof SimDeadlockError;
      if (isEndless) this.#endless = wait;
      return isEndless;
    });
    return wait;
  }

  /** Threads that could run go on until they sleep or end. The others' calls throw SimThreadEnded. */
  dispose(): void {
    if (!this.#threads.several) return;
    this.#threads.settle();
    for (const { runner } of [...this.#threads.threads]) runner?.kill();
  }
}
