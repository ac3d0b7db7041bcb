/** Host.openSignalPipe, built on the simulator's own signalfd. */
import { O_CLOEXEC, O_NONBLOCK, SIG_IGN, SIGNALFD_SIGINFO_SIZE } from '../constants.ts';
import { EBADF } from '../errno.ts';
import {
  type Host,
  type HostBuffer,
  newSigAction,
  type SignalMaskToken,
  type SignalPipe,
} from '../host.ts';

/**
 * Blocks each signal while it is handled, since no handlers run here. Standard signals therefore
 * coalesce, the lowest comes first, and no call is interrupted; on Linux each may come several
 * times, in order, with -EINTR.
 */
export class SimSignalPipe implements SignalPipe {
  readonly fd: number;
  readonly #host: Host;
  readonly #tell: (signo: number) => void;
  readonly #blocked = new Map<number, SignalMaskToken>();
  readonly #buffer: HostBuffer;
  #disposed = false;

  private constructor(host: Host, fd: number, tell: (signo: number) => void) {
    this.#host = host;
    this.fd = fd;
    this.#tell = tell;
    this.#buffer = host.alloc(SIGNALFD_SIGINFO_SIZE);
  }

  static open(host: Host, tell: (signo: number) => void): SimSignalPipe | number {
    const fd = host.signalfd(-1, [], O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? fd : new SimSignalPipe(host, fd, tell);
  }

  add(signo: number, flags: number): number {
    if (this.#disposed) return -EBADF;
    const act = { ...newSigAction(), handler: this.#host.handlerAddress, flags };
    const ret = this.#host.sigaction(signo, act, null);
    if (ret < 0 || this.#blocked.has(signo)) return ret;
    const token = this.#host.blockSignals([signo]);
    if (typeof token === 'number') return token;
    this.#blocked.set(signo, token);
    this.#update();
    return 0;
  }

  remove(signo: number): void {
    const token = this.#blocked.get(signo);
    if (token === undefined) return;
    // Ignoring a signal drops pending ones, which by default would end the process.
    this.#host.sigaction(signo, { ...newSigAction(), handler: SIG_IGN }, null);
    this.#host.restoreSignalMask(token);
    this.#host.sigaction(signo, newSigAction(), null);
    this.#blocked.delete(signo);
    this.#update();
  }

  drain(): void {
    // The number of a closed descriptor may belong to another file by now.
    if (this.#disposed) return;
    while (this.#host.read(this.fd, this.#buffer, 0, SIGNALFD_SIGINFO_SIZE) > 0) {
      this.#tell(this.#buffer.view.getUint32(0, true));
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const signo of [...this.#blocked.keys()]) this.remove(signo);
    this.#host.close(this.fd);
  }

  #update(): void {
    this.#host.signalfd(this.fd, [...this.#blocked.keys()], 0);
  }
}
