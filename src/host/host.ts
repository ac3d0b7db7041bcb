/**
 * The kernel as the loop sees it.
 *
 * Every call returns what the kernel returns: a value >= 0, or -errno (errno.ts has the
 * numbers and their names). For an argument of the wrong type it returns -EBADF if that is a
 * descriptor, -EFAULT if it is to be filled, and -EINVAL otherwise, also for a buffer that this
 * host has not made. Nothing here throws unless its doc comment says so, and nothing on the
 * loop's path (clockNs, poll, epoll*, read, write, sigaction, waitid) allocates. Times are in
 * nanoseconds, as numbers; an absent or endless timeout is -1.
 *
 * Lenses are hosts too: a Host that wraps another one, to inject faults or to record.
 * tests/host-contract tests all hosts with the same cases.
 */

import type { Belongings } from './belongings.ts';
import type { NodeCall, NodeLoop, NodeWait } from './node-wait.ts';
import type { PollRing } from './poll-ring.ts';

/** Gives back the resources of a registration. Calling it again does nothing. */
export interface Disposable {
  dispose(): void;
}

/**
 * Memory that the kernel and JavaScript share. It never moves, and lives as long as the
 * object. All views begin at its first byte.
 */
export interface HostBuffer {
  readonly size: number;
  /** Address in this process's memory; 0 if the host has no real memory. */
  readonly address: number;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
}

/** Input and output of sigaction(2). The caller reuses it, so that a query allocates nothing. */
export interface SigAction {
  /** SIG_DFL, SIG_IGN, or the address of a function (see Host.handlerAddress). */
  handler: number;
  /** SA_* flags, as an unsigned number. */
  flags: number;
  /** sa_mask: bit n - 1 of the pair is signal n; lo has signals 1 to 32. */
  maskLo: number;
  maskHi: number;
}

/** Output of waitid(2), with its rusage. */
export interface WaitResult {
  /** The child's pid; 0 if WNOHANG found nothing. */
  pid: number;
  uid: number;
  /** CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_STOPPED, CLD_CONTINUED. */
  code: number;
  /** Exit status, or the signal. */
  status: number;
  utimeNs: number;
  stimeNs: number;
  maxrssKiB: number;
  minflt: number;
  majflt: number;
  nvcsw: number;
  nivcsw: number;
}

/** A program to start, as posix_spawn(3) does. */
export interface SpawnRequest {
  /** A path, or a name to search for in the child's PATH, as execvp does. */
  readonly file: string;
  /** argv, argv[0] included. */
  readonly argv: readonly string[];
  /**
   * `NAME=value` strings, or an object like process.env, whose undefined values are left out; by
   * default this process's own environment.
   */
  readonly env?: readonly string[] | Readonly<Record<string, string | undefined>> | undefined;
  /** Working directory; by default this process's own. */
  readonly cwd?: string | undefined;
  /** The child's descriptor i is our fds[i]. By default it inherits 0, 1 and 2. */
  readonly fds?: readonly number[] | undefined;
  /** Descriptors from fds.length on that the child keeps, even if they are close-on-exec here. */
  readonly keepFds?: readonly number[] | undefined;
  /** Process group to join; 0 makes a new one, led by the child. */
  readonly pgroup?: number | undefined;
  /** Whether it starts a new session. */
  readonly setsid?: boolean | undefined;
  /** A terminal of ours; before exec the child's group becomes its foreground group. */
  readonly foregroundTty?: number | undefined;
  /**
   * The signal that the child gets when the thread that starts it ends, by
   * prctl(PR_SET_PDEATHSIG); a program that is set-user-ID, or has capabilities of its
   * own, clears it. Returns -ENOSYS if the host cannot set it. It does nothing on the simulated
   * host, whose process does not die while it runs.
   */
  readonly pdeathsig?: number | undefined;
  /**
   * The child's user and group: setuid(2) and setgid(2), after its descriptors and directory are
   * ready. Returns -EPERM without the privilege, -ENOSYS if the host cannot set them.
   */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /**
   * Its supplementary groups: setgroups(2). By default our own; none if uid or gid is given and we
   * are root.
   */
  readonly groups?: readonly number[] | undefined;
  /** Signals that the program ignores at its start (SIG_IGN). -ENOSYS if the host cannot do it. */
  readonly ignoreSignals?: readonly number[] | undefined;
}

/** The signal mask that every thread had, for restoreSignalMask to put back. */
export interface SignalMaskToken {
  readonly signals: readonly number[];
}

/**
 * Signals as events of a descriptor, for processes whose threads cannot be masked. See
 * Host.openSignalPipe.
 */
export interface SignalPipe extends Disposable {
  /** Readable while drain has a signal to tell. Never read it. */
  readonly fd: number;
  /**
   * Handles a signal: sigaction(2) with the host's own handler and these SA_* flags. Call it
   * again to change the flags. Returns 0 or -errno: EINVAL for SIGKILL, SIGSTOP, and numbers
   * that are not signals; EBADF after dispose.
   */
  add(signo: number, flags: number): number;
  /**
   * Stops handling a signal: SIG_DFL, unless others in this process handle it too. Signals
   * that have come but were not told yet are dropped.
   */
  remove(signo: number): void;
  /** Tells every signal that has come. Never blocks. */
  drain(): void;
}

/** A host for another thread, as data that can be sent there. Each host has more in it. */
export interface ThreadTicket {
  readonly kind: 'linux' | 'sim' | 'recorded' | 'replayed';
}

export interface NewThread {
  readonly ticket: ThreadTicket;
  /** The objects in the ticket that leave this thread when it is sent. */
  readonly transfer: readonly object[];
}

export interface Host {
  /** Objects of the layers above, of which this host has one each. */
  readonly belongings: Belongings;
  /** Its name in the scenario language. */
  readonly kind: 'linux' | 'sim';
  /** Its name for people: the kernel and its release, or the simulator. */
  readonly description: string;

  // Memory

  /**
   * Allocates zeroed memory.
   * @throws RangeError if there is none left, or if bytes is not a size
   */
  alloc(bytes: number): HostBuffer;
  /** alloc of memory that other threads can use: send them `buffer.u8.buffer`, and see attach. */
  allocShared(bytes: number): HostBuffer;
  /**
   * The buffer that another thread's allocShared has made.
   * @param memory its `u8.buffer`
   * @throws TypeError or RangeError if it cannot be one of that size
   */
  attach(memory: SharedArrayBuffer, bytes: number): HostBuffer;

  // Clocks

  /** clock_gettime(2) of CLOCK_REALTIME or CLOCK_MONOTONIC, ns. */
  clockNs(clock: number): number;
  /**
   * The part of the time that the last clockNs left out, ns: a number holds a time since 1970
   * to 256 ns only. The exact time is the sum of the two.
   */
  readonly clockRestNs: number;

  // Waiting

  /**
   * ppoll(2) on the nfds struct pollfd in fds (two words each: fd, events
   * revents << 16), with no signal mask. timeoutNs -1 waits for ever. Returns the number of
   * entries with revents; -EINTR if a signal came; -EINVAL if fds is too small.
   */
  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number;
  epollCreate1(flags: number): number;
  /**
   * epoll_ctl(2).
   * @param events EPOLL* bits
   * @param token 32-bit word that epollWait gives back with the fd
   */
  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number;
  /**
   * epoll_pwait2(2), or epoll_wait (rounded up to whole ms) if the kernel does not have it.
   * Records are epollStride 32-bit words each: first the events, then the fd at word
   * epollDataWord, then the token.
   */
  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number;
  readonly epollStride: number;
  readonly epollDataWord: number;

  // Threads

  /**
   * Sleeps while words[index] is `expected`, until futexWake wakes this thread: futex(2) with
   * FUTEX_WAIT. The words are shared memory (an Int32Array of a SharedArrayBuffer). Returns 0 if
   * woken; -EAGAIN at once if the word has another value; -ETIMEDOUT; -EDEADLK if the host knows
   * that nothing can ever end it. A signal does not end it. Atomics.notify wakes it up to 10 ms later.
   */
  futexWait(words: Int32Array, index: number, expected: number, timeoutNs: number): number;
  /**
   * Wakes up to `count` threads that sleep on words[index], those that came first: futex(2) with
   * FUTEX_WAKE. Returns how many it woke.
   */
  futexWake(words: Int32Array, index: number, count: number): number;
  /** sched_yield(2): lets other threads go first. */
  schedYield(): number;
  /**
   * Prepares a thread: its host is made there of the ticket. Returns -errno if the host can have no
   * more threads.
   * @param name for people
   */
  newThread(name: string): NewThread | number;

  // Descriptors

  eventfd(initval: number, flags: number): number;
  /** pipe2(2): out[0] is the read end, out[1] the write end. */
  pipe2(out: number[], flags: number): number;
  socketpair(domain: number, type: number, out: number[]): number;
  /** socket(2). */
  socket(domain: number, type: number, protocol: number): number;
  /**
   * bind(2).
   * @param address a struct sockaddr in its first bytes; putSockaddr writes one
   * @param length bytes of it
   */
  bind(fd: number, address: HostBuffer, length: number): number;
  /** listen(2). */
  listen(fd: number, backlog: number): number;
  /** accept4(2) without the peer's address: getpeername has it, for those who want it. */
  accept4(fd: number, flags: number): number;
  /**
   * connect(2). A non-blocking TCP socket returns -EINPROGRESS; once it is writable, SO_ERROR has
   * the outcome. A non-blocking unix socket returns -EAGAIN while the other's backlog is full.
   */
  connect(fd: number, address: HostBuffer, length: number): number;
  /** shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR. */
  shutdown(fd: number, how: number): number;
  /**
   * getsockname(2): fills address, as far as it goes. Returns the length of the whole address, for
   * takeSockaddr.
   */
  getsockname(fd: number, address: HostBuffer): number;
  /** getpeername(2), as getsockname. */
  getpeername(fd: number, address: HostBuffer): number;
  /** getsockopt(2): fills value, as far as it goes. Returns the length of the option. */
  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number;
  /** setsockopt(2), of the first `length` bytes of value. */
  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number;
  /** open(2); used for regular files and /dev. */
  open(path: string, flags: number, mode: number): number;
  /** unlink(2). */
  unlink(path: string): number;
  /**
   * stat(2): fills out, of at least STAT_SIZE bytes, for takeStat. Returns -EINVAL if it is too
   * small. Not for the loop's path: it may allocate.
   */
  stat(path: string, out: HostBuffer): number;
  /** fstat(2), as stat. */
  fstat(fd: number, out: HostBuffer): number;
  /**
   * readlink(2): fills buf, as far as it goes. Returns the length of what it has put there. The
   * simulated host has only the links of /proc/self/fd.
   */
  readlink(path: string, buf: HostBuffer): number;
  /** read(2) into buf from offset on. Returns -EINVAL if count bytes do not fit there. */
  read(fd: number, buf: HostBuffer, offset: number, count: number): number;
  /** write(2) of buf from offset on. Returns -EINVAL if there are not count bytes. */
  write(fd: number, buf: HostBuffer, offset: number, count: number): number;
  /**
   * pread(2): read at a position of the file, and leave its own. -ESPIPE if the file has none.
   */
  pread(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number;
  /** pwrite(2). */
  pwrite(fd: number, buf: HostBuffer, offset: number, count: number, position: number): number;
  /** preadv(2): fills whole buffers, one after the other. */
  preadv(fd: number, bufs: readonly HostBuffer[], position: number): number;
  fsync(fd: number): number;
  fdatasync(fd: number): number;
  close(fd: number): number;
  /** fcntl(2) with a command that takes a number; -EINVAL for those that take an address. */
  fcntl(fd: number, cmd: number, arg: number): number;
  isatty(fd: number): boolean;
  /**
   * Calls the listener before a descriptor is closed through this host. Monitors on epoll need
   * it: epoll silently forgets a closed fd, while poll(2) reports POLLNVAL.
   */
  onClose(listener: (fd: number) => void): Disposable;

  // Signals

  /** signalfd(2): fd -1 makes a new one, any other gets a new mask. */
  signalfd(fd: number, signals: readonly number[], flags: number): number;
  /**
   * sigaction(2): fills old and installs act, if they are not null. With both null it only
   * checks the number. -EINVAL for a handler other than SIG_DFL, SIG_IGN, handlerAddress, and
   * those that `old` has named for this signal.
   */
  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number;
  /**
   * A function of this process that does nothing. Install it for a signal that JavaScript
   * handles, so that the kernel counts the signal as handled.
   */
  readonly handlerAddress: number;
  /**
   * Whether a signal that blockSignals has blocked stays so while Node's own loop waits. Bun's waits with
   * an empty mask: a signal that comes then is delivered, and no signalfd has it.
   */
  readonly keepsBlocked: boolean;
  /**
   * Calls a handler of somebody else, which `sigaction` has named for this signal, as the kernel
   * would: with all signals blocked. Returns 0; -EINVAL for any other handler.
   */
  callHandler(signo: number, handler: number): number;
  /**
   * Blocks signals in every thread of this process, and in those started later, and reads the
   * masks back until all agree. SIGKILL and SIGSTOP are silently left out. Returns a token;
   * or, with nothing changed, -ENOSYS if this machine has no way to do it, or -EAGAIN if a
   * thread did not take the mask, or no real-time signal would be left for undoing it.
   *
   * With SIGCHLD among them: execSync and the like of node:child_process, which wait for SIGCHLD,
   * unblock it in this thread while they wait, and raise it when they are done.
   */
  blockSignals(signals: readonly number[]): SignalMaskToken | number;
  /** Restores in every thread the mask that blockSignals changed. */
  restoreSignalMask(token: SignalMaskToken): number;
  /**
   * Receives signals without a mask, in whichever thread the kernel delivers them. tell is
   * called within drain, and possibly within the first add: once for each run of a handler,
   * with the signal number. Sender and value are lost. A wait may return -EINTR when a signal
   * comes. Returns -ENOSYS if this process has no way to do it (an unknown machine), or -errno if it
   * gets no descriptors or code.
   */
  openSignalPipe(tell: (signo: number) => void): SignalPipe | number;
  /** Signals blocked in the calling thread, ascending. */
  blockedSignals(): number[];
  /** Signals pending for the calling thread or the process, ascending: sigpending(2). */
  pendingSignals(): number[];
  raise(signo: number): number;
  kill(pid: number, signo: number): number;
  sigqueue(pid: number, signo: number, value: number): number;
  tgkill(tgid: number, tid: number, signo: number): number;

  // Processes

  getpid(): number;
  getppid(): number;
  gettid(): number;
  /**
   * posix_spawn(3) with an empty mask and default dispositions, except ignoreSignals. Returns
   * the pid; -ENOENT only if the program is not found, -EACCES only if it is not executable,
   * -ENOTDIR only if the working directory cannot be entered.
   */
  spawn(request: SpawnRequest): number;
  /**
   * Spawns each request, in order. Returns their pids, or -errno for those that failed, which
   * do not hold up the others. If possible, the next children are made while the last ones are
   * still loading their programs.
   */
  spawnAll(requests: readonly SpawnRequest[]): number[];
  /**
   * waitid(2) with rusage. Returns 0, with out.pid 0 if WNOHANG found none; -ECHILD if there
   * is no child to wait for.
   */
  waitid(idtype: number, id: number, options: number, out: WaitResult): number;
  pidfdOpen(pid: number, flags: number): number;
  /**
   * prctl(2): sets or gets CHILD_SUBREAPER or PDEATHSIG; -EINVAL for any other option. To get
   * one, pass 0 as arg: the int is returned.
   */
  prctl(option: number, arg: number): number;
  /** Direct children that live or are zombies, ascending. */
  children(): number[];
  /** getpgid(2); pid 0 is this process. */
  getpgid(pid: number): number;
  setpgid(pid: number, pgid: number): number;
  /** Foreground process group of a terminal. */
  tcgetpgrp(fd: number): number;
  tcsetpgrp(fd: number, pgid: number): number;

  /**
   * Waits for a descriptor while Node's own loop goes on, and calls round from it. Uses libuv; a
   * thread of Node's pool in programs without it (Bun, Deno).
   * @throws HostError if no descriptors are left
   */
  openNodeWait(round: () => void): NodeWait;
  /**
   * Node's own loop, to be run by ours. Main thread, x86-64, and Node itself.
   * @throws HostError (ENOSYS) on others; its message says why
   */
  openNodeLoop(): NodeLoop;
  /**
   * For a worker thread that sleeps in a call of this host: Node cannot end the thread before that
   * call returns. Null on the main thread, in programs without libuv, and on the simulated host.
   */
  openNodeCall(): NodeCall | null;

  /**
   * io_uring_setup(2) of a ring for poll requests, with that many entries; -EPERM or -ENOSYS if it is
   * forbidden or not there, as in many containers, and in threads of the simulated kernel.
   */
  openPollRing(entries: number): PollRing | number;

  /** Releases the host's own resources (memory, pages of code). No call may follow. */
  dispose(): void;
}

/** An empty WaitResult. */
export function newWaitResult(): WaitResult {
  return {
    pid: 0,
    uid: 0,
    code: 0,
    status: 0,
    utimeNs: 0,
    stimeNs: 0,
    maxrssKiB: 0,
    minflt: 0,
    majflt: 0,
    nvcsw: 0,
    nivcsw: 0,
  };
}

/** A SigAction that says SIG_DFL. */
export function newSigAction(): SigAction {
  return { handler: 0, flags: 0, maskLo: 0, maskHi: 0 };
}
