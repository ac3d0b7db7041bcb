import { isMainThread } from 'node:worker_threads';
import {
  F_SETFD,
  NSIG,
  P_PID,
  PR_SET_PDEATHSIG,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../constants.ts';
import { EINTR, EINVAL, ENOENT, ENOSYS, ENOTDIR, EPERM, ETIMEDOUT } from '../errno.ts';
import { newWaitResult } from '../host.ts';
import type { ChildIds, ChildSteps } from './child-steps.ts';
import { addressOf, c, lazy, result, SYS } from './libc.ts';
import { CALL_BYTES, MACHINE, type Machine } from './machine/child-code.ts';
import { CodePage } from './machine/code-page.ts';
import { LinuxBuffer, putTimespec, putWord64 } from './memory.ts';
import { SIGSET_BYTES } from './sigset.ts';
import { StringVector } from './string-vector.ts';
import { LinuxWait } from './wait.ts';

type A = number;
const clone = lazy<[A, A, A, A, A, A, A]>(
  'int clone(uintptr_t, uintptr_t, int, uintptr_t, uintptr_t, uintptr_t, uintptr_t)',
);

const CLONE_VM = 0x100;
/** The parent sleeps until the child leaves its memory. */
const CLONE_VFORK = 0x4000;
/**
 * When the child leaves our memory, the kernel writes 0 to a word of ours and wakes its waiters.
 */
const CLONE_CHILD_CLEARTID = 0x200000;
const FUTEX_WAIT = 0;
const LIVES = 1;
/** How long a child may take to start its program before it is checked, ns. */
const LATE_NS = 100e6;

/**
 * Whether this kernel honours CLONE_CHILD_CLEARTID; undefined until a first child, made with
 * CLONE_VFORK too, has shown it. Some do not: gVisor has not cleared the word at an execve, and C
 * libraries refuse the flag.
 */
let tells: boolean | undefined;
const SIG_SETMASK = 2;
const MOST_TRIES = 8;
const TIOCSPGRP = 0x5410;
/** Bytes of the kernel's sigset_t and struct sigaction. */
const KERNEL_SIGSET = 8;
const KERNEL_SIGACTION = 32;
const STACK_BYTES = 4096;

// A call of the list, in 32-bit words.
const CALL = CALL_BYTES / 4;
const RET = 10;
const WANTED = 12;
/** Two for pdeathsig, setsid, setpgid, chdir, two for tcsetpgrp, three ids, the mask, and execve. */
const OTHER_CALLS = 12;

/**
 * The code that children run. Returns -ENOSYS if there is none for this machine, or the errno that
 * forbids its page.
 */
export function childPage(): CodePage | number {
  return CodePage.make(MACHINE?.code);
}

/**
 * Starts children with clone(2), much like vfork: until its execve the child runs in our memory, on
 * a stack of its own. All signals are blocked in it, so that no handler of ours runs there, and
 * each gets its default action before they are unblocked. posix_spawn(3) does more (it maps a stack
 * for each child, and reads every signal's disposition before setting it), which takes 30 µs; and
 * this way we need not sleep until the execve.
 */
export class CloneSteps implements ChildSteps {
  readonly #code: CodePage;
  readonly #NR: Machine['NR'];
  readonly #stack = new LinuxBuffer(STACK_BYTES);
  readonly #defaultAction = new LinuxBuffer(KERNEL_SIGACTION);
  readonly #ignoreAction = new LinuxBuffer(KERNEL_SIGACTION);
  readonly #none = new LinuxBuffer(SIGSET_BYTES);
  readonly #all = new LinuxBuffer(SIGSET_BYTES);
  readonly #old = new LinuxBuffer(SIGSET_BYTES);
  readonly #path = new StringVector();
  readonly #dir = new StringVector();
  #list = new LinuxBuffer(128 * CALL_BYTES);
  #calls = 0;
  /** The number of calls that the launched child was given. */
  #launched = 0;
  /** The index of the first call after those that every child makes. */
  readonly #first: number;
  /** The child reads them after launch returns. */
  #groups: Int32Array | undefined;
  #chdirCall = -1;
  #deathCall = -1;
  /** LIVES until the child has left our memory. */
  readonly #child = new LinuxBuffer(8);
  #pid = 0;
  readonly #late = new LinuxBuffer(16);
  readonly #wait = new LinuxWait();
  readonly #changed = newWaitResult();

  /** @param code childPage's code, which may be shared */
  constructor(code: CodePage) {
    this.#code = code;
    this.#NR = MACHINE!.NR;
    const NR = this.#NR;
    this.#all.u8.fill(0xff);
    this.#ignoreAction.i32[0] = SIG_IGN;
    putTimespec(this.#late.i32, 0, LATE_NS);
    // execve resets handled signals, but keeps ignored ones.
    for (let signo = 1; signo <= NSIG; signo++) {
      if (signo === SIGKILL || signo === SIGSTOP) continue;
      this.#call(NR.rt_sigaction, signo, this.#defaultAction.address, 0, KERNEL_SIGSET);
    }
    this.#first = this.#calls;
  }

  /** Keeps the code: it is shared. */
  dispose(): void {}

  begin(calls: number): void {
    this.#calls = this.#first;
    this.#chdirCall = -1;
    this.#deathCall = -1;
    const bytes = (this.#first + calls + OTHER_CALLS) * CALL_BYTES;
    if (bytes <= this.#list.size) return;
    const larger = new LinuxBuffer(bytes);
    larger.u8.set(this.#list.u8);
    this.#list = larger;
  }

  pdeathsig(signo: number): void {
    this.#deathCall = this.#calls;
    this.#call(this.#NR.prctl, PR_SET_PDEATHSIG, signo);
    // We may have died before that: the child then has another parent, and no signal would come.
    this.#list.i32[this.#call(this.#NR.getppid) + WANTED] = c.getpid();
  }

  ignore(signo: number): void {
    this.#call(this.#NR.rt_sigaction, signo, this.#ignoreAction.address, 0, KERNEL_SIGSET);
  }

  setsid(): void {
    this.#call(this.#NR.setsid);
  }

  setpgid(pgid: number): void {
    this.#call(this.#NR.setpgid, 0, pgid);
  }

  dup2(from: number, to: number): void {
    if (from === to) this.#call(this.#NR.fcntl, to, F_SETFD, 0);
    else this.#call(this.#NR.dup3, from, to, 0);
  }

  chdir(path: string): void {
    this.#chdirCall = this.#calls;
    this.#call(this.#NR.chdir, this.#dir.fillOne(path));
  }

  tcsetpgrp(fd: number): void {
    const group = this.#call(this.#NR.getpgid);
    this.#call(this.#NR.ioctl, fd, TIOCSPGRP, this.#list.address + (group + RET) * 4);
  }

  ids({ uid, gid, groups }: ChildIds): void {
    if (groups !== undefined) {
      this.#groups = Int32Array.from([0, ...groups]);
      this.#call(this.#NR.setgroups, groups.length, addressOf(this.#groups.buffer) + 4);
    }
    if (gid !== undefined) this.#call(this.#NR.setgid, gid);
    if (uid !== undefined) this.#call(this.#NR.setuid, uid);
  }

  launch(path: string, argv: number, env: number): number {
    const before = this.#calls;
    this.#call(this.#NR.rt_sigprocmask, SIG_SETMASK, this.#none.address, 0, KERNEL_SIGSET);
    this.#call(this.#NR.execve, this.#path.fillOne(path), argv, env);
    this.#launched = this.#calls;
    this.#calls = before;
    // The system call itself leaves out no signal. Signal 32 among them tells readers of masks that
    // this one is temporary.
    const ret = refused(this.#mask(this.#all.address, this.#old.address));
    if (ret < 0) return ret;
    try {
      this.#pid = this.#clone();
    } finally {
      // With all signals blocked this thread would not hear of any, so a refusal is not accepted.
      for (let tries = 0; this.#mask(this.#old.address, 0) < 0 && tries < MOST_TRIES; tries++);
    }
    // Emulators of the kernel (qemu-user) and filters refuse flags they do not know.
    return this.#pid === -EINVAL || this.#pid === -EPERM ? -ENOSYS : this.#pid;
  }

  #mask(set: number, old: number): number {
    const { rt_sigprocmask } = this.#NR;
    return result(c.syscall(rt_sigprocmask, SIG_SETMASK, set, old, KERNEL_SIGSET, 0, 0));
  }

  #clone(): number {
    const { i32, address } = this.#child;
    const make = (flags: number): number => {
      const [code, stack, list] = [this.#code, this.#stack, this.#list];
      i32[0] = LIVES;
      const top = stack.address + STACK_BYTES;
      return result(clone(code.address, top, flags | SIGCHLD, list.address, 0, 0, address));
    };
    // A worker can be terminated at any time, and its memory goes with it.
    if (isMainThread && tells === true) return make(CLONE_VM | CLONE_CHILD_CLEARTID);
    let pid = -EINVAL;
    if (tells === undefined) {
      pid = make(CLONE_VM | CLONE_VFORK | CLONE_CHILD_CLEARTID);
      // A child that fails has ended, which is reported even by kernels that do not report an
      // execve.
      if (pid > 0 && this.#failure() === 0) tells = i32[0] !== LIVES;
    }
    if (pid === -EINVAL) pid = make(CLONE_VM | CLONE_VFORK);
    i32[0] = 0;
    return pid;
  }

  settle(): number {
    const { i32, address } = this.#child;
    const late = this.#late;
    // Atomic, since the next read is of the child's writes to the list.
    while (Atomics.load(i32, 0) === LIVES) {
      const ret = result(c.syscall(SYS.futex, address, FUTEX_WAIT, LIVES, late.address, 0, 0));
      if (ret === -ETIMEDOUT) this.#continueStopped();
    }
    const failed = this.#failure();
    if (failed < 0) this.#waitid(WEXITED);
    return failed;
  }

  /**
   * A Ctrl-Z may stop the child after it has unblocked all signals, before its program starts: we
   * would wait for ever.
   */
  #continueStopped(): void {
    this.#waitid(WSTOPPED | WNOHANG | WNOWAIT);
    const { pid, status } = this.#changed;
    if (pid !== 0 && [SIGTSTP, SIGTTIN, SIGTTOU].includes(status)) c.kill(pid, SIGCONT);
  }

  #waitid(options: number): void {
    let ret: number;
    do ret = this.#wait.waitid(P_PID, this.#pid, options, this.#changed);
    while (ret === -EINTR);
  }

  /** The error that ended the child before its program started, as -errno; 0 if there was none. */
  #failure(): number {
    const words = this.#list.i32;
    for (let i = this.#first; i < this.#launched; i++) {
      const ret = words[i * CALL + RET]!;
      if (ret >= 0) continue;
      if (i === this.#chdirCall) return -ENOTDIR;
      // A filter's refusal, such as EPERM.
      const isDeath = this.#deathCall >= 0 && (i === this.#deathCall || i === this.#deathCall + 1);
      if (isDeath) return -ENOSYS;
      if (i === this.#launched - 2) return refused(ret);
      return i === this.#launched - 1 && ret === -ENOTDIR ? -ENOENT : ret;
    }
    return 0;
  }

  /** Adds a call, and returns the index of its words. */
  #call(nr: number, a = 0, b = 0, d = 0, e = 0): number {
    const at = this.#calls++ * CALL;
    const words = this.#list.i32;
    putWord64(words, at, nr);
    putWord64(words, at + 2, a);
    putWord64(words, at + 4, b);
    putWord64(words, at + 6, d);
    putWord64(words, at + 8, e);
    words[at + RET] = 0;
    words[at + WANTED] = 0;
    return at;
  }
}

/**
 * The error of a failed mask change. ENOSYS would mean a fallback to posix_spawn, which would not
 * report it, and would give the child our mask.
 */
function refused(ret: number): number {
  return ret === -ENOSYS ? -EPERM : ret;
}
