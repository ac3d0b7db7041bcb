/**
 * Signals without masks, by libuv.
 *
 * Catching a signal in whichever thread it comes takes async-signal-safe C code. Node has such
 * code: libuv's handler writes a message into a pipe of each loop that watches the signal. Node's
 * own loop is of no use (it does not run while ours polls), so this makes a second one, which
 * watches signals and nothing else: its backend descriptor is polled, and uv_run reads the
 * messages. Only libuv's public calls are used. Node's child_process and process.on have handles of
 * their own, and still get their messages.
 *
 * The limits are libuv's: the pipe holds 4,096 messages, and signals that come while it is full are
 * lost.
 */

import { SA_RESETHAND, SA_RESTART, SIG_DFL, SIG_IGN, SIGURG, SIGWINCH } from '../constants.ts';
import { EBADF, EINVAL, ENOMEM, ENOSYS } from '../errno.ts';
import { newSigAction, type SignalPipe } from '../host.ts';
import type { LinuxSignals } from './signals.ts';
import { canBeCaught } from './sigset.ts';
import { bindUv, type CCallback, signalCallback, UV_RUN_NOWAIT, UV_SIGNAL, type Uv } from './uv.ts';

/** Rounds of uv_run in which closed handles must go away; one is enough if nothing is pending. */
const MOST_ROUNDS = 16;

export class UvSignalPipe implements SignalPipe {
  readonly fd: number;
  readonly #uv: Uv;
  readonly #signals: LinuxSignals;
  readonly #callback: CCallback;
  readonly #loop: number;
  /** The uv_signal_t's that are watching, by signal. */
  readonly #handles = new Map<number, number>();
  /** Closed handles. They stay until dispose: a message in the pipe may point to one. */
  readonly #closed: number[] = [];
  readonly #act = newSigAction();
  /** The address of libuv's C handler; 0 until it is known. */
  #uvHandler = 0;
  #polled = false;
  #disposed = false;

  private constructor(uv: Uv, signals: LinuxSignals, loop: number, tell: (signo: number) => void) {
    this.#uv = uv;
    this.#signals = signals;
    this.#loop = loop;
    this.fd = uv.backendFd(loop);
    this.#callback = signalCallback(tell);
  }

  /** Host.openSignalPipe. */
  static open(signals: LinuxSignals, tell: (signo: number) => void): UvSignalPipe | number {
    const uv = bindUv();
    if (uv === undefined) return -ENOSYS;
    const loop = uv.calloc(1, uv.loopSize());
    if (loop === 0) return -ENOMEM;
    const ret = uv.loopInit(loop);
    if (ret < 0) {
      uv.free(loop);
      return ret;
    }
    return new UvSignalPipe(uv, signals, loop, tell);
  }

  add(signo: number, flags: number): number {
    if (this.#disposed) return -EBADF;
    if (!canBeCaught(signo)) return -EINVAL;
    const handle = this.#handleFor(signo);
    if (handle < 0) return handle;
    const ret = this.#uv.signalStart(handle, this.#callback.address, signo);
    if (ret < 0) return ret;
    if (!this.#polled) {
      // libuv adds the pipe to its epoll only when it runs with something to watch.
      this.#run();
      this.#polled = true;
    }
    return this.#setFlags(signo, flags);
  }

  remove(signo: number): void {
    const handle = this.#handles.get(signo);
    if (handle === undefined) return;
    // Stopping alone would leave its messages to the next handle for this signal.
    this.#uv.close(handle, 0);
    this.#handles.delete(signo);
    this.#closed.push(handle);
  }

  drain(): void {
    // Frees the loop's memory.
    if (!this.#disposed) this.#run();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const signo of [...this.#handles.keys()]) this.remove(signo);
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#run();
      if (this.#uv.loopClose(this.#loop) !== 0) continue;
      for (const handle of this.#closed) this.#uv.free(handle);
      this.#uv.free(this.#loop);
      break;
    }
    this.#callback.free();
  }

  #run(): void {
    this.#uv.run(this.#loop, UV_RUN_NOWAIT);
  }

  /** The signal's handle, or -errno. */
  #handleFor(signo: number): number {
    const known = this.#handles.get(signo);
    if (known !== undefined) return known;
    const handle = this.#uv.calloc(1, this.#uv.handleSize(UV_SIGNAL));
    if (handle === 0) return -ENOMEM;
    const ret = this.#uv.signalInit(this.#loop, handle);
    if (ret < 0) {
      this.#uv.free(handle);
      return ret;
    }
    this.#handles.set(signo, handle);
    return handle;
  }

  /**
   * Gives libuv's handler the requested flags. libuv installs it only for a signal's first handle,
   * so if somebody has set SIG_DFL or SIG_IGN since, it must be installed again.
   */
  #setFlags(signo: number, flags: number): number {
    const act = this.#act;
    const ret = this.#signals.sigaction(signo, null, act);
    if (ret < 0) return ret;
    if (act.handler > SIG_IGN) {
      this.#uvHandler = act.handler;
    } else {
      if (this.#uvHandler === 0) this.#uvHandler = this.#findUvHandler(signo);
      if (this.#uvHandler <= SIG_IGN) return -ENOSYS;
      act.handler = this.#uvHandler;
    }
    // Without SA_RESTART Node's own calls would fail; SA_RESETHAND would remove the handler after
    // one signal.
    act.flags = ((flags & ~SA_RESETHAND) | SA_RESTART) >>> 0;
    // libuv's handler holds a lock, so no other handler may interrupt it.
    act.maskLo = -1;
    act.maskHi = -1;
    return this.#signals.sigaction(signo, act, null);
  }

  /**
   * The address of libuv's C handler, read after libuv has installed it for a signal that is
   * harmless by default.
   */
  #findUvHandler(but: number): number {
    const probe = but === SIGURG ? SIGWINCH : SIGURG;
    const before = newSigAction();
    const seen = newSigAction();
    const handle = this.#handleFor(probe);
    if (handle < 0) return SIG_DFL;
    this.#signals.sigaction(probe, null, before);
    this.#uv.signalStart(handle, this.#callback.address, probe);
    this.#signals.sigaction(probe, null, seen);
    this.remove(probe);
    this.#signals.sigaction(probe, before, null);
    return seen.handler;
  }
}
