import { QemuAbort } from '../../aio/abort.ts';
import { F_DUPFD_CLOEXEC, SIG_IGN, SIGCHLD, WNOWAIT } from '../../host/constants.ts';
import { EAGAIN, ECHILD } from '../../host/errno.ts';
import type { Disposable, HostBuffer, SigAction, WaitResult } from '../../host/host.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import type { SimHostOptions } from '../../host/sim/world.ts';
import type { Weakness } from './weaknesses.ts';

/** The time that a loop sleeps which does not know that there is work, ns. */
const OVERSLEPT_NS = 10_000_000;
/** The number that a closed descriptor has in the child which keeps it open. */
const CHILD_FD = 900;
/** A record of a signalfd. */
const RECORD_BYTES = 128;

/**
 * A simulated kernel that behaves as if a link of the chain were missing. The loop is unchanged: it
 * is told what it would find if it had taken the short cut.
 */
export class WeakHost extends SimHost {
  /** The eventfds of contexts, whose writes are wake-ups. */
  notifiers: ReadonlySet<number> = new Set();
  readonly #weak: ReadonlySet<Weakness>;
  /** Whether a child was reaped, or a record read, since the last signal or poll. */
  #reaped = false;
  #read = false;

  constructor(options: SimHostOptions, weaknesses: readonly Weakness[]) {
    super(options);
    this.#weak = new Set(weaknesses);
  }

  /** one_waitpid: after one child nobody is found, until the next signal has been read. */
  override waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    if (this.#weak.has('one_waitpid') && this.#reaped) return -ECHILD;
    const ret = super.waitid(idtype, id, options, out);
    if (ret === 0 && out.pid > 0 && (options & WNOWAIT) === 0) this.#reaped = true;
    return ret;
  }

  /** one_record: the second read of a wake-up finds nothing. */
  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const isRecord = count >= RECORD_BYTES;
    if (isRecord && this.#read && this.#weak.has('one_record')) return -EAGAIN;
    const ret = super.read(fd, buf, offset, count);
    if (isRecord && ret > 0) {
      this.#read = true;
      this.#reaped = false;
    }
    return ret;
  }

  /** no_wakeup: the write of a context's eventfd says that it has succeeded. */
  override write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    if (this.notifiers.has(fd) && this.#weak.has('no_wakeup')) return count;
    return super.write(fd, buf, offset, count);
  }

  /** always_sleep: a look becomes a sleep. */
  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.#read = false;
    return super.poll(fds, nfds, this.#timeout(timeoutNs));
  }

  override epollWait(epfd: number, events: HostBuffer, most: number, timeoutNs: number): number {
    this.#read = false;
    return super.epollWait(epfd, events, most, this.#timeout(timeoutNs));
  }

  /** sig_ign: whoever sets a handler of SIGCHLD gets SIG_IGN. calls_ign: whoever asks for it jumps there. */
  override sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    const ret = this.#sigaction(signo, act, old);
    if (act === null && old?.handler === SIG_IGN && this.#weak.has('calls_ign')) {
      throw new QemuAbort('SIGSEGV: the handler at address 1 was called');
    }
    return ret;
  }

  /** trusts_close: a child has the closed one too, and the loop hears nothing of the close. */
  override close(fd: number): number {
    if (this.#weak.has('trusts_close')) {
      this.fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FD);
    }
    return super.close(fd);
  }

  override onClose(listener: (fd: number) => void): Disposable {
    return this.#weak.has('trusts_close') ? { dispose: () => {} } : super.onClose(listener);
  }

  #sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    const ignored = this.#weak.has('sig_ign') && signo === SIGCHLD && act !== null;
    return super.sigaction(signo, ignored ? { ...act, handler: SIG_IGN } : act, old);
  }

  #timeout(ns: number): number {
    return ns === 0 && this.#weak.has('always_sleep') ? OVERSLEPT_NS : ns;
  }
}
