/** A run of a scenario, made again from its record: without the kernel, and without its children. */

import type { Host } from '../../host/host.ts';
import { HostGone } from '../../host/host-gone.ts';
import type { RecordFile } from '../../host/record/file.ts';
import { ReplayHost } from '../../host/record/replay-host.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import type { Scenario } from '../../scenario/model.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import { NOTHING_RAN } from '../../scenario/run/not-run.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import { type RunResult, runScenario } from '../../scenario/run/run.ts';
import { EVENT_NAMES } from '../../trace/catalogue.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError, EXIT_INTERNAL, EXIT_LEFT } from '../exit/errors.ts';
import { needLinux } from '../exit/need-linux.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import { notOurs } from '../record/read-record.ts';
import { beyondEnd, endedText, replayEnd } from '../record/replay-end.ts';
import type { Style } from '../text/style.ts';
import { AioPollRounds, MainLoopRounds } from '../watch/rounds.ts';
import type { CommandOutput } from './check-command.ts';
import { orderText } from './hosts.ts';
import { observersOf, scenarioOf, watchdogs } from './job.ts';
import type { Observer } from './observer.ts';
import { ASKED_ONCE, outcomeOf } from './outcome.ts';
import type { RecordedRun } from './recorded-run.ts';
import { PrettyReporter } from './reporters/pretty.ts';

export interface ReplayRunOptions {
  /** The path of the record, for messages. */
  readonly path: string;
  /** The last iteration to replay; undefined: all. */
  readonly to: number | undefined;
  readonly trace: TraceOptions | null;
  readonly report: string | undefined;
  readonly explain: boolean;
  readonly style: Style;
  /** Whether to show it on the whole screen, and read its keys. */
  readonly watch: boolean;
}

/** A run as far as its record went. */
interface Replayed {
  /** Null if it did not come to its end. */
  readonly result: RunResult | null;
  readonly entries: readonly LogEntry[];
  /** The error that ended the replay; null if it came to the end of the record. */
  readonly ended: Error | null;
  /** The last iteration that began; 0 if the replay has no end of its own. */
  readonly last: number;
}

/**
 * Replays the record of a scenario. Returns the exit status of the run; 125 if the record ends
 * before the run, or the replay differs from it.
 */
export async function replayRun(
  own: Host | null,
  record: RecordFile,
  options: ReplayRunOptions,
  { out, err }: CommandOutput,
): Promise<number> {
  const startMs = performance.now();
  const program = record.header.program as unknown as RecordedRun;
  const scenario = recordedScenario(options.path, record);
  const { trace, report = null, style, explain } = options;
  const live = program.isLive || explain ? { ...style, explain } : null;
  const player = new RunPlayer(record, scenario);
  const watch = options.watch ? await openWatch(needLinux(own), player, options) : null;
  const seen = watch === null ? live : null;
  let observers: Observer[];
  let played: Replayed;
  do {
    observers = await observersOf({ live: seen, trace, report }, scenario, own, program.origin);
    if (watch !== null) observers.push(watch);
    played = player.play(observers, watch === null ? options.to : undefined);
    // A step back is another run, up to there.
  } while (watch?.takeAgain());
  const { result, entries, ended, last } = played;
  if (watch?.left) {
    err(`qemu-loop: ${visible(options.path)} was left before its end\n`);
    return EXIT_LEFT;
  }
  if (ended !== null && live === null) out(orderText({ order: entries }));
  const notes = observers.map((one) => one.finish?.() ?? '').join('');
  if (ended !== null) {
    err(`${notes}${endedText(ended, options.path, record)}`);
    return replayEnd(ended);
  }
  if (result === null) return EXIT_INTERNAL;
  const reporter = new PrettyReporter(out, style, null);
  const outcome = outcomeOf([result], ASKED, performance.now() - startMs);
  reporter.begin(1);
  reporter.outcome(outcome);
  err(notes + (watch === null ? beyondEnd(options.path, options.to, last) : ''));
  return outcome.status;
}

/** @throws CliError if this version cannot load it */
function recordedScenario(path: string, record: RecordFile): Scenario {
  try {
    return scenarioOf(record.header.program as unknown as RecordedRun);
  } catch (error) {
    const why = asCliError(error).message;
    throw notOurs(path, record, `this version cannot load its scenario: ${why}`);
  }
}

const ASKED = { ...ASKED_ONCE, host: 'linux', options: '' } as const;

/** The result of a run that did not come to its end, for its observers. */
function partOf({ file, seed }: RecordedRun, { message }: Error): RunResult {
  const failures = [{ kind: 'error' as const, message, at: null }];
  const rest = { ...NOTHING_RAN, seed: seed ?? 1, status: 3 as const, failures };
  return { ...rest, file, name: file, host: 'linux' };
}

/** Shows the run on the whole screen; the first stop is after the iteration that `to` names. */
async function openWatch(own: Host, player: RunPlayer, options: ReplayRunOptions) {
  const { RunWatch } = await import('./run-watch.ts');
  const watch = new RunWatch(own, options.style.color, () => player.leave(), true);
  if (options.to !== undefined) watch.startAt(options.to + 1);
  return watch;
}

/** Makes the run of a record as often as it is asked to. */
class RunPlayer {
  readonly #record: RecordFile;
  readonly #scenario: Scenario;
  #host: ReplayHost | null = null;

  constructor(record: RecordFile, scenario: Scenario) {
    this.#record = record;
    this.#scenario = scenario;
  }

  /** Ends the run that is being made. */
  leave(): never {
    return this.#host!.stop(0);
  }

  /** @param to the last iteration; undefined: all */
  play(observers: readonly Observer[], to: number | undefined): Replayed {
    const program = this.#record.header.program as unknown as RecordedRun;
    const { seed, timeoutNs } = program;
    const host = new ReplayHost(this.#record, new SimHost());
    this.#host = host;
    let isOver = false;
    const end = (ended: RunResult): void => {
      if (isOver) return;
      isOver = true;
      for (const one of observers) one.end(ended);
    };
    // Events of the closing, which come later, do not belong to the run.
    host.onEnded = (error) => end(partOf(program, error));
    const entries: LogEntry[] = [];
    let result: RunResult | null = null;
    let last = (): number => 0;
    try {
      result = runScenario(this.#scenario, () => new LinuxWorld(host), {
        seed: seed ?? undefined,
        timeoutNs: timeoutNs ?? undefined,
        ...watchdogs(timeoutNs, host),
        onMachine: (machine) => {
          host.placeBy(() => machine.main.iteration);
          if (to !== undefined) last = stopAfter(to, machine, host);
          for (const one of observers) one.open(machine);
        },
        onEntry: (entry, nowNs) => {
          entries.push(entry);
          for (const one of observers) one.entry?.(entry, nowNs);
        },
        onEnd: (ended) => {
          result = ended;
          end(ended);
        },
      });
      if (host.ended === null) host.finish();
    } catch (error) {
      if (host.ended === null && !(error instanceof HostGone)) throw error;
    }
    return { result, entries, ended: host.ended, last: last() };
  }
}

/** Ends the replay when a later iteration begins. Returns the last one that has begun. */
function stopAfter(to: number, { main, scenario }: Machine, host: ReplayHost): () => number {
  let last = 0;
  const rounds = scenario.drive === 'aio_poll' ? new AioPollRounds() : new MainLoopRounds();
  main.trace.attach(EVENT_NAMES, (id, _timeNs, ...args) => {
    const mark = rounds.at(id, args);
    if (mark?.kind !== 'begin') return;
    last = mark.iteration;
    if (last > to) host.stop(last);
  });
  return () => last;
}
