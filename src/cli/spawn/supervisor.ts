import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import {
  CLOCK_MONOTONIC,
  SIGCONT,
  SIGINT,
  SIGKILL,
  SIGTERM,
  SIGTSTP,
} from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildCallbacks, ChildEvent, ChildWatch } from '../../signal/child-watch.ts';
import { signalName } from '../../signal/names.ts';
import { type CliError, EXIT_TIMEOUT } from '../exit/errors.ts';
import { endText, shellStatus, verdict } from '../exit/exit-status.ts';
import type { LogLevel, LogWriter } from '../log/log.ts';
import type { ChildRow, Report } from '../log/summary.ts';
import type { Prefixer } from '../output/prefix.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { count, formatDuration } from '../text/units.ts';
import type { Passing } from './forward.ts';
import { JobControl } from './job-control.ts';
import { type Child, Launcher } from './launcher.ts';
import { EVERYBODY, Leftovers } from './leftovers.ts';
import type { Options } from './options.ts';

export interface SupervisorParts {
  readonly host: Host;
  readonly loop: MainLoop;
  readonly watch: ChildWatch;
  readonly terminal: Terminal;
  readonly log: LogWriter;
  readonly report: Report;
  readonly prefixer: Prefixer | null;
  readonly prefixOf: (number: number) => string;
  /** Whether every child of this process is ours to reap, and to end at last. */
  readonly adopts: boolean;
  /** Discards output that nobody reads. */
  readonly dropOutput: () => void;
}

/**
 * The life of the children: starts them, passes signals on to them, and ends them with SIGTERM,
 * some time, and SIGKILL.
 *
 * `settled` is true when none of them is left, nor any orphan that we adopted.
 */
export class Supervisor {
  settled = false;
  readonly #parts: SupervisorParts;
  readonly #options: Options;
  readonly #launcher: Launcher;
  readonly #jobs: JobControl;
  readonly #grace: QemuTimer;
  readonly #timeout: QemuTimer;
  #outputGrace: QemuTimer | null = null;
  /** By pid, in order of start. */
  readonly #children = new Map<number, Child>();
  readonly #statuses: (number | undefined)[];
  readonly #ended: number[] = [];
  readonly #leftovers: Leftovers;
  #leaving = false;
  #interrupts = 0;
  #toldToEnd = false;
  #timedOut = false;
  #failure: CliError | null = null;
  /** Whether SIGKILL was sent; processes adopted afterwards get it too. */
  #killed = false;
  /** The exit status for children that were never started. */
  #abandonedStatus = 125;

  constructor(parts: SupervisorParts, options: Options) {
    this.#parts = parts;
    this.#options = options;
    const { host, loop, terminal, report, log } = parts;
    this.#jobs = new JobControl(host, terminal, log, this.#children);
    this.#leftovers = new Leftovers(host, parts.adopts);
    this.#statuses = options.jobs.map(() => undefined);
    const timer = (name: string, fire: () => void): QemuTimer =>
      loop.timers.newTimer(QEMU_CLOCK_REALTIME, name, fire);
    this.#grace = timer('grace', () =>
      this.#killAll(`${formatDuration(options.graceNs)} grace are over`),
    );
    this.#timeout = timer('timeout', () => this.#timeIsUp());
    const alone = options.jobs.length === 1 && (options.transparent || options.group);
    const foreground = terminal.canLend && alone;
    this.#launcher = new Launcher({
      ...parts,
      jobs: options.jobs,
      passFds: options.passFds,
      rows: report.children,
      leads: options.group || foreground,
      foreground,
      callbacksFor: (row) => this.#callbacksFor(row),
      onStart: (child) => {
        this.#children.set(child.pid, child);
        if (foreground) this.#jobs.given(child);
      },
      living: () => this.#children.size,
      onFailure: (error) => this.#fail(error),
    });
  }

  start(): void {
    if (this.#options.timeoutNs !== undefined) this.#timeout.modFromNowNs(this.#options.timeoutNs);
    this.#launcher.start();
    this.#checkEnd();
  }

  /** A signal for the children has come. */
  pass(passing: Passing, received: number): void {
    const { signo } = passing;
    // --rewrite changes the signal that the children get, not that they must end.
    const interrupts = signo === SIGINT || received === SIGINT;
    const ends = interrupts || signo === SIGTERM || received === SIGTERM;
    this.#toldToEnd ||= ends;
    if (this.settled) {
      if (ends) this.#parts.dropOutput();
      return;
    }
    const as = signo === received ? '' : ` as ${signalName(signo)}`;
    const targets = [...this.#children.values()].filter((child) => child.leads || !passing.toGroup);
    const has = this.#children.size - targets.length;
    const to = count(targets.length, 'child', 'children');
    const text = `${signalName(received)}${as} to ${has > 0 ? 'all, by the terminal' : to}`;
    this.#note(
      'info',
      'forward_signal',
      { signo: received, as: signo, sent: targets.length },
      text,
    );
    if (signo === SIGTSTP) this.#jobs.toldToStop(passing.toGroup);
    for (const child of targets) this.#send(child, passing);
    if (signo === SIGCONT) this.#jobs.resumed();
    if (!ends) return;
    this.#abandon(128 + signo);
    if (interrupts) this.#interrupts++;
    if (this.#interrupts >= 2 && !this.#killed) this.#killAll('second SIGINT');
    else if (!this.#grace.pending) this.#grace.modFromNowNs(this.#options.graceNs);
  }

  dropped(signo: number): void {
    this.#note('info', 'drop_signal', { signo }, `${signalName(signo)}, as --rewrite says`);
  }

  /** An adopted process has ended. */
  orphanEnded(event: ChildEvent): void {
    this.#parts.report.orphans++;
    this.#parts.report.latencies.add(event.latencyNs, event.latencyIsBound);
    this.#leftovers.ended(event.pid);
    if (this.#leaving) this.#endLeftovers();
  }

  /** The exit status of the command, and the reason. Valid once settled. */
  result(): { status: number; why: string } {
    const { jobs, success, okExit } = this.#options;
    if (this.#failure !== null) return { status: this.#failure.status, why: this.#failure.message };
    if (this.#timedOut) return { status: EXIT_TIMEOUT, why: 'the time of --timeout was up' };
    const statuses = jobs.map((_, i) => this.#statuses[i] ?? this.#abandonedStatus);
    jobs.forEach((_, i) => {
      if (!this.#ended.includes(i)) this.#ended.push(i);
    });
    const { status, child } = verdict(statuses, this.#ended, success, okExit);
    if (child === undefined) return { status, why: 'all is well' };
    const row = this.#parts.report.children[child]!;
    const what = row.code === 0 ? 'was not started' : `ended with ${endText(row.code, row.status)}`;
    return { status, why: `[${row.number}] ${what}` };
  }

  /**
   * All children have ended. Their output, and the summary after it, may wait for the reader. It
   * waits for ever, as a program's own output would, unless we were told to end: then only for the
   * time of --grace, from the first call of this.
   */
  awaitOutput(): void {
    if (!this.#toldToEnd) return;
    const { loop, dropOutput } = this.#parts;
    if (this.#outputGrace === null) {
      this.#outputGrace = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'output-grace', dropOutput);
      this.#outputGrace.modFromNowNs(this.#options.graceNs);
    } else if (!this.#outputGrace.pending) dropOutput();
  }

  get failure(): CliError | null {
    return this.#failure;
  }

  /**
   * Something has gone wrong in us, or the person will not wait any longer: nobody may be left
   * behind.
   */
  killEverybody(): void {
    const { host } = this.#parts;
    for (const child of this.#children.values())
      host.kill(child.leads ? -child.pid : child.pid, SIGKILL);
    this.#leftovers.kill();
  }

  #callbacksFor(row: ChildRow): ChildCallbacks {
    return {
      onEnd: (event) => this.#childEnded(row, event),
      onStatus: (event) => this.#jobs.changed(event),
    };
  }

  #childEnded(row: ChildRow, event: ChildEvent): void {
    const { report, host } = this.#parts;
    const { pid, code, status, utimeNs, stimeNs, maxrssKiB } = event;
    Object.assign(row, { code, status, utimeNs, stimeNs, maxrssKiB });
    row.endNs = host.clockNs(CLOCK_MONOTONIC) - event.latencyNs;
    report.latencies.add(event.latencyNs, event.latencyIsBound);
    this.#statuses[row.number - 1] = shellStatus(event);
    this.#ended.push(row.number - 1);
    this.#children.delete(pid);
    this.#jobs.ended(pid);
    this.#launcher.roomMade();
    this.#checkEnd();
  }

  #checkEnd(): void {
    if (this.#children.size > 0 || this.#launcher.pending || this.#leaving) return;
    this.#leaving = true;
    this.#timeout.del();
    // After the order to end there is only one --grace, including for processes left behind.
    if (!this.#toldToEnd) this.#grace.del();
    this.#endLeftovers();
  }

  /** Tells adopted processes to end, including those adopted while they do. */
  #endLeftovers(): void {
    if (!this.#leftovers.any) {
      this.#grace.del();
      this.settled = true;
      return;
    }
    if (this.#killed) {
      this.#leftovers.kill();
      return;
    }
    const fresh = this.#leftovers.tell();
    if (fresh.length > 0) {
      const text = `SIGTERM to ${processes(fresh)} left behind`;
      this.#note('info', 'end_leftovers', { pids: fresh }, text);
    }
    if (!this.#grace.pending) this.#grace.modFromNowNs(this.#options.graceNs);
  }

  #timeIsUp(): void {
    this.#timedOut = true;
    this.#toldToEnd = true;
    const text = `${formatDuration(this.#options.timeoutNs!)} are over: SIGTERM to ${count(this.#children.size, 'child', 'children')}`;
    this.#note('warn', 'timeout', { children: this.#children.size }, text);
    this.#endAll();
  }

  #fail(error: CliError): void {
    this.#failure ??= error;
    this.#endAll();
    this.#checkEnd();
  }

  #endAll(): void {
    this.#abandon(128 + SIGTERM);
    for (const child of this.#children.values()) {
      this.#kill(child, SIGTERM);
      // A stopped child could not end.
      this.#kill(child, SIGCONT);
    }
    if (this.#children.size > 0) this.#grace.modFromNowNs(this.#options.graceNs);
  }

  #killAll(why: string): void {
    this.#killed = true;
    for (const child of this.#children.values()) this.#kill(child, SIGKILL);
    const left = this.#leaving ? this.#leftovers.kill() : [];
    const pids = [...this.#children.keys(), ...left];
    const text = `${why}: SIGKILL to ${processes(pids)}`;
    this.#note('warn', 'kill', { processes: pids.length }, text);
  }

  #abandon(status: number): void {
    if (!this.#launcher.pending) return;
    this.#abandonedStatus = status;
    this.#launcher.abandon();
    this.#checkEnd();
  }

  #send(child: Child, { signo, value }: Passing): void {
    if (value !== undefined && !this.#options.group) {
      this.#parts.host.sigqueue(child.pid, signo, value);
    } else {
      this.#kill(child, signo);
    }
  }

  #kill(child: Child, signo: number): void {
    const toGroup = this.#options.group && child.leads;
    this.#parts.host.kill(toGroup ? -child.pid : child.pid, signo);
  }

  #note(level: LogLevel, what: string, fields: Record<string, unknown>, text: string): void {
    this.#parts.log.note(level, what, this.#parts.host.clockNs(CLOCK_MONOTONIC), fields, text);
  }
}

function processes(pids: readonly number[]): string {
  return pids.includes(EVERYBODY) ? 'all processes' : count(pids.length, 'process', 'processes');
}
