import { checkInteger, checkOptions, shown } from '../host/arguments.ts';
import { EACCES, EAGAIN, ENOSYS, EOPNOTSUPP, EPERM, HostError } from '../host/errno.ts';
import type { Disposable, Host } from '../host/host.ts';
import { aFunction, anything, aWord, checkShape, type Shape } from '../host/shape.ts';
import { CompatSignalSource } from './compat.ts';
import { canBeHandled, signalName } from './names.ts';
import { SigactionTable, type SignalAction } from './sigaction-table.ts';
import { NativeSignalSource, type SigfdCounts, SigfdReader, type SignalSource } from './sigfd.ts';
import type { SignalLoop } from './signal-loop.ts';

/** `auto` is native, or compat if signals cannot be blocked in every thread, or do not stay so (Bun). */
export type SigfdChoice = 'auto' | 'native' | 'compat';

export interface SignalsOptions {
  /** The signals that come through the loop. */
  readonly signals: readonly number[];
  readonly sigfd?: SigfdChoice | undefined;
  /** Takes a line about each failed read. */
  readonly onProblem?: ((message: string) => void) | undefined;
}

/**
 * Signals as events of a main loop: a signal source, its sigfd_handler on the loop, and the
 * sigactions that say which handler is called. Two of one process must have no signal in common:
 * each record would reach only one of them, and disposing of one would unblock the signal for both.
 * QEMU: qemu_signal_init.
 *
 * SIGCHLD is handed on to Node, whose child_process goes on as usual: after it is read from a signalfd
 * libuv's handler is called, and execSync unblocks it in this thread while it waits. On SIGUSR1, Node opens its debugger's port, but not while the signal comes through
 * here. To stop that for good, call `host.sigaction(SIGUSR1, newSigAction(), null)`.
 * A worker thread must dispose of its Signals before it ends: they are blocked in every
 * thread of the process, and nobody else can undo that.
 */
export class Signals implements Disposable {
  readonly table: SigactionTable;
  readonly source: SignalSource;
  /** The signals that come through the loop. */
  readonly signals: readonly number[];
  /** The owner of SIGCHLD, of which there is only one. Only ChildWatch writes it. @internal */
  childWatch: Disposable | null = null;
  /** The source of the records; see CompatSignalSource for the limits of compat. */
  readonly sigfd: 'native' | 'compat';
  /** Why `auto` became compat; null if it did not. */
  readonly refused: HostError | null;
  readonly #host: Host;
  readonly #handler: Disposable;
  readonly #reader: SigfdReader;
  #disposed = false;

  /**
   * @throws HostError if the signals cannot be blocked or caught; RangeError for a signal that does
   *   not exist or cannot be handled, and for an unknown `sigfd`; nothing is changed then.
   */
  constructor(loop: SignalLoop, options: SignalsOptions) {
    checkLoop(loop);
    checkSignalsOptions(options);
    const { host, trace } = loop;
    const made = openSource(loop, options);
    this.#host = host;
    this.source = made.source;
    this.sigfd = made.sigfd;
    this.refused = made.refused;
    this.signals = [...options.signals];
    this.table = made.table;
    const onProblem = options.onProblem ?? (() => {});
    this.#reader = new SigfdReader(host, trace, this.source, this.table, onProblem);
    this.#handler = loop.setFdHandler(this.source.fd, {
      name: 'sigfd_handler',
      ioRead: this.#reader.handler,
    });
  }

  get counts(): Readonly<SigfdCounts> {
    return this.#reader.counts;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether a signal has come whose handler has not been called yet. POSIX: sigpending. */
  isWaiting(signo: number): boolean {
    checkInteger(signo, 'Signals.isWaiting: the signal', 1, 64);
    const { arrivals } = this.source;
    arrivals?.collect();
    return (arrivals?.has([signo]) ?? false) || this.#host.pendingSignals().includes(signo);
  }

  /**
   * Sets a signal's handler, until another is set or this one is disposed of.
   * @throws HostError if it cannot be handled; Error after dispose. POSIX: sigaction.
   */
  sigaction(signo: number, action: SignalAction): Disposable {
    if (this.#disposed) throw new Error('sigaction: these Signals are disposed');
    return this.table.set(signo, action);
  }

  /**
   * Restores masks and dispositions. Pending signals that were handled here are dropped, since
   * their default action would end us. All others, and later ones, act as they did before, so a
   * process about to exit may skip this.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#reader.stop();
    this.#handler.dispose();
    const { handled } = this.table;
    this.table.dispose();
    this.source.drop?.(handled);
    this.source.dispose();
  }
}

const CHOICES: readonly SigfdChoice[] = ['auto', 'native', 'compat'];

const OPTIONS: Shape<SignalsOptions> = {
  signals: anything,
  sigfd: aWord(CHOICES),
  onProblem: aFunction,
};

function checkLoop(loop: SignalLoop): void {
  checkOptions({ loop }, 'Signals', { loop: 'a MainLoop' });
  if (loop.context.closed) throw new Error('Signals: the loop is closed');
}

function checkSignalsOptions(options: SignalsOptions): void {
  checkOptions(options, 'Signals', { signals: 'an array of signal numbers' });
  const { signals } = options;
  if (!Array.isArray(signals)) {
    const what = `Signals: option 'signals' is ${shown(signals)}`;
    throw new TypeError(`${what}: expected an array of signal numbers`);
  }
  checkShape(options, 'Signals', OPTIONS);
  for (const signo of signals) {
    if (canBeHandled(signo)) continue;
    const named = Number.isInteger(signo) && signo > 0;
    throw new RangeError(
      `Signals: ${named ? `${signalName(signo)} (${signo})` : shown(signo)} cannot come through a loop: ` +
        'expected 1 to 31 without SIGKILL (9) and SIGSTOP (19), or SIGRTMIN (34) to SIGRTMAX (64)',
    );
  }
}

/**
 * Errors of a machine whose code is not known, one that forbids pages of code, and threads that do
 * not answer.
 */
const UNABLE = [ENOSYS, EACCES, EPERM, EAGAIN];

interface Made {
  readonly source: SignalSource;
  readonly sigfd: 'native' | 'compat';
  readonly refused: HostError | null;
  readonly table: SigactionTable;
}

function openSource(loop: SignalLoop, options: SignalsOptions): Made {
  const { host } = loop;
  const choice = options.sigfd ?? 'auto';
  let refused: HostError | null = null;
  if (choice === 'auto' && !host.keepsBlocked) {
    refused = new HostError(EOPNOTSUPP, 'blocking signals while Bun waits');
  } else if (choice !== 'compat') {
    try {
      const source = new NativeSignalSource(host, options.signals);
      return { source, sigfd: 'native', refused, table: new SigactionTable(host) };
    } catch (error) {
      const unable = error instanceof HostError && UNABLE.includes(error.errno);
      if (choice === 'native' || !unable) throw error;
      refused = error;
    }
  }
  const source = new CompatSignalSource(loop, options.signals);
  return { source, sigfd: 'compat', refused, table: new SigactionTable(host, source) };
}
