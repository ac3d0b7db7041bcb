import {
  O_CLOEXEC,
  O_NONBLOCK,
  SIG_DFL,
  SIG_IGN,
  SIGCHLD,
  SIGNALFD_SIGINFO_SIZE,
} from '../host/constants.ts';
import { EAGAIN, EINTR, errnoName, HostError } from '../host/errno.ts';
import {
  type Disposable,
  type Host,
  type HostBuffer,
  newSigAction,
  type SignalMaskToken,
} from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import { BLOCKING_SIGNALS } from './names.ts';
import type { SigactionTable } from './sigaction-table.ts';
import { decodeSiginfo, newSiginfo, type SignalfdSiginfo } from './siginfo.ts';

const T_READ = EV.signalfd_read;
const T_RECORD = EV.signalfd_record;
const T_LOOKUP = EV.sigaction_lookup;
const T_BEGIN = EV.signal_handler_begin;
const T_END = EV.signal_handler_end;

/**
 * Failures in a row: a descriptor that stays readable but cannot be read would keep the loop busy
 * for ever.
 */
const MOST_FAILED_READS = 1_000;

/** Signals that have arrived, and still have to be made into records. */
export interface Arrivals {
  /** Readable while there are any. */
  readonly fd: number;
  /** Makes their records. */
  collect(): void;
  /** Whether a record of one of these signals waits to be read. */
  has(signals: readonly number[]): boolean;
}

/** A source of records for a set of signals. */
export interface SignalSource extends Disposable {
  /** Readable while a record is there. */
  readonly fd: number;
  /** Set if fd becomes readable only once the loop has made records. */
  readonly arrivals?: Arrivals;
  /** Set if SIGCHLD does not come by itself: watches a child, and makes a record when it ends. */
  announceChild?(pid: number): Disposable;
  /** The reader calls this for each record, before the signal's handler. */
  taken?(signo: number): void;
  /** Drops pending instances of these signals, before dispose. */
  drop?(signals: readonly number[]): void;
}

/**
 * A signalfd for signals that stay blocked in every thread as long as it lives. QEMU:
 * qemu_signalfd, with the mask that its main blocks.
 */
export class NativeSignalSource implements SignalSource {
  readonly fd: number;
  readonly #host: Host;
  readonly #mask: SignalMaskToken;
  #disposed = false;

  /**
   * @throws HostError ENOSYS if threads cannot be masked on this machine, or EMFILE, ENFILE if no
   *   descriptor is left; nothing is changed then.
   */
  constructor(host: Host, signals: readonly number[]) {
    this.#host = host;
    const mask = host.blockSignals(signals);
    if (typeof mask === 'number') throw new HostError(mask, BLOCKING_SIGNALS);
    const fd = host.signalfd(-1, signals, O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
      host.restoreSignalMask(mask);
      throw new HostError(fd, 'signalfd');
    }
    this.#mask = mask;
    this.fd = fd;
  }

  drop(signals: readonly number[]): void {
    if (signals.length === 0 || this.#disposed) return;
    this.#host.signalfd(this.fd, signals, O_CLOEXEC | O_NONBLOCK);
    const record = this.#host.alloc(SIGNALFD_SIGINFO_SIZE);
    let ret: number;
    do {
      ret = this.#host.read(this.fd, record, 0, SIGNALFD_SIGINFO_SIZE);
    } while (ret > 0 || ret === -EINTR);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#host.close(this.fd);
    this.#host.restoreSignalMask(this.#mask);
    if (this.#mask.signals.includes(SIGCHLD)) this.#wakeOtherParents();
  }

  /**
   * Lets other handlers of SIGCHLD (Node's, for child_process) catch up: they had none while it was
   * blocked, and would never notice a child of theirs that ended then.
   */
  #wakeOtherParents(): void {
    const act = newSigAction();
    this.#host.sigaction(SIGCHLD, null, act);
    if (![SIG_DFL, SIG_IGN, this.#host.handlerAddress].includes(act.handler)) {
      this.#host.raise(SIGCHLD);
    }
  }
}

/** The counters of a SigfdReader. */
export interface SigfdCounts {
  /** Records read, of all signals. */
  records: number;
  /** Records whose signal has no handler. */
  dropped: number;
  /** Reads that returned part of a record. */
  shortReads: number;
}

/**
 * Reads a signal source until it is empty and calls the handlers set with sigaction(), as an fd
 * handler on the loop. QEMU: sigfd_handler.
 *
 * One record is read at a time: each read takes the lowest pending signal, so a signal that a
 * handler raises may overtake one that was raised before.
 */
export class SigfdReader {
  readonly counts: SigfdCounts = { records: 0, dropped: 0, shortReads: 0 };
  readonly #host: Host;
  readonly #trace: Tracer;
  readonly #source: SignalSource;
  readonly #table: SigactionTable;
  readonly #onProblem: (message: string) => void;
  readonly #buffer: HostBuffer;
  readonly #info: SignalfdSiginfo = newSiginfo();
  #stopped = false;
  #failedReads = 0;

  /** @param onProblem takes a line about each failed read */
  constructor(
    host: Host,
    trace: Tracer,
    source: SignalSource,
    table: SigactionTable,
    onProblem: (message: string) => void,
  ) {
    this.#host = host;
    this.#trace = trace;
    this.#source = source;
    this.#table = table;
    this.#onProblem = onProblem;
    this.#buffer = host.alloc(SIGNALFD_SIGINFO_SIZE);
  }

  /**
   * The fd handler.
   * @throws HostError if reads keep failing
   */
  readonly handler = (): void => {
    const { fd } = this.#source;
    while (!this.#stopped) {
      const ret = this.#host.read(fd, this.#buffer, 0, SIGNALFD_SIGINFO_SIZE);
      if (this.#trace.on[T_READ] !== 0) {
        this.#trace.emit(T_READ, fd, ret, ret === SIGNALFD_SIGINFO_SIZE ? 1 : 0);
      }
      if (ret === -EINTR) continue;
      if (ret === -EAGAIN) return;
      if (ret !== SIGNALFD_SIGINFO_SIZE) {
        this.counts.shortReads++;
        this.#onProblem(
          ret < 0
            ? `read from sigfd failed: ${errnoName(ret)}`
            : `read from sigfd returned ${ret} bytes of ${SIGNALFD_SIGINFO_SIZE}`,
        );
        if (ret < 0 && ++this.#failedReads >= MOST_FAILED_READS) {
          throw new HostError(ret, 'read from sigfd');
        }
        return;
      }
      this.#failedReads = 0;
      this.counts.records++;
      decodeSiginfo(this.#buffer.view, 0, this.#info);
      this.#source.taken?.(this.#info.ssi_signo);
      this.#deliver(this.#info);
    }
  };

  /** Stops reading, even if a handler calls this. */
  stop(): void {
    this.#stopped = true;
  }

  #deliver(info: SignalfdSiginfo): void {
    const signo = info.ssi_signo;
    if (this.#trace.on[T_RECORD] !== 0) {
      const { ssi_code, ssi_pid, ssi_uid, ssi_status, ssi_int } = info;
      this.#trace.emit(T_RECORD, signo, ssi_code, ssi_pid, ssi_uid, ssi_status, ssi_int);
    }
    const found = this.#table.lookup(signo);
    const { handler, name, wantsInfo } = found;
    if (this.#trace.on[T_LOOKUP] !== 0) this.#trace.emit(T_LOOKUP, signo, name, found.flags);
    // First, since our handler may throw: libuv, too, must hear of its children.
    if (signo === SIGCHLD && found.foreign !== 0) this.#host.callHandler(signo, found.foreign);
    if (handler === null) {
      this.counts.dropped++;
      return;
    }
    if (this.#trace.on[T_BEGIN] !== 0) {
      this.#trace.emit(T_BEGIN, signo, name, wantsInfo ? 1 : 0);
    }
    handler(signo, info);
    if (this.#trace.on[T_END] !== 0) this.#trace.emit(T_END, signo, name);
  }
}
