/** Signals of this process: signalfd, dispositions, masks, and sending. */

import { areInts, isInt, isRecord, takeAction } from '../arguments.ts';
import { NSIG, SIG_IGN } from '../constants.ts';
import { EBADF, EFAULT, EINVAL } from '../errno.ts';
import type { SigAction } from '../host.ts';
import koffi from './koffi.ts';
import { c, result, SYS, symbolAddress } from './libc.ts';
import { LinuxBuffer, putWord64, word64 } from './memory.ts';
import { SIGSET_BYTES, type SignalWords, signalsOf, signalWords } from './sigset.ts';

// struct sigaction of glibc and musl, in 32-bit words.
const ACT_BYTES = 8 + SIGSET_BYTES + 16;
const ACT_MASK = 2;
const ACT_FLAGS = 2 + SIGSET_BYTES / 4;
/** The C library's own flag, which it sets by itself. */
const SA_RESTORER = 0x04000000;

const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
const SIG_SETMASK = 2;

type SignalFunction = (signo: number) => void;

export class LinuxSignals {
  readonly #act = new LinuxBuffer(ACT_BYTES);
  readonly #old = new LinuxBuffer(ACT_BYTES);
  readonly #set = new LinuxBuffer(SIGSET_BYTES);
  readonly #before = new LinuxBuffer(SIGSET_BYTES);
  readonly #handlers = new Map<number, SignalFunction>();
  #handler = 0;
  /** Handlers that sigaction has returned to a caller, by signal. */
  readonly #told = new Map<number, Set<number>>();

  /** The address of getpid: it is async-signal-safe, and does nothing. */
  get handlerAddress(): number {
    if (this.#handler === 0) this.#handler = symbolAddress('getpid');
    return this.#handler;
  }

  signalfd(fd: number, signals: readonly number[], flags: number): number {
    if (!isInt(fd)) return -EBADF;
    if (!isInt(flags)) return -EINVAL;
    const words = signalWords(signals);
    if (typeof words === 'number') return words;
    this.#set.i32[0] = words.lo;
    this.#set.i32[1] = words.hi;
    return result(c.signalfd(fd, this.#set.address, flags));
  }

  /**
   * Host.sigaction. A handler must be the host's own, or one that sigaction has returned for this
   * signal: the kernel would jump to any other address.
   */
  askedAction(signo: number, act: SigAction | null, old: SigAction | null): number {
    if (!isInt(signo)) return -EINVAL;
    if (old !== null && !isRecord(old)) return -EFAULT;
    let taken: SigAction | null = null;
    if (act !== null) {
      taken = takeAction(act);
      if (taken === null || !this.#knows(signo, taken.handler)) return -EINVAL;
    }
    const ret = this.sigaction(signo, taken, old);
    if (ret === 0 && old !== null) this.#tell(signo, word64(this.#old.i32, 0));
    return ret;
  }

  #tell(signo: number, handler: number): void {
    if (this.#knows(signo, handler)) return;
    const told = this.#told.get(signo) ?? new Set();
    this.#told.set(signo, told.add(handler));
  }

  #knows(signo: number, handler: number): boolean {
    if (handler >= 0 && handler <= SIG_IGN) return true;
    return handler === this.handlerAddress || this.#told.get(signo)?.has(handler) === true;
  }

  /** @param act is trusted */
  sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    if (act !== null) {
      const words = this.#act.i32;
      putWord64(words, 0, act.handler);
      words[ACT_MASK] = act.maskLo;
      words[ACT_MASK + 1] = act.maskHi;
      words[ACT_FLAGS] = act.flags;
    }
    const ret = result(
      c.sigaction(
        signo,
        act === null ? 0 : this.#act.address,
        old === null ? 0 : this.#old.address,
      ),
    );
    if (ret === 0 && old !== null) {
      const words = this.#old.i32;
      old.handler = word64(words, 0);
      old.maskLo = words[ACT_MASK]!;
      old.maskHi = words[ACT_MASK + 1]!;
      old.flags = (words[ACT_FLAGS]! & ~SA_RESTORER) >>> 0;
    }
    return ret;
  }

  /** Host.callHandler. */
  callHandler(signo: number, handler: number): number {
    if (signo === 0 || !isSignalOr0(signo)) return -EINVAL;
    if (handler <= SIG_IGN || !this.#knows(signo, handler)) return -EINVAL;
    let call = this.#handlers.get(handler);
    if (call === undefined) {
      call = koffi.decode(BigInt(handler), koffi.proto('void (int)')) as SignalFunction;
      this.#handlers.set(handler, call);
    }
    // A handler may hold a lock that the handler of another signal waits for, in this same thread.
    this.#set.i32.fill(-1);
    c.sigprocmask(SIG_BLOCK, this.#set.address, this.#before.address);
    call(signo);
    c.sigprocmask(SIG_SETMASK, this.#before.address, 0);
    return 0;
  }

  /** The handler of somebody else that sigaction named last for this signal; 0 if none. */
  lastForeign(signo: number): number {
    const foreign = [...(this.#told.get(signo) ?? [])].filter(
      (told) => told !== this.handlerAddress,
    );
    return foreign.at(-1) ?? 0;
  }

  /** Unblocks a signal in this thread. Returns what puts the former mask back. */
  unblock(signo: number): () => void {
    const { lo, hi } = signalWords([signo]) as SignalWords;
    const before = new LinuxBuffer(SIGSET_BYTES);
    this.#set.i32.fill(0);
    this.#set.i32[0] = lo;
    this.#set.i32[1] = hi;
    c.sigprocmask(SIG_UNBLOCK, this.#set.address, before.address);
    return () => {
      c.sigprocmask(SIG_SETMASK, before.address, 0);
    };
  }

  blockedSignals(): number[] {
    // pthread_sigmask returns the errno itself, and cannot fail without a new set.
    c.sigprocmask(SIG_BLOCK, 0, this.#set.address);
    return signalsOf(this.#set.i32[0]!, this.#set.i32[1]!);
  }

  pendingSignals(): number[] {
    c.sigpending(this.#set.address);
    return signalsOf(this.#set.i32[0]!, this.#set.i32[1]!);
  }

  raise(signo: number): number {
    // glibc's raise(0) succeeds; this checks the kernel's range, so that both hosts agree.
    return isSignalOr0(signo) ? result(c.raise(signo)) : -EINVAL;
  }

  kill(pid: number, signo: number): number {
    if (!isInt(pid) || !isSignalOr0(signo)) return -EINVAL;
    return result(c.kill(pid, signo));
  }

  sigqueue(pid: number, signo: number, value: number): number {
    if (!areInts(pid, value) || !isSignalOr0(signo)) return -EINVAL;
    return result(c.sigqueue(pid, signo, value));
  }

  tgkill(tgid: number, tid: number, signo: number): number {
    if (!areInts(tgid, tid) || !isSignalOr0(signo)) return -EINVAL;
    return result(c.syscall(SYS.tgkill, tgid, tid, signo, 0, 0, 0));
  }
}

/** 0 is allowed: it sends nothing and only checks. */
function isSignalOr0(signo: number): boolean {
  return Number.isInteger(signo) && signo >= 0 && signo <= NSIG;
}
