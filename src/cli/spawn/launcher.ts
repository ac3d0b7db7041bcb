import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import { CLOCK_MONOTONIC, SIGTERM } from '../../host/constants.ts';
import { ENOSYS, HostError } from '../../host/errno.ts';
import type { SpawnRequest } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildCallbacks, ChildWatch } from '../../signal/child-watch.ts';
import { asCliError, type CliError, isShortage } from '../exit/errors.ts';
import { spawnError } from '../exit/spawn-error.ts';
import type { LogWriter } from '../log/log.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Prefixer } from '../output/prefix.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatDuration } from '../text/units.ts';
import type { Options } from './options.ts';

/** Time between two attempts to start a child for which there were no resources. */
const FIRST_RETRY_NS = 10e6;
const LAST_RETRY_NS = 1e9;

/** A started child. */
export interface Child {
  readonly row: ChildRow;
  readonly pid: number;
  /** Whether it leads a process group of its own. */
  readonly leads: boolean;
  stopped: boolean;
  /** Signals that it was sent. */
  readonly passed: Set<number>;
}

export interface LauncherParts {
  readonly loop: MainLoop;
  readonly watch: ChildWatch;
  readonly terminal: Terminal;
  readonly log: LogWriter;
  readonly prefixer: Prefixer | null;
  readonly prefixOf: (number: number) => string;
  readonly options: Options;
  /** Whether the child gets the terminal, and leads a group for that. */
  readonly foreground: boolean;
  readonly rows: readonly ChildRow[];
  /** Gives the callbacks for each child's watch. */
  readonly callbacksFor: (row: ChildRow) => ChildCallbacks;
  readonly onStart: (child: Child) => void;
  /** How many children live: while there are any, a shortage may pass. */
  readonly living: () => number;
  /** A child cannot be started, and will not be. */
  readonly onFailure: (error: CliError) => void;
}

/**
 * Starts the children in order. If processes, descriptors or memory run out it waits, as long as
 * other children live that may release some.
 */
export class Launcher {
  readonly #parts: LauncherParts;
  readonly #retry: QemuTimer;
  #retryNs = FIRST_RETRY_NS;
  #next = 0;
  /** Whether children ask for a signal when we die: by default, if they can be made to. */
  #kills: boolean;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
    this.#kills = parts.options.killChild !== 0;
    const start = (): void => this.start();
    this.#retry = parts.loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'spawn-retry', start);
  }

  /** Whether children wait to be started. */
  get pending(): boolean {
    return this.#next < this.#parts.options.jobs.length;
  }

  /** Starts as many children as possible. */
  start(): void {
    while (this.pending) {
      try {
        this.#startNext();
      } catch (error) {
        this.#failed(error);
        return;
      }
      this.#next++;
      this.#retryNs = FIRST_RETRY_NS;
    }
  }

  /** A child has ended, and its resources are free. */
  roomMade(): void {
    if (this.#retry.pending) this.start();
  }

  /** Gives up starting children. */
  abandon(): void {
    this.#retry.del();
    this.#next = this.#parts.options.jobs.length;
  }

  #failed(error: unknown): void {
    const { options, log, loop, living, prefixer, onFailure } = this.#parts;
    const job = options.jobs[this.#next]!;
    if (!(error instanceof HostError)) {
      onFailure(asCliError(error));
      return;
    }
    const why = spawnError(error, job.file, loop.host);
    if (isShortage(error) && living() === 0 && this.#closesPipes()) {
      this.start();
      return;
    }
    const mayPass = living() > 0 || (prefixer?.open ?? 0) > 0;
    if (!isShortage(error) || !mayPass) {
      onFailure(why);
      return;
    }
    this.#retry.modFromNowNs(this.#retryNs);
    const text = `[${this.#next + 1}] waits ${formatDuration(this.#retryNs)}: ${why.message}`;
    const fields = { child: this.#next + 1, errno: error.code };
    log.note('warn', 'spawn_retry', loop.host.clockNs(CLOCK_MONOTONIC), fields, text);
    this.#retryNs = Math.min(2 * this.#retryNs, LAST_RETRY_NS);
  }

  /**
   * Closes the pipes of ended children, which may be all that is in the way. Returns whether one
   * was closed.
   */
  #closesPipes(): boolean {
    const { prefixer } = this.#parts;
    if (prefixer === null) return false;
    const { open } = prefixer;
    prefixer.drain();
    return prefixer.open < open;
  }

  #startNext(): void {
    const { options, rows, loop, prefixer, prefixOf, onStart, callbacksFor } = this.#parts;
    const job = options.jobs[this.#next]!;
    const row = rows[this.#next]!;
    const pipes = prefixer?.openFor(row.number, prefixOf(row.number)) ?? null;
    const startNs = loop.host.clockNs(CLOCK_MONOTONIC);
    let pid: number;
    try {
      const fds = pipes === null ? undefined : [pipes.stdin, pipes.stdout, pipes.stderr];
      pid = this.#spawn(
        {
          file: job.file,
          argv: job.argv,
          fds,
          keepFds: options.passFds,
          ignoreSignals: options.ignoreSignals,
        },
        row,
        callbacksFor(row),
      );
    } catch (error) {
      pipes?.failed();
      throw error;
    }
    pipes?.started();
    row.pid = pid;
    row.startNs = startNs;
    onStart({ row, pid, leads: this.#leads, stopped: false, passed: new Set() });
  }

  get #leads(): boolean {
    return this.#parts.options.group || this.#parts.foreground;
  }

  #spawn(base: SpawnRequest, row: ChildRow, callbacks: ChildCallbacks): number {
    const { killChild } = this.#parts.options;
    if (!this.#kills) return this.#spawnBy(base, row, callbacks);
    try {
      const pdeathsig = killChild ?? SIGTERM;
      return this.#spawnBy({ ...base, pdeathsig }, row, callbacks);
    } catch (error) {
      if (!isMissing(error) || killChild !== undefined) throw error;
      this.#kills = false;
      return this.#spawnBy(base, row, callbacks);
    }
  }

  #spawnBy(base: SpawnRequest, row: ChildRow, callbacks: ChildCallbacks): number {
    const { watch, terminal, foreground } = this.#parts;
    const name = String(row.number);
    const request = this.#leads ? { ...base, pgroup: 0 } : base;
    if (!foreground) return watch.spawn(request, name, callbacks);
    try {
      return watch.spawn({ ...request, foregroundTty: terminal.fd }, name, callbacks);
    } catch (error) {
      // The child has the terminal before its program starts, and may have ended with it.
      terminal.takeBack();
      // A C library before 2.35 cannot do this in the child.
      if (!isMissing(error)) throw error;
    }
    const pid = watch.spawn(request, name, callbacks);
    terminal.give(pid);
    return pid;
  }
}

/** Whether the error means that children cannot be made this way here. */
function isMissing(error: unknown): boolean {
  return error instanceof HostError && error.errno === ENOSYS;
}
