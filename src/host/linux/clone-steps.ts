import { F_SETFD, NSIG, P_PID, SIGCHLD, SIGKILL, SIGSTOP, WEXITED } from '../constants.ts';
import { ENOENT, ENOTDIR } from '../errno.ts';
import { CALL_BYTES, MACHINE, type Machine } from './child-code.ts';
import type { ChildSteps } from './child-steps.ts';
import { CodePage } from './code-page.ts';
import { c, lazy, result, SYS } from './libc.ts';
import { LinuxBuffer, putWord64 } from './memory.ts';
import { SIGSET_BYTES } from './sigset.ts';
import { StringVector } from './string-vector.ts';

const clone = lazy<[number, number, number, number]>(
  'int clone(uintptr_t, uintptr_t, int, uintptr_t)',
);

const CLONE_VM = 0x100;
const CLONE_VFORK = 0x4000;
const SIG_SETMASK = 2;
const TIOCSPGRP = 0x5410;
/** Bytes of the kernel's sigset_t and struct sigaction. */
const KERNEL_SIGSET = 8;
const KERNEL_SIGACTION = 32;
const STACK_BYTES = 4096;

// A call of the list in 32-bit words.
const CALL = CALL_BYTES / 4;
const RET = 10;
/** setsid, setpgid, chdir, tcsetpgrp's two, the mask, and execve. */
const OTHER_CALLS = 7;

/**
 * By clone(2) as vfork does it: the child runs in our memory, with all signals
 * blocked so that no handler of ours runs in it, while we wait for its execve. What
 * posix_spawn(3) does besides (a stack mapped for each child, a look at every
 * signal's disposition before it is set) takes 30 µs.
 */
export class CloneSteps implements ChildSteps {
  private readonly code: CodePage;
  private readonly NR: Machine['NR'];
  private readonly stack = new LinuxBuffer(STACK_BYTES);
  private readonly defaultAction = new LinuxBuffer(KERNEL_SIGACTION);
  private readonly none = new LinuxBuffer(SIGSET_BYTES);
  private readonly all = new LinuxBuffer(SIGSET_BYTES);
  private readonly old = new LinuxBuffer(SIGSET_BYTES);
  private readonly path = new StringVector();
  private readonly dir = new StringVector();
  private list = new LinuxBuffer(128 * CALL_BYTES);
  private calls = 0;
  /** The first call after those that every child makes. */
  private readonly first: number;
  private chdirCall = -1;

  /** Returns -ENOSYS where there is no code for this machine, or what forbids its page. */
  static make(): CloneSteps | number {
    const code = CodePage.make(MACHINE?.code);
    return typeof code === 'number' ? code : new CloneSteps(code, MACHINE!.NR);
  }

  private constructor(code: CodePage, NR: Machine['NR']) {
    this.code = code;
    this.NR = NR;
    this.all.u8.fill(0xff);
    // execve resets what is handled, but keeps what is ignored.
    for (let signo = 1; signo <= NSIG; signo++) {
      if (signo === SIGKILL || signo === SIGSTOP) continue;
      this.call(NR.rt_sigaction, signo, this.defaultAction.address, 0, KERNEL_SIGSET);
    }
    this.first = this.calls;
  }

  dispose(): void {
    this.code.free();
  }

  begin(dup2s: number): void {
    this.calls = this.first;
    this.chdirCall = -1;
    const bytes = (this.first + dup2s + OTHER_CALLS) * CALL_BYTES;
    if (bytes <= this.list.size) return;
    const larger = new LinuxBuffer(bytes);
    larger.u8.set(this.list.u8);
    this.list = larger;
  }

  setsid(): void {
    this.call(this.NR.setsid);
  }

  setpgid(pgid: number): void {
    this.call(this.NR.setpgid, 0, pgid);
  }

  dup2(from: number, to: number): void {
    if (from === to) this.call(this.NR.fcntl, to, F_SETFD, 0);
    else this.call(this.NR.dup3, from, to, 0);
  }

  chdir(path: string): void {
    this.chdirCall = this.calls;
    this.call(this.NR.chdir, this.dir.fillOne(path));
  }

  tcsetpgrp(fd: number): void {
    const group = this.call(this.NR.getpgid);
    this.call(this.NR.ioctl, fd, TIOCSPGRP, this.list.address + (group + RET) * 4);
  }

  start(path: string, argv: number, env: number): number {
    const before = this.calls;
    this.call(this.NR.rt_sigprocmask, SIG_SETMASK, this.none.address, 0, KERNEL_SIGSET);
    this.call(this.NR.execve, this.path.fillOne(path), argv, env);
    c.sigprocmask(SIG_SETMASK, this.all.address, this.old.address);
    const { code, stack, list } = this;
    const flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
    const pid = result(clone(code.address, stack.address + STACK_BYTES, flags, list.address));
    const failed = pid < 0 ? pid : this.failure();
    if (pid > 0 && failed < 0) c.syscall(SYS.waitid, P_PID, pid, 0, WEXITED, 0, 0);
    c.sigprocmask(SIG_SETMASK, this.old.address, 0);
    this.calls = before;
    return failed < 0 ? failed : pid;
  }

  /** What ended the child before it was its program, as -errno; 0 where nothing did. */
  private failure(): number {
    const words = this.list.i32;
    for (let i = this.first; i < this.calls; i++) {
      const ret = words[i * CALL + RET]!;
      if (ret >= 0) continue;
      if (i === this.chdirCall) return -ENOTDIR;
      return i === this.calls - 1 && ret === -ENOTDIR ? -ENOENT : ret;
    }
    return 0;
  }

  /** Adds a call, and returns where its words begin. */
  private call(nr: number, a = 0, b = 0, d = 0, e = 0): number {
    const at = this.calls++ * CALL;
    const words = this.list.i32;
    putWord64(words, at, nr);
    putWord64(words, at + 2, a);
    putWord64(words, at + 4, b);
    putWord64(words, at + 6, d);
    putWord64(words, at + 8, e);
    words[at + RET] = 0;
    return at;
  }
}
