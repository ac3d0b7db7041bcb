import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import { CLOCK_MONOTONIC, SIGINT, SIGTERM } from '../../host/constants.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';
import { signalName } from '../../signal/names.ts';
import type { CliError } from '../exit/errors.ts';
import type { LogLevel } from '../log/log.ts';
import type { ChildRow } from '../log/summary.ts';
import { count, formatDuration } from '../text/units.ts';
import type { Passing } from './forward.ts';
import { type Interrupted, Interrupts } from './interrupts.ts';
import { JobControl } from './job-control.ts';
import { Launcher } from './launcher.ts';
import type { Options } from './options.ts';
import { Outcome } from './outcome.ts';
import { OutputGrace } from './output-grace.ts';
import { Processes } from './processes.ts';
import { graceText, leftText, notEnded, passedText, processes, sentText } from './say.ts';
import type { SupervisorParts } from './supervisor-parts.ts';

/** Time between two checks whether a group has gone, which no signal reports. */
const FIRST_LOOK_NS = 10e6;
const LAST_LOOK_NS = 200e6;
/** The least time for processes to die of SIGKILL. */
const DEATH_NS = 1e9;

/**
 * The life of the children: starts them, passes signals on to them, and ends them with SIGTERM,
 * some time, and SIGKILL.
 *
 * `settled` is true when none of them is left, nor any other process that is to end with them.
 */
export class Supervisor {
  settled = false;
  readonly #parts: SupervisorParts;
  readonly #options: Options;
  readonly #launcher: Launcher;
  readonly #jobs: JobControl;
  readonly #processes: Processes;
  readonly #outcome: Outcome;
  readonly #grace: QemuTimer;
  readonly #timeout: QemuTimer;
  readonly #look: QemuTimer;
  #lookNs = FIRST_LOOK_NS;
  readonly #outputGrace: OutputGrace;
  readonly #foreground: boolean;
  #leaving = false;
  /** Whether SIGKILL was sent to the whole pid namespace, which does not tell whom it reached. */
  #killedEverybody = false;
  readonly #interrupts = new Interrupts();
  #toldToEnd = false;

  constructor(parts: SupervisorParts, options: Options) {
    this.#parts = parts;
    this.#options = options;
    const { host, loop, summary } = parts;
    this.#processes = new Processes(host, options, parts.adopts, parts.warn);
    this.#jobs = new JobControl(parts, this.#processes.children);
    this.#outcome = new Outcome(options, summary.children);
    const newTimer = (name: string, fire: () => void): QemuTimer =>
      loop.timers.newTimer(QEMU_CLOCK_REALTIME, name, fire);
    this.#grace = newTimer('grace', () => this.#killAll(graceText(options.graceNs)));
    this.#outputGrace = new OutputGrace(loop, options.graceNs, parts.dropOutput);
    this.#timeout = newTimer('timeout', () => this.#timeIsUp());
    this.#look = newTimer('group-look', () => this.#checkEnd());
    const alone = options.jobs.length === 1 && (options.transparent || options.group);
    this.#foreground = parts.terminal.canLend && alone;
    this.#launcher = new Launcher({
      ...parts,
      options,
      rows: summary.children,
      foreground: this.#foreground,
      callbacksFor: (row) => ({
        onEnd: (event) => this.#childEnded(row, event),
        onStatus: (event) => this.#jobs.changed(event),
      }),
      onStart: (child) => {
        this.#processes.started(child);
        if (this.#foreground) this.#jobs.given(child);
      },
      living: () => this.#processes.children.size,
      onFailure: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#processes.families.begin();
    if (this.#options.timeoutNs !== undefined) this.#timeout.modFromNowNs(this.#options.timeoutNs);
    this.#launcher.start();
    this.#checkEnd();
  }

  /** A signal for the children has come. */
  pass(passing: Passing, received: number): void {
    const { signo } = passing;
    // --rewrite changes the signal that the children get, not that they must end.
    const ends = [signo, received].some((one) => one === SIGINT || one === SIGTERM);
    this.#toldToEnd ||= ends;
    if (this.settled) {
      if (ends) this.#parts.dropOutput();
      return;
    }
    const passed = this.#processes.pass(passing, ends);
    const fields = { signo: received, as: signo, sent: passed.sent };
    this.#note('info', 'forward_signal', fields, passedText(signo, received, passed));
    this.#jobs.passed(passing);
    if (!ends) return;
    this.#abandon(128 + signo);
    const { terminal, host } = this.#parts;
    const byTerminal = passing.fromTerminal ?? terminal.isOurs;
    if (received === SIGINT) this.#interrupts.add(byTerminal, host.clockNs(CLOCK_MONOTONIC));
    if (this.#interrupts.received >= 2 && !this.#processes.killed) this.#killAll('second SIGINT');
    else if (!this.#grace.pending) this.#grace.modFromNowNs(this.#options.graceNs);
  }

  dropped(signo: number, why: string): void {
    this.#note('info', 'drop_signal', { signo }, `${signalName(signo)}, ${why}`);
  }

  /** A process has ended that we adopted, or that was there before. */
  orphanEnded(event: ChildEvent): void {
    const { summary, host } = this.#parts;
    summary.orphans++;
    summary.latencies.add(event.latencyNs, event.latencyIsBound);
    const { row, told } = this.#processes.orphanEnded(event);
    if (row !== null) this.#outcome.ended(row, event, host.clockNs(CLOCK_MONOTONIC));
    this.#noteTold(told);
    if (this.#leaving) this.#endLeftovers();
    else this.#checkEnd();
  }

  /** The exit status of the command, and the reason. Valid once settled. */
  result(): { status: number; why: string } {
    return this.#outcome.result();
  }

  /** All that decides what it does next, beside the loop's timers: for the marks of a record. */
  get state(): readonly unknown[] {
    const own = [this.#leaving, this.#killedEverybody, this.#toldToEnd, this.#lookNs];
    const { failure, timedOut } = this.#outcome;
    const rest = [this.#launcher.pending, failure?.message, timedOut, this.settled];
    const parts = [this.#interrupts.state, this.#jobs.state, this.#processes.state];
    return [...own, ...rest, ...parts];
  }

  get interrupted(): Interrupted {
    return this.#interrupts.interrupted;
  }

  get failure(): CliError | null {
    return this.#outcome.failure;
  }

  /**
   * All children have ended. Their output, and the summary after it, may wait for the reader. It
   * waits for ever, as a program's own output would, unless we were told to end, or only a file of
   * ours waits: then only for the time of --grace, from the first call of this.
   */
  awaitOutput(onlyOurs = false): void {
    if (this.#toldToEnd || onlyOurs) this.#outputGrace.begin();
  }

  /** Reports the processes that go on without us. */
  noteLeft(): void {
    const { families, sender } = this.#processes;
    const pids = families.left();
    if (pids === null || this.failure !== null) return;
    const text = leftText(pids.map((pid) => sender.name(pid)));
    this.#note('warn', 'left_running', { pids }, text);
  }

  /** Something has gone wrong in us, or the person will not wait: nobody may be left behind. */
  killEverybody(): void {
    const { refused } = this.#processes.kill(true);
    if (refused.length > 0) this.#giveUp(refused);
  }

  #childEnded(row: ChildRow, event: ChildEvent): void {
    const { summary, host } = this.#parts;
    this.#outcome.ended(row, event, host.clockNs(CLOCK_MONOTONIC));
    summary.latencies.add(event.latencyNs, event.latencyIsBound);
    const passed = this.#processes.children.get(event.pid)?.passed;
    if (this.#foreground) this.#interrupts.holderEnded(event, passed);
    this.#jobs.ended(event.pid);
    this.#launcher.roomMade();
    this.#noteTold(this.#processes.childEnded(row, event));
    this.#checkEnd();
  }

  #noteTold(pids: readonly number[]): void {
    if (pids.length === 0) return;
    const text = `passed on to ${processes(pids.length)} left behind`;
    this.#note('info', 'end_leftovers', { pids }, text);
  }

  #checkEnd(): void {
    if (this.#processes.children.size > 0 || this.#launcher.pending || this.#leaving) return;
    const { families } = this.#processes;
    if (families.awaited) {
      if (families.mustLook) {
        this.#look.modFromNowNs(this.#lookNs);
        this.#lookNs = Math.min(2 * this.#lookNs, LAST_LOOK_NS);
      }
      return;
    }
    this.#leaving = true;
    this.#timeout.del();
    this.#look.del();
    // After the order to end there is only one --grace, including for processes left behind.
    if (!this.#toldToEnd) this.#grace.del();
    this.#endLeftovers();
  }

  /** Tells adopted processes to end, including those adopted while they do. */
  #endLeftovers(): void {
    const { leftovers, killed } = this.#processes;
    if (!leftovers.any) {
      this.#grace.del();
      this.settled = true;
      return;
    }
    if (killed) {
      const { sent, refused } = leftovers.kill();
      if (refused.length > 0) this.#giveUp(refused);
      // Nothing tells whether those that /proc hides die, or were not reached.
      else if (sent === 0 && !this.#grace.pending) this.#grace.modFromNowNs(DEATH_NS);
      return;
    }
    const told = leftovers.tell();
    if (told.sent > 0) {
      const text = `SIGTERM to ${sentText(told)} left behind`;
      this.#note('info', 'end_leftovers', { processes: told.sent }, text);
    }
    if (!this.#grace.pending) this.#grace.modFromNowNs(this.#options.graceNs);
  }

  #timeIsUp(): void {
    this.#outcome.timedOut = true;
    this.#toldToEnd = true;
    const { timeoutNs, timeoutSignal: signo } = this.#options;
    const sent = this.#endAll(signo);
    const text = `${formatDuration(timeoutNs!)} are over: ${signalName(signo)} to ${count(sent, 'child', 'children')}`;
    this.#note('warn', 'timeout', { children: sent, signo }, text);
  }

  #fail(error: CliError): void {
    this.#outcome.failure ??= error;
    this.#endAll(SIGTERM);
    this.#checkEnd();
  }

  /** Returns the number of children that the signal was sent to. */
  #endAll(signo: number): number {
    this.#abandon(128 + SIGTERM);
    const { sent } = this.#processes.end(signo);
    const { children, families } = this.#processes;
    const waits = children.size > 0 || families.awaited;
    if (waits && !this.#grace.pending) this.#grace.modFromNowNs(this.#options.graceNs);
    return sent;
  }

  #killAll(why: string): void {
    this.#grace.del();
    const sending = this.#processes.kill(this.#leaving);
    const { sent, refused, everybody = false } = sending;
    this.#note('warn', 'kill', { processes: sent }, `${why}: SIGKILL to ${sentText(sending)}`);
    if (refused.length > 0) this.#giveUp(refused);
    if (refused.length > 0 || !this.#leaving || !this.#processes.leftovers.any) return;
    if (sent === 0 || this.#killedEverybody) this.#giveUp([]);
    else if (everybody) this.#grace.modFromNowNs(Math.max(this.#options.graceNs, DEATH_NS));
    this.#killedEverybody ||= everybody;
  }

  /**
   * These processes cannot be ended, and so are not waited for.
   * @param targets pids, and -pgid for groups; empty if they are unknown
   */
  #giveUp(targets: readonly number[]): void {
    const names = targets.map((target) => this.#processes.sender.name(target));
    this.#outcome.failure ??= notEnded(names, this.#parts.host.getpid() === 1);
    for (const target of targets) this.#processes.giveUp(target);
    if (targets.length === 0) this.settled = true;
    else if (this.#leaving) this.#endLeftovers();
    else this.#checkEnd();
  }

  #abandon(status: number): void {
    if (!this.#launcher.pending) return;
    this.#outcome.abandonedStatus = status;
    this.#launcher.abandon();
    this.#checkEnd();
  }

  #note(level: LogLevel, what: string, fields: Record<string, unknown>, text: string): void {
    this.#parts.log.note(level, what, this.#parts.host.clockNs(CLOCK_MONOTONIC), fields, text);
  }
}
