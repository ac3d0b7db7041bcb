import {
  CLD_DUMPED,
  NSIG,
  O_CLOEXEC,
  O_NONBLOCK,
  P_ALL,
  P_PID,
  SA_NOCLDSTOP,
  SI_USER,
  SIGCHLD,
  SIGNALFD_SIGINFO_SIZE,
  SIGRTMIN,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../host/constants.ts';
import { check, HostError } from '../host/errno.ts';
import { NOTHING } from '../host/held-list.ts';
import {
  type Disposable,
  type Host,
  type HostBuffer,
  newSigAction,
  newWaitResult,
  type SignalPipe,
} from '../host/host.ts';
import type { HandlerInstaller } from './sigaction-table.ts';
import type { Arrivals, SignalSource } from './sigfd.ts';
import { encodeSiginfo, newSiginfo } from './siginfo.ts';
import type { SignalLoop } from './signal-loop.ts';

/**
 * Signals for machines whose threads cannot be masked: a pipe into which signalfd records are
 * written, as QEMU's qemu_signalfd_compat does. The records have two sources:
 *
 *  - Host.openSignalPipe: every handled signal. Such a record has only the number: ssi_code is
 *   SI_USER, ssi_pid and ssi_int are 0.
 *  - A pidfd for each announced child. Its record has the pid, code and status. pidfds do not
 *   report stops or adopted orphans, and there may be none (an old kernel, no descriptors left):
 *   then SIGCHLD itself makes the record, from waitid's result for a child without a pidfd.
 *
 * Standard signals coalesce, as in the kernel: while a record of one is unread, no second one is
 * added. Real-time signals have a record each; if the pipe is full, they wait until one is read.
 *
 * Differences from a signalfd:
 *  - Only signals with a handler are caught. The others keep their default action: SIGTERM ends the
 *   process. A signalfd holds all of them back.
 *  - Signals come in the order they were sent, not the lowest first.
 *  - Signals that come while nobody reads are kept as far as the host can: on Linux 4,096 of them.
 *  - A wait of the loop may end with -EINTR.
 */
export class CompatSignalSource implements SignalSource, HandlerInstaller {
  readonly fd: number;
  readonly arrivals: Arrivals;
  readonly #loop: SignalLoop;
  readonly #host: Host;
  readonly #writeFd: number;
  readonly #pipe: SignalPipe;
  readonly #watch: Disposable;
  readonly #signals: ReadonlySet<number>;
  /** By standard signal: 1 if a record of it waits to be read. */
  readonly #queued = new Uint8Array(NSIG + 1);
  /** Signals for which the pipe had no room: only real-time ones can fill it. */
  readonly #backlog: number[] = [];
  readonly #announced = new Map<number, AnnouncedChild>();
  readonly #info = newSiginfo();
  readonly #found = newWaitResult();
  readonly #buffer: HostBuffer;
  #sigchldFlags = 0;
  #disposed = false;

  /**
   * @throws HostError ENOSYS if the host does not support this either, EMFILE; nothing is changed
   *   then.
   */
  constructor(loop: SignalLoop, signals: readonly number[]) {
    const { host } = loop;
    this.#loop = loop;
    this.#host = host;
    this.#signals = new Set(signals);
    this.#buffer = host.alloc(SIGNALFD_SIGINFO_SIZE);
    const ends: number[] = [];
    check(host.pipe2(ends, O_CLOEXEC | O_NONBLOCK), 'pipe for signals');
    this.fd = ends[0]!;
    this.#writeFd = ends[1]!;
    const pipe = host.openSignalPipe((signo) => this.#arrived(signo));
    if (typeof pipe === 'number') {
      this.#closePipe();
      throw new HostError(pipe, 'catching signals without a mask');
    }
    this.#pipe = pipe;
    this.arrivals = {
      fd: pipe.fd,
      collect: () => pipe.drain(),
      has: (some) => some.some((signo) => this.#queued[signo] !== 0),
    };
    this.#watch = loop.setFdHandler(pipe.fd, {
      name: 'sigfd_compat',
      ioRead: () => pipe.drain(),
    });
  }

  /**
   * HandlerInstaller: for signals that are not ours, the kernel is only told that they are handled.
   */
  install(signo: number, flags: number): number {
    if (!this.#signals.has(signo)) {
      const act = { ...newSigAction(), handler: this.#host.handlerAddress, flags };
      return this.#host.sigaction(signo, act, null);
    }
    if (signo === SIGCHLD) this.#sigchldFlags = flags;
    return this.#pipe.add(signo, flags);
  }

  uninstall(signo: number): void {
    if (this.#signals.has(signo)) this.#pipe.remove(signo);
  }

  announceChild(pid: number): Disposable {
    if (this.#disposed || !this.#signals.has(SIGCHLD)) return NOTHING;
    const fd = this.#host.pidfdOpen(pid, 0);
    if (fd < 0) return NOTHING;
    const child = new AnnouncedChild(this.#loop, pid, fd, (ended) => this.#ended(ended));
    this.#announced.set(pid, child);
    return {
      dispose: () => {
        child.dispose();
        if (this.#announced.get(pid) === child) this.#announced.delete(pid);
      },
    };
  }

  taken(signo: number): void {
    this.#queued[signo] = 0;
    const next = this.#backlog.shift();
    if (next === undefined) return;
    if (next === SIGCHLD) this.#look(P_ALL, 0, this.#sigchldWhat());
    this.#post(next, next === SIGCHLD ? this.#found.pid : 0);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const child of this.#announced.values()) child.dispose();
    this.#announced.clear();
    this.#watch.dispose();
    this.#pipe.dispose();
    this.#closePipe();
  }

  #closePipe(): void {
    this.#host.close(this.fd);
    this.#host.close(this.#writeFd);
  }

  #arrived(signo: number): void {
    if (this.#queued[signo] !== 0) return;
    const isChild = signo === SIGCHLD;
    // A child with a pidfd needs no second record.
    if (isChild && !this.#findUntold()) return;
    this.#post(signo, isChild ? this.#found.pid : 0);
  }

  /** A pidfd is readable. */
  #ended(pid: number): void {
    if (this.#queued[SIGCHLD] !== 0) return;
    this.#look(P_PID, pid, WEXITED);
    // Otherwise somebody has reaped it.
    if (this.#found.pid !== 0) this.#post(SIGCHLD, pid);
  }

  /**
   * After a SIGCHLD: looks for a child without a pidfd, and leaves it in #found. Returns false if
   * all children have pidfds, true if there is no child at all: somebody has then sent the signal.
   */
  #findUntold(): boolean {
    const what = this.#sigchldWhat();
    this.#look(P_ALL, 0, what);
    if (!this.#isTold()) return true;
    for (const pid of this.#host.children()) {
      this.#look(P_PID, pid, what);
      if (this.#found.pid !== 0 && !this.#isTold()) return true;
    }
    return false;
  }

  #sigchldWhat(): number {
    return WEXITED | ((this.#sigchldFlags & SA_NOCLDSTOP) === 0 ? WSTOPPED | WCONTINUED : 0);
  }

  #isTold(): boolean {
    const { pid, code } = this.#found;
    return code <= CLD_DUMPED && this.#announced.has(pid);
  }

  #look(idtype: number, id: number, what: number): void {
    this.#host.waitid(idtype, id, what | WNOHANG | WNOWAIT, this.#found);
  }

  /** Writes a record: of the child in #found, or without a sender if pid is 0. */
  #post(signo: number, pid: number): void {
    const info = this.#info;
    const { code, status, uid } = this.#found;
    info.ssi_signo = signo;
    info.ssi_pid = pid;
    info.ssi_code = pid === 0 ? SI_USER : code;
    info.ssi_status = pid === 0 ? 0 : status;
    info.ssi_uid = pid === 0 ? 0 : uid;
    encodeSiginfo(this.#buffer.view, 0, info);
    if (signo < SIGRTMIN) this.#queued[signo] = 1;
    const ret = this.#host.write(this.#writeFd, this.#buffer, 0, SIGNALFD_SIGINFO_SIZE);
    if (ret !== SIGNALFD_SIGINFO_SIZE) this.#backlog.push(signo);
  }
}

/** One child, until its pidfd reports its end. */
class AnnouncedChild implements Disposable {
  readonly #host: Host;
  readonly #fd: number;
  readonly #watch: Disposable;
  #closed = false;

  constructor(loop: SignalLoop, pid: number, fd: number, ended: (pid: number) => void) {
    this.#host = loop.host;
    this.#fd = fd;
    this.#watch = loop.setFdHandler(fd, {
      name: 'sigchld_pidfd',
      ioRead: () => {
        // The pidfd stays readable.
        this.dispose();
        ended(pid);
      },
    });
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.dispose();
    this.#host.close(this.#fd);
  }
}
