/** A run of a scenario, made again from its record: without the kernel, and without its children. */

import type { Host } from '../../host/host.ts';
import type { RecordFile } from '../../host/record/file.ts';
import { ReplayHost } from '../../host/record/replay-host.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import type { Scenario } from '../../scenario/model.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import { NOTHING_RAN, type RunResult, runScenario } from '../../scenario/run/run.ts';
import { EVENT_NAMES } from '../../trace/catalogue.ts';
import { EXIT_INTERNAL } from '../exit/errors.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import { endedText, replayEnd } from '../record/replay-end.ts';
import type { Style } from '../text/style.ts';
import { AioPollRounds, MainLoopRounds } from '../watch/rounds.ts';
import type { CommandOutput } from './check-command.ts';
import { orderText } from './hosts.ts';
import { observersOf, scenarioOf, watchdogs } from './job.ts';
import type { Observer } from './observer.ts';
import { outcomeOf } from './outcome.ts';
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
}

/** A run as far as its record went. */
interface Replayed {
  /** Null if it did not come to its end. */
  readonly result: RunResult | null;
  readonly entries: readonly LogEntry[];
  /** The error that ended the replay; null if it came to the end of the record. */
  readonly ended: Error | null;
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
  const scenario = scenarioOf(program);
  const { trace, report = null, style, explain } = options;
  const live = program.isLive || explain ? { ...style, explain } : null;
  const observers = await observersOf({ live, trace, report }, scenario, own, program.origin);
  const { result, entries, ended } = play(record, scenario, observers, options.to);
  if (ended !== null) {
    if (live === null) out(orderText({ order: entries }));
  }
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
  err(notes);
  return outcome.status;
}

const ASKED = {
  host: 'linux',
  leftOut: [],
  seed: null,
  isOneOfSeeds: false,
  run: null,
  isCompared: false,
  options: '',
} as const;

/** The result of a run that did not come to its end, for its observers. */
function partOf({ file, seed }: RecordedRun, { message }: Error): RunResult {
  const failures = [{ kind: 'error' as const, message, at: null }];
  const rest = { ...NOTHING_RAN, seed: seed ?? 1, status: 3 as const, failures };
  return { ...rest, file, name: file, host: 'linux' };
}

function play(
  record: RecordFile,
  scenario: Scenario,
  observers: readonly Observer[],
  to: number | undefined,
): Replayed {
  const program = record.header.program as unknown as RecordedRun;
  const { seed, timeoutNs } = program;
  const host = new ReplayHost(record, new SimHost());
  // Events of the closing, which come later, do not belong to the run.
  host.onEnded = (error) => {
    for (const one of observers) one.end(partOf(program, error));
  };
  const entries: LogEntry[] = [];
  let result: RunResult | null = null;
  try {
    result = runScenario(scenario, () => new LinuxWorld(host), {
      seed: seed ?? undefined,
      timeoutNs: timeoutNs ?? undefined,
      ...watchdogs(timeoutNs, host),
      onMachine: (machine) => {
        host.placeBy(() => machine.main.iteration);
        if (to !== undefined) stopAfter(to, machine, host);
        for (const one of observers) one.open(machine);
      },
      onEntry: (entry, nowNs) => {
        entries.push(entry);
        for (const one of observers) one.entry?.(entry, nowNs);
      },
      onEnd: (ended) => {
        for (const one of observers) one.end(ended);
      },
    });
    if (host.ended === null) host.finish();
  } catch (error) {
    if (host.ended === null) throw error;
  }
  return { result, entries, ended: host.ended };
}

/** Ends the replay when a later iteration begins. */
function stopAfter(to: number, { main, scenario }: Machine, host: ReplayHost): void {
  const rounds = scenario.drive === 'aio_poll' ? new AioPollRounds() : new MainLoopRounds();
  main.trace.attach(EVENT_NAMES, (id, _timeNs, ...args) => {
    const mark = rounds.at(id, args);
    if (mark?.kind === 'begin' && mark.iteration > to) host.stop(mark.iteration);
  });
}
