/**
 * The kernel as the loop sees it.
 *
 * Every call returns what the kernel returns: a value >= 0, or -errno
 * (errno.ts has the numbers and their names). So it does for an argument of the wrong
 * type: EBADF for a descriptor, EFAULT for what is to be filled, EINVAL for all else, a
 * buffer that this host has not made among them. Nothing here throws, except where
 * a doc comment says so, and nothing on the loop's path (clockNs, poll, epoll*,
 * read, write, sigaction, waitid) allocates. Times are in nanoseconds, as
 * numbers; an absent or endless timeout is -1.
 *
 * A host is also a lens: one that wraps another (faults, a recording) is a Host
 * too. tests/host-contract holds every host against the same cases.
 */

/** Gives back what a registration took. Calling it again does nothing. */
export interface Disposable {
  dispose(): void;
}

/**
 * Memory that the kernel and JavaScript both see. It is never moved, and lives
 * as long as the object. The views all begin at its first byte.
 */
export interface HostBuffer {
  readonly size: number;
  /** Where it stands in this process's memory; 0 where the host has no real memory. */
  readonly address: number;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;
}

/** What sigaction(2) takes and fills. Reused by the caller, so that a query allocates nothing. */
export interface SigAction {
  /** SIG_DFL, SIG_IGN, or the address of a function (see Host.handlerAddress). */
  handler: number;
  /** SA_* flags, as an unsigned number. */
  flags: number;
  /** sa_mask: bit n - 1 of the pair is signal n; lo has signals 1 to 32. */
  maskLo: number;
  maskHi: number;
}

/** What waitid(2) and its rusage fill. */
export interface WaitResult {
  /** 0 where WNOHANG found nothing. */
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
  /** A path, or a name that is looked for in the child's PATH as execvp does. */
  readonly file: string;
  /** argv, argv[0] included. */
  readonly argv: readonly string[];
  /** `NAME=value` strings; this process's own environment where absent. */
  readonly env?: readonly string[] | undefined;
  /** Working directory; this process's own where absent. */
  readonly cwd?: string | undefined;
  /** The child's descriptor i is ours number fds[i]; 0, 1 and 2 are inherited where absent. */
  readonly fds?: readonly number[] | undefined;
  /** Descriptors from fds.length on that the child keeps, though they are close-on-exec here. */
  readonly keepFds?: readonly number[] | undefined;
  /** Process group to join; 0 makes a new one, led by the child. */
  readonly pgroup?: number | undefined;
  /** Starts a session of its own. */
  readonly setsid?: boolean | undefined;
  /** A terminal of ours whose foreground group the child's group becomes before exec. */
  readonly foregroundTty?: number | undefined;
}

/** What a whole process's signal mask was, so that restoreSignalMask can put it back. */
export interface SignalMaskToken {
  readonly signals: readonly number[];
}

/** Signals as events of a descriptor, for processes whose threads cannot be masked. See Host.openSignalPipe. */
export interface SignalPipe extends Disposable {
  /** Readable while a signal is there that drain would tell. Never read it. */
  readonly fd: number;
  /**
   * Handles a signal: sigaction(2) with a handler that the host has for it, and
   * these SA_* flags; again, to change the flags. Returns 0 or -errno: EINVAL for
   * SIGKILL, SIGSTOP, and what is no signal, EBADF after dispose.
   */
  add(signo: number, flags: number): number;
  /** Handles it no more: SIG_DFL, unless others in this process handle it too. What came and was not told is dropped. */
  remove(signo: number): void;
  /** Tells every signal that has come. Never blocks. */
  drain(): void;
}

export interface Host {
  /** What the scenario language calls it. */
  readonly kind: 'linux' | 'sim';
  /** What a person sees: the kernel and its release, or the simulator. */
  readonly description: string;

  // Memory

  /** Takes memory of the given size, zeroed. Throws RangeError where there is none, or bytes are no size. */
  alloc(bytes: number): HostBuffer;

  // Clocks

  /** clock_gettime(2) of CLOCK_REALTIME or CLOCK_MONOTONIC, in ns. */
  clockNs(clock: number): number;

  // Waiting

  /**
   * ppoll(2) over nfds struct pollfd that stand in fds (two words each: fd,
   * events | revents << 16), with no signal mask. timeoutNs -1 waits for ever.
   * Returns how many have revents; -EINTR where a signal came; -EINVAL where fds has no room
   * for so many.
   */
  poll(fds: HostBuffer, nfds: number, timeoutNs: number): number;
  epollCreate1(flags: number): number;
  /** events are EPOLL* bits; token is the 32-bit word that epollWait gives back with the fd. */
  epollCtl(epfd: number, op: number, fd: number, events: number, token: number): number;
  /**
   * epoll_pwait2(2), or epoll_wait (rounded up to whole ms) where the kernel has
   * none. Records are epollStride 32-bit words each: events first, then the fd
   * at word epollDataWord, then the token.
   */
  epollWait(epfd: number, events: HostBuffer, maxEvents: number, timeoutNs: number): number;
  readonly epollStride: number;
  readonly epollDataWord: number;

  // Descriptors

  eventfd(initval: number, flags: number): number;
  /** out[0] is the read end, out[1] the write end. */
  pipe2(out: number[], flags: number): number;
  socketpair(domain: number, type: number, out: number[]): number;
  /** open(2); used for regular files and /dev. */
  open(path: string, flags: number, mode: number): number;
  /** read(2) into buf from offset on. Returns -EINVAL where count bytes have no room there. */
  read(fd: number, buf: HostBuffer, offset: number, count: number): number;
  /** write(2) of what stands in buf from offset on. Returns -EINVAL where that is not count bytes. */
  write(fd: number, buf: HostBuffer, offset: number, count: number): number;
  close(fd: number): number;
  /** fcntl(2), of the commands that take a number, and no address; -EINVAL for the others. */
  fcntl(fd: number, cmd: number, arg: number): number;
  isatty(fd: number): boolean;
  /**
   * Tells of every descriptor that is closed through this host, before it is.
   * A monitor on epoll needs it: epoll forgets a closed fd in silence, where
   * poll(2) reports POLLNVAL.
   */
  onClose(listener: (fd: number) => void): Disposable;

  // Signals

  /** signalfd(2): fd -1 makes one, another changes its mask. */
  signalfd(fd: number, signals: readonly number[], flags: number): number;
  /**
   * sigaction(2): fills old where given, sets act where given. With both null it
   * only checks the number. -EINVAL for a handler that is neither SIG_DFL, SIG_IGN,
   * handlerAddress, nor one that `old` has told of for this signal.
   */
  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number;
  /**
   * A function of this process that does nothing: the handler to install for a
   * signal that JavaScript handles, so that the kernel counts it as handled.
   */
  readonly handlerAddress: number;
  /**
   * Blocks signals in every thread of this process, those started later
   * included, and reads the masks back until all agree. Returns a token, or
   * -ENOSYS where this machine has no way to do so, or -EAGAIN where a thread
   * did not take it, or no real-time signal would be left to undo it with;
   * nothing is changed then. SIGKILL and SIGSTOP are left out in silence.
   */
  blockSignals(signals: readonly number[]): SignalMaskToken | number;
  /** Puts back what blockSignals changed, in every thread. */
  restoreSignalMask(token: SignalMaskToken): number;
  /**
   * Lets signals come without a mask, whichever thread the kernel gives them to.
   * tell is called within drain, and may be within the first add, once for each
   * time that a handler ran, with the number: who sent it, and what value, is
   * lost. A wait may return -EINTR when one comes. Returns -ENOSYS where this
   * process has no way to do so, or why there are no descriptors.
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
   * As posix_spawn(3) with an empty mask and default dispositions. Returns the pid;
   * -ENOENT where the program is not found, -EACCES where it is not executable,
   * -ENOTDIR where the working directory cannot be entered, and for nothing else.
   */
  spawn(request: SpawnRequest): number;
  /**
   * Each as spawn, in their order: their pids, or -errno of those that failed, which
   * hold up none of the others. Where it can be, the next are made while the last are
   * still loading their programs.
   */
  spawnAll(requests: readonly SpawnRequest[]): number[];
  /** waitid(2) with rusage. Returns 0, out.pid 0 where WNOHANG found none; -ECHILD where there is none to wait for. */
  waitid(idtype: number, id: number, options: number, out: WaitResult): number;
  pidfdOpen(pid: number, flags: number): number;
  /** prctl(2) of PR_SET_ and PR_GET_CHILD_SUBREAPER and PDEATHSIG; -EINVAL for others. An option that fills an int (PR_GET_CHILD_SUBREAPER, PR_GET_PDEATHSIG) returns it, and arg is 0. */
  prctl(option: number, arg: number): number;
  /** Direct children that live or are zombies, ascending. */
  children(): number[];
  /** getpgid(2); pid 0 is this process. */
  getpgid(pid: number): number;
  setpgid(pid: number, pgid: number): number;
  /** Foreground process group of a terminal. */
  tcgetpgrp(fd: number): number;
  tcsetpgrp(fd: number, pgid: number): number;

  /** Releases what the host itself holds (memory, pages of code). Nothing may be called after. */
  dispose(): void;
}

/** A WaitResult with nothing in it. */
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
