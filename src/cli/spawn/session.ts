/** Assembles the parts of `qemu-loop --spawn`, runs them, and restores everything. */

import {
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  PR_SET_CHILD_SUBREAPER,
  SIGABRT,
  SIGCHLD,
  SIGINT,
} from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Disposable, Host } from '../../host/host.ts';
import { traceClock } from '../../host/linux/fast-clock.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { ChildWatch } from '../../signal/child-watch.ts';
import { Signals } from '../../signal/signals.ts';
import { EVENT_NAMES } from '../../trace/catalogue.ts';
import { traceOrigin } from '../../trace/origin.ts';
import { Tracer } from '../../trace/tracer.ts';
import { visible } from '../../trace/visible.ts';
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
import { childColor, paint, wantsColor } from '../text/style.ts';
import { TraceOutput } from '../trace/trace-output.ts';
import { forwardedIn, forwardSignals } from './forward.ts';
import type { Interrupted } from './interrupts.ts';
import type { Makers } from './makers.ts';
import type { NodeChannel } from './node-channel.ts';
import type { Options } from './options.ts';
import { checkPassedFds } from './pass-fds.ts';
import { dieWithParent } from './pdeathsig.ts';
import { Supervisor } from './supervisor.ts';
import { WatchLog } from './watch-log.ts';
import type { WatchView } from './watch-parts.ts';

/**
 * Runs the session that the options describe to its end.
 * @throws CliError or HostError if the loop or a child cannot be started
 */
export function runSession(options: Options, makers: Makers): Exit {
  const host = new LinuxHost();
  const parentPid = host.getppid();
  const undo: Disposable[] = [host];
  try {
    checkPassedFds(host, options.passFds);
    const { channel } = makers;
    const passFds = channel === null ? options.passFds : [...options.passFds, channel.fd];
    return new Session(host, { ...options, passFds }, makers, undo).run(parentPid);
  } finally {
    disposeAll(undo, allWriter(2));
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
  readonly #channel: NodeChannel | null;
  readonly #trace: Tracer;
  /**
   * Whether the process ends at once: the signals then stay blocked, since a late one would end us
   * instead.
   */
  #exits = false;
  readonly #traceOutput: TraceOutput | null;
  readonly #counts: { readonly wakeups: number };

  constructor(host: Host, options: Options, makers: Makers, undo: Disposable[]) {
    this.#host = host;
    this.#options = options;
    this.#undo = undo;
    this.#channel = makers.channel;
    this.#outputs = this.#keep(new Outputs(host));
    this.#trace = new Tracer(traceClock(host));
    this.#traceOutput = this.#openTrace();
    if (makers.events !== null) this.#trace.attach(EVENT_NAMES, makers.events.sink);
    const startNs = host.clockNs(CLOCK_MONOTONIC);
    this.#summary = new Summary(options.jobs.map(({ command }, i) => newRow(command, i + 1)));
    this.#summary.startNs = startNs;
    const color = wantsColor(options.color, host.isatty(1), process.env);
    this.#view =
      makers.watch?.({ host, summary: this.#summary, color, group: options.group }) ?? null;
    const parts = { host, trace: this.#trace, outputs: this.#outputs, startNs };
    const keep = <T extends Disposable>(part: T): T => this.#keep(part);
    const log = openLog({ ...parts, jsonLog: makers.jsonLog, keep }, options);
    this.#log =
      this.#view === null ? log : new WatchLog(this.#view, log, options.logFile !== undefined);
    const silent = options.quiet && this.#view === null;
    this.#warn = makeWarn(host, this.#log, silent ? this.#outputs : null);
    this.#counts = attachLog(this.#trace, options.quiet ? 'error' : options.logLevel, this.#log);
  }

  run(parentPid: number): Exit {
    const { supervisor, loop, prefixer, signals, watch } = this.#build(parentPid);
    const outputs = this.#outputs;
    outputs.useLoop(loop);
    this.#traceOutput?.useLoop(loop);
    try {
      supervisor.start();
      if (this.#summary.children.every(({ pid }) => pid > 0)) this.#channel?.close();
      while (!supervisor.settled) loop.mainLoopWait(false);
      supervisor.awaitOutput();
      while (prefixer?.drain() === false) loop.mainLoopWait(false);
      this.#view?.ended(supervisor.failure === null);
      while (this.#view !== null && !this.#view.done) loop.mainLoopWait(false);
      this.#finish(supervisor, loop, watch, signals);
      supervisor.awaitOutput();
      while (outputs.waiting) loop.mainLoopWait(false);
      this.#endTrace(supervisor, loop);
    } catch (error) {
      supervisor.killEverybody();
      throw error;
    } finally {
      outputs.useLoop(null);
      this.#traceOutput?.useLoop(null);
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

  #build(parentPid: number) {
    const host = this.#host;
    const options = this.#options;
    const view = this.#view;
    const terminal = this.#keep(new Terminal(host, view === null));
    const loop = this.#keep(new MainLoop({ host, trace: this.#trace }));
    const signals = new Signals(loop, {
      signals: [SIGCHLD, ...forwardedIn(host), ...(this.#traceOutput === null ? [] : [SIGABRT])],
      sigfd: options.sigfd,
      onProblem: (message) => this.#warn('signalfd', {}, message),
    });
    this.#keep({ dispose: () => this.#exits || signals.dispose() });
    if (signals.refused !== null) {
      const { syscall, code } = signals.refused;
      const text = `${syscall}: ${code}: signals come as by --sigfd compat`;
      this.#note('warn', 'sigfd_compat', text, { errno: code });
    }
    const adopts = options.subreaper || host.getpid() === 1;
    // Processes that a child leaves behind when a signal ends it then come to us, not to init.
    const subreaper = host.prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (options.subreaper) check(subreaper, 'prctl PR_SET_CHILD_SUBREAPER');
    const watch = this.#keep(
      new ChildWatch({
        loop,
        signals,
        times: loop.pollTimes,
        stops: view === null,
        adopts: true,
        onOrphan: (event) => supervisor.orphanEnded(event),
      }),
    );
    const prefixer = options.prefix
      ? new Prefixer({
          loop,
          outputFor: (fd) => view?.output ?? this.#outputs.of(fd),
          stdin: view === null ? 0 : this.#openEmpty(),
        })
      : null;
    const supervisor: Supervisor = new Supervisor(
      {
        host,
        loop,
        watch,
        terminal,
        log: this.#log,
        warn: this.#warn,
        summary: this.#summary,
        prefixer,
        prefixOf: (number) => this.#prefixOf(number),
        adopts,
        dropOutput: () => {
          prefixer?.abandon();
          this.#outputs.drop();
          this.#traceOutput?.giveUp();
        },
      },
      options,
    );
    forwardSignals(
      signals,
      options.rewrite,
      (passing, received) => supervisor.pass(passing, received),
      (signo) => supervisor.dropped(signo),
    );
    if (this.#traceOutput !== null) this.#endTraceOnAbort(signals, this.#traceOutput);
    dieWithParent(host, options.pdeathsig, parentPid);
    if (view !== null) {
      this.#keep(view).open({
        loop,
        signals,
        adopts,
        suspend: () => terminal.suspend(),
        killEverybody: () => supervisor.killEverybody(),
      });
    }
    return { supervisor, loop, prefixer, signals, watch };
  }

  #openTrace(): TraceOutput | null {
    const { trace } = this.#options;
    if (trace === null) return null;
    const output = new TraceOutput(this.#trace, trace, traceOrigin(this.#host), this.#host);
    const problems = (): void => {
      const stderr = allWriter(2);
      for (const problem of output.close()) stderr(`qemu-loop: ${visible(problem)}\n`);
    };
    this.#keep({ dispose: problems });
    return output;
  }

  /** Ends the trace while the loop goes on, which writes the data that waits for its reader. */
  #endTrace(supervisor: Supervisor, loop: MainLoop): void {
    if (this.#traceOutput === null) return;
    supervisor.awaitOutput();
    const problems = this.#traceOutput.finish(loop, this.#options.graceNs);
    const text = problems.map((problem) => `qemu-loop: ${visible(problem)}\n`).join('');
    this.#outputs.of(2).write(2, new TextEncoder().encode(text));
    supervisor.awaitOutput();
    while (this.#outputs.waiting) loop.mainLoopWait(false);
  }

  /** SIGABRT would end us before the trace is complete; afterwards it may. */
  #endTraceOnAbort(signals: Signals, output: TraceOutput): void {
    const handler = (): void => {
      output.close();
      signals.dispose();
      this.#host.raise(SIGABRT);
    };
    signals.sigaction(SIGABRT, { name: 'abort', handler });
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
    summary.iterations = loop.iterations;
    summary.wakeups = this.#counts.wakeups;
    summary.sigchlds = watch.sigchlds;
    summary.reaped = watch.reaped;
    summary.signals = signals.counts.records;
    summary.sigfd = signals.sigfd;
    const lost = this.#outputs.failure(status);
    summary.status = lost?.status ?? status;
    summary.why = lost?.message ?? why;
    this.#log.flush();
    const { logLevel } = this.#options;
    if (logLevel !== 'error' && logLevel !== 'warn') this.#log.summary(summary);
  }

  /** A stdin at its end, even if there is no /dev/null. */
  #openEmpty(): number {
    const host = this.#host;
    const pipe: [number, number] = [-1, -1];
    check(host.pipe2(pipe, O_CLOEXEC), 'pipe2');
    host.close(pipe[1]);
    this.#keep({ dispose: () => host.close(pipe[0]) });
    return pipe[0];
  }

  #prefixOf(number: number): string {
    const color = wantsColor(this.#options.color, this.#host.isatty(1), process.env);
    return `${paint({ color, width: 0 }, childColor(number), `[${number}]`)} `;
  }

  #note(level: 'warn', what: string, text: string, fields: Record<string, unknown> = {}): void {
    this.#log.note(level, what, this.#host.clockNs(CLOCK_MONOTONIC), fields, text);
  }
}
