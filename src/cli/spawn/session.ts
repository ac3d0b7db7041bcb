/** Assembles the parts of `qemu-loop --spawn`, runs them, and restores everything. */

import { CLOCK_MONOTONIC, PR_SET_CHILD_SUBREAPER, SIGCHLD, SIGINT } from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Disposable, Host } from '../../host/host.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { ChildWatch } from '../../signal/child-watch.ts';
import { Signals } from '../../signal/signals.ts';
import { EVENT_NAMES } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { disposeAll } from '../exit/dispose-all.ts';
import type { Exit } from '../exit/leave.ts';
import { allWriter } from '../exit/write-all.ts';
import { attachLog } from '../log/chain.ts';
import type { LogWriter } from '../log/log.ts';
import { openLog } from '../log/open-log.ts';
import { newRow, Summary } from '../log/summary.ts';
import { makeWarn, type Warn } from '../log/warn.ts';
import { Outputs } from '../output/outputs.ts';
import { Prefixer } from '../output/prefix.ts';
import { Terminal } from '../terminal/terminal.ts';
import { childColor, colorEnv, paint, wantsColor } from '../text/style.ts';
import { EmptyStdin } from './empty-stdin.ts';
import { forwardedIn, forwardSignals } from './forward.ts';
import type { Interrupted } from './interrupts.ts';
import type { Makers } from './makers.ts';
import type { Options } from './options.ts';
import { dieWithParent } from './pdeathsig.ts';
import { compatText } from './say.ts';
import { type MarkedParts, sessionMarks } from './session-marks.ts';
import type { SessionChildren, SessionParts } from './session-parts.ts';
import { fillSummary } from './session-summary.ts';
import { sessionTracer } from './session-tracer.ts';
import { SpawnTrace } from './spawn-trace.ts';
import { Supervisor } from './supervisor.ts';
import { WatchLog } from './watch-log.ts';
import type { WatchView } from './watch-parts.ts';

/**
 * Runs a session on a host, which may be recorded, or the replay of a record.
 * @throws CliError or HostError if the loop or a child cannot be started
 */
export function playSession(host: Host, options: Options, makers: Makers): Exit {
  const parentPid = host.getppid();
  const undo: Disposable[] = [];
  try {
    return new Session(host, options, makers, undo).run(parentPid);
  } finally {
    disposeAll(undo, allWriter(host, 2));
  }
}

class Session {
  readonly #host: Host;
  readonly #options: Options;
  readonly #undo: Disposable[];
  readonly #outputs: Outputs;
  readonly #log: LogWriter;
  readonly #warn: Warn;
  readonly #summary: Summary;
  readonly #view: WatchView | null;
  readonly #makers: Makers;
  readonly #trace: Tracer;
  /** Whether the process ends at once: signals stay blocked then, or a late one would end us. */
  #exits = false;
  readonly #traceFiles: SpawnTrace | null;
  readonly #marked: Pick<MarkedParts, 'outputs' | 'summary' | 'counts' | 'logState'>;
  /** Whether orphans are ours to end, too. */
  readonly #adopts: boolean;

  constructor(host: Host, options: Options, makers: Makers, undo: Disposable[]) {
    this.#host = host;
    this.#options = options;
    this.#undo = undo;
    this.#makers = makers;
    this.#adopts = options.subreaper || host.getpid() === 1;
    this.#outputs = this.#keep(new Outputs(host));
    this.#trace = sessionTracer(host);
    makers.observe?.(this.#trace);
    this.#traceFiles =
      options.trace === null ? null : this.#keep(new SpawnTrace(host, this.#trace, options.trace));
    if (makers.events !== null) this.#trace.attach(EVENT_NAMES, makers.events.sink);
    const startNs = host.clockNs(CLOCK_MONOTONIC);
    this.#summary = new Summary(options.jobs.map(({ command }, i) => newRow(command, i + 1)));
    this.#summary.startNs = startNs;
    const color = wantsColor(options.color, host.isatty(1), colorEnv(host));
    this.#view =
      makers.watch?.({ host, summary: this.#summary, color, group: options.group }) ?? null;
    const parts = { host, trace: this.#trace, outputs: this.#outputs, startNs };
    const keep = <T extends Disposable>(part: T): T => this.#keep(part);
    const { jsonLog, whyOf } = makers;
    const { log, state } = openLog({ ...parts, jsonLog, whyOf, keep }, options);
    this.#log =
      this.#view === null ? log : new WatchLog(this.#view, log, options.logFile !== undefined);
    const silent = options.quiet && this.#view === null;
    this.#warn = makeWarn(host, this.#log, silent ? this.#outputs : null);
    const counts = attachLog(this.#trace, options.quiet ? 'error' : options.logLevel, this.#log);
    this.#marked = { outputs: this.#outputs, summary: this.#summary, counts, logState: state };
  }

  run(parentPid: number): Exit {
    const parts = this.#build(parentPid);
    const { supervisor, loop, prefixer, signals, watch } = parts;
    this.#makers.onBuilt?.({ loop, summary: this.#summary });
    const outputs = this.#outputs;
    outputs.useLoop(loop);
    this.#traceFiles?.useLoop(loop);
    try {
      supervisor.start();
      if (this.#summary.children.every(({ pid }) => pid > 0)) this.#makers.channel?.close();
      const mark = sessionMarks(this.#host, { ...parts, ...this.#marked });
      while (!supervisor.settled) {
        mark();
        loop.mainLoopWait(false);
      }
      supervisor.awaitOutput();
      while (prefixer?.drain() === false) loop.mainLoopWait(false);
      this.#view?.ended(supervisor.failure === null);
      while (this.#view !== null && !this.#view.done) loop.mainLoopWait(false);
      this.#finish(supervisor, loop, watch, signals);
      outputs.writeOut(loop, (onlyLog) => supervisor.awaitOutput(onlyLog));
      this.#endTrace(supervisor, loop);
    } catch (error) {
      supervisor.killEverybody();
      throw error;
    } finally {
      outputs.useLoop(null);
      this.#traceFiles?.useLoop(null);
    }
    if (supervisor.failure !== null) throw supervisor.failure;
    const lost = outputs.failure(this.#summary.status);
    if (lost !== null) throw lost;
    return this.#exit(supervisor.interrupted);
  }

  /** pid 1 cannot end by a signal. */
  #exit(interrupted: Interrupted): Exit {
    const { status } = this.#summary;
    const bySignal = status === 128 + SIGINT && this.#host.getpid() !== 1 ? interrupted : null;
    // Writing a line about the report could block while signals are blocked.
    this.#exits = this.#options.report === undefined && bySignal === null;
    return { status, interrupted: bySignal };
  }

  #build(parentPid: number): SessionParts {
    const host = this.#host;
    const options = this.#options;
    const terminal = this.#keep(new Terminal(host, this.#view === null));
    const loop = this.#keep(new MainLoop({ host, trace: this.#trace }));
    const signals = this.#buildSignals(loop);
    const children = this.#buildChildren(loop, signals, terminal);
    const { supervisor } = children;
    forwardSignals(
      signals,
      host.getpid(),
      options.rewrite,
      (passing, received) =>
        received === options.recordSignal ? this.#take() : supervisor.pass(passing, received),
      (signo, why) => supervisor.dropped(signo, why),
    );
    this.#traceFiles?.endOnAbort(signals);
    dieWithParent(host, options.pdeathsig, parentPid);
    const parts = { loop, signals, ...children };
    this.#openView(parts, terminal);
    return parts;
  }

  #buildSignals(loop: MainLoop): Signals {
    const signals = new Signals(loop, {
      signals: [SIGCHLD, ...forwardedIn(this.#host), ...(this.#traceFiles?.signals ?? [])],
      sigfd: this.#options.sigfd,
      onProblem: (message) => this.#warn('signalfd', {}, message),
    });
    this.#keep({ dispose: () => this.#exits || signals.dispose() });
    if (signals.refused !== null) {
      const text = compatText(signals.refused);
      this.#note('warn', 'sigfd_compat', text, { errno: signals.refused.code });
    }
    return signals;
  }

  #buildChildren(loop: MainLoop, signals: Signals, terminal: Terminal): SessionChildren {
    const host = this.#host;
    const options = this.#options;
    // Processes that a child leaves behind when a signal ends it then come to us, not to init.
    const subreaper = host.prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (options.subreaper) check(subreaper, 'prctl PR_SET_CHILD_SUBREAPER');
    const watch = this.#keep(
      new ChildWatch({
        loop,
        signals,
        times: loop.pollTimes,
        stops: this.#view === null,
        adopts: true,
        onOrphan: (event) => supervisor.orphanEnded(event),
      }),
    );
    const prefixer = options.prefix ? this.#buildPrefixer(loop) : null;
    const supervisor: Supervisor = new Supervisor(
      {
        host,
        loop,
        signals,
        watch,
        terminal,
        log: this.#log,
        warn: this.#warn,
        summary: this.#summary,
        prefixer,
        prefixOf: (number) => this.#prefixOf(number),
        adopts: this.#adopts,
        dropOutput: () => {
          prefixer?.abandon();
          this.#outputs.drop();
          this.#traceFiles?.giveUp();
        },
      },
      options,
    );
    return { watch, prefixer, supervisor };
  }

  #buildPrefixer(loop: MainLoop): Prefixer {
    const view = this.#view;
    return new Prefixer({
      loop,
      outputFor: (fd) => view?.output ?? this.#outputs.of(fd),
      stdin: view === null ? 0 : this.#keep(new EmptyStdin(this.#host)).fd,
    });
  }

  #openView({ loop, signals, supervisor }: SessionParts, terminal: Terminal): void {
    if (this.#view === null) return;
    this.#keep(this.#view).open({
      loop,
      signals,
      adopts: this.#adopts,
      suspend: () => terminal.suspend(),
      killEverybody: () => supervisor.killEverybody(),
    });
  }

  /** Ends the trace while the loop goes on, which writes the data that waits for its reader. */
  #endTrace(supervisor: Supervisor, loop: MainLoop): void {
    if (this.#traceFiles === null) return;
    supervisor.awaitOutput();
    const text = this.#traceFiles.finish(loop, this.#options.graceNs);
    this.#outputs.of(2).write(2, new TextEncoder().encode(text));
    this.#outputs.writeOut(loop, (onlyLog) => supervisor.awaitOutput(onlyLog));
  }

  #keep<T extends Disposable>(part: T): T {
    this.#undo.push(part);
    return part;
  }

  #finish(supervisor: Supervisor, loop: MainLoop, watch: ChildWatch, signals: Signals): void {
    const summary = this.#summary;
    const { status, why } = supervisor.result();
    // The view's guard is a child of ours, too.
    this.#view?.dispose();
    supervisor.noteLeft();
    summary.endNs = this.#host.clockNs(CLOCK_MONOTONIC);
    fillSummary({ loop, watch, signals, ...this.#marked });
    const lost = this.#outputs.failure(status);
    summary.status = lost?.status ?? status;
    summary.why = lost?.message ?? why;
    this.#log.flush();
    this.#log.summary(summary);
  }

  #prefixOf(number: number): string {
    const color = wantsColor(this.#options.color, this.#host.isatty(1), colorEnv(this.#host));
    return `${paint({ color, width: 0 }, childColor(number), `[${number}]`)} `;
  }

  #take(): void {
    this.#note('info', 'record', `it goes to ${this.#options.record}`);
    this.#log.flush();
    this.#makers.takeRecord?.();
  }

  #note(
    level: 'info' | 'warn',
    what: string,
    text: string,
    fields: Record<string, unknown> = {},
  ): void {
    this.#log.note(level, what, this.#host.clockNs(CLOCK_MONOTONIC), fields, text);
  }
}
