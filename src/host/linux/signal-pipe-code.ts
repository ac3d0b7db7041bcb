/**
 * Signals without masks, by a handler of our own: for programs that are not on libuv. The handler writes the
 * signal's number into a pipe, in whichever thread it comes.
 *
 * The pipe holds 8,192 of them. Signals that come while it is full are lost.
 */

import { O_CLOEXEC, O_NONBLOCK, SA_RESETHAND, SA_RESTART, SIG_DFL } from '../constants.ts';
import { EBADF, EINVAL } from '../errno.ts';
import { newSigAction, type SignalPipe } from '../host.ts';
import { c, result } from './libc.ts';
import { CodePage } from './machine/code-page.ts';
import { TOLD_BYTES, tellCode } from './machine/tell-code.ts';
import { LinuxBuffer } from './memory.ts';
import type { LinuxSignals } from './signals.ts';
import { canBeCaught } from './sigset.ts';

/** Records of one read. */
const MOST = 64;

export class CodeSignalPipe implements SignalPipe {
  readonly fd: number;
  readonly #writeFd: number;
  readonly #signals: LinuxSignals;
  readonly #handler: number;
  readonly #tell: (signo: number) => void;
  readonly #records = new LinuxBuffer(MOST * TOLD_BYTES);
  readonly #handled = new Set<number>();
  readonly #act = newSigAction();
  #disposed = false;

  private constructor(
    signals: LinuxSignals,
    tell: (signo: number) => void,
    handler: number,
    [fd, writeFd]: readonly [number, number],
  ) {
    this.#signals = signals;
    this.#tell = tell;
    this.#handler = handler;
    this.fd = fd;
    this.#writeFd = writeFd;
  }

  /** Host.openSignalPipe. */
  static open(signals: LinuxSignals, tell: (signo: number) => void): CodeSignalPipe | number {
    const pair = new LinuxBuffer(8);
    const ret = result(c.pipe2(pair.address, O_CLOEXEC | O_NONBLOCK));
    if (ret < 0) return ret;
    const ends = [pair.i32[0]!, pair.i32[1]!] as const;
    // It is never freed: some thread may be in it.
    const page = CodePage.make(tellCode(ends[1]));
    if (typeof page !== 'number') return new CodeSignalPipe(signals, tell, page.address, ends);
    for (const fd of ends) c.close(fd);
    return page;
  }

  add(signo: number, flags: number): number {
    if (this.#disposed) return -EBADF;
    if (!canBeCaught(signo)) return -EINVAL;
    // Without SA_RESTART others' calls would fail; SA_RESETHAND would remove the handler after one signal.
    const wanted = ((flags & ~SA_RESETHAND) | SA_RESTART) >>> 0;
    this.#handled.add(signo);
    return this.#install(signo, this.#handler, wanted);
  }

  remove(signo: number): void {
    if (!this.#handled.delete(signo)) return;
    this.#install(signo, SIG_DFL, 0);
    // Records of it are not to be told, even if it is added again.
    for (const other of this.#take()) {
      if (other === signo) continue;
      this.#records.i32[0] = other;
      c.write(this.#writeFd, this.#records.address, TOLD_BYTES);
    }
  }

  drain(): void {
    if (this.#disposed) return;
    for (const signo of this.#take()) if (this.#handled.has(signo)) this.#tell(signo);
  }

  dispose(): void {
    if (this.#disposed) return;
    for (const signo of this.#handled) this.#install(signo, SIG_DFL, 0);
    this.#handled.clear();
    this.#disposed = true;
    c.close(this.fd);
    c.close(this.#writeFd);
  }

  #install(signo: number, handler: number, flags: number): number {
    const act = this.#act;
    act.handler = handler;
    act.flags = flags;
    // No other handler is to come between a signal and its record.
    act.maskLo = -1;
    act.maskHi = -1;
    return this.#signals.sigaction(signo, act, null);
  }

  /** All signals in the pipe, oldest first. */
  #take(): number[] {
    const { address, size, i32 } = this.#records;
    const taken: number[] = [];
    for (;;) {
      const bytes = c.read(this.fd, address, size);
      for (let at = 0; at < bytes; at += TOLD_BYTES) taken.push(i32[at / 4]!);
      if (bytes < size) return taken;
    }
  }
}
