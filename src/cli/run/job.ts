/** One run of one scenario, which can be sent to another process and back. */

import type { QemuVersion } from '../../aio/profile.ts';
import type { Host } from '../../host/host.ts';
import { outside } from '../../host/record/outside.ts';
import type { Choices } from '../../host/sim/choices.ts';
import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/model.ts';
import { parseSchedule } from '../../scenario/orders/schedule.ts';
import { ScheduledChoices, ScheduleError } from '../../scenario/orders/scheduled-choices.ts';
import { ranTooLong, ScenarioEnded } from '../../scenario/run/ended.ts';
import { type RunOptions, type RunResult, runScenario } from '../../scenario/run/run.ts';
import type { World } from '../../scenario/run/world.ts';
import type { TraceOrigin } from '../../trace/backend.ts';
import { visible } from '../../trace/visible.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import { needLinux } from '../exit/need-linux.ts';
import { allWriter } from '../exit/write-all.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import type { RecordTo } from '../record/record-file.ts';
import type { Style } from '../text/style.ts';
import type { Observer } from './observer.ts';
import { LiveLog, ReportPage, TraceFiles } from './observers.ts';
import type { RunWatch } from './run-watch.ts';
import { ThreadLog } from './thread-log.ts';
import { SCREEN_FD } from './worker-fds.ts';

/** The style of the live log, and whether it gives reasons. */
export interface LiveStyle extends Style {
  readonly explain: boolean;
}

/** The record of a job, and the command line that it names. */
export interface AskedRecord extends RecordTo {
  readonly argv: readonly string[];
  /** Whether the parent may ask for it while the run goes on. */
  readonly isAsked: boolean;
}

export interface ScenarioJob {
  readonly file: string;
  readonly text: string;
  /** Overrides the file's QEMU. */
  readonly version?: QemuVersion | undefined;
  readonly host: 'sim' | 'linux';
  /** Overrides the file's seed. */
  readonly seed: number | null;
  /** The one order to run; null if the seed decides. */
  readonly schedule: string | null;
  /** The limit of the run; null for none. */
  readonly timeoutNs: number | null;
  /** How the live log is shown; null if it is not. */
  readonly live: LiveStyle | null;
  readonly trace: TraceOptions | null;
  /** The file of the page that shows the run; null for none. */
  readonly report: string | null;
  /** Its record; null if it is not recorded. */
  readonly record: AskedRecord | null;
  /** Whether to show it on the whole screen, with or without colours; null if not. */
  readonly watch: { readonly color: boolean } | null;
}

/** The result of a job. */
export interface JobResult {
  readonly result: RunResult;
  /** Notes for the person, in whole lines. */
  readonly notes: string;
  /** Whether the person watching it left before its end. */
  readonly left: boolean;
}

const STDERR = 2;

export type MakeWorld = (seed: number, choices?: Choices) => World;

/**
 * The time is checked once in this many waits, and once in this many turns of the work between two
 * waits.
 */
const WAITS = 256;
const TURNS = 1024;

/** The scenario of a job from another process, which has already checked it. */
export function scenarioOf(job: Pick<ScenarioJob, 'text' | 'file' | 'version'>): Scenario {
  const { scenario, problems } = loadScenario(job.text, job.file, job.version);
  if (scenario === null) throw new Error(problems[0]!.message);
  return scenario;
}

/** A run that is recorded. */
export interface Kept {
  /** The kernel, whose answers are recorded. */
  readonly host: Host;
  readonly origin: TraceOrigin;
}

/**
 * @param own the process's own host
 * @param kept null for a run that is not recorded
 * @throws CliError if a file that it writes cannot be opened, or the terminal is not ours
 */
export async function runJob(
  job: ScenarioJob,
  scenario: Scenario,
  makeWorld: MakeWorld,
  own: Host | null,
  kept: Kept | null = null,
): Promise<JobResult> {
  const watch = job.watch === null ? null : await runWatch(needLinux(own), job, job.watch.color);
  for (;;) {
    const observers = await observersOf(job, scenario, own, kept?.origin ?? null);
    // Last, so that the event at which it pauses is in the trace.
    if (watch !== null) observers.push(watch);
    const result = runOnce(job, scenario, makeWorld, observers, kept);
    // A step back is another run, up to there.
    if (watch?.takeAgain()) continue;
    const notes = observers.map((one) => one.finish?.() ?? '').join('');
    return { result, notes, left: watch?.left ?? false };
  }
}

function runOnce(
  job: ScenarioJob,
  scenario: Scenario,
  makeWorld: MakeWorld,
  observers: readonly Observer[],
  kept: Kept | null,
): RunResult {
  const tellEntry: Observer['entry'] = (entry, nowNs) => {
    for (const one of observers) one.entry?.(entry, nowNs);
  };
  const { timeoutNs, schedule } = job;
  const choices = schedule === null ? undefined : new ScheduledChoices(parseSchedule(schedule)!);
  const make = (seed: number): World => makeWorld(seed, choices);
  const result = runScenario(scenario, make, {
    seed: job.seed ?? undefined,
    timeoutNs: timeoutNs ?? undefined,
    ...watchdogs(timeoutNs, kept?.host ?? null),
    onMachine: (machine) => {
      for (const one of observers) one.open(machine);
    },
    onEntry: observers.length === 0 ? undefined : tellEntry,
    onEnd: (ended) => {
      for (const one of observers) one.end(ended);
    },
  });
  if (choices !== undefined) checkFits(choices, job);
  return result;
}

/** @throws CliError if the schedule is one of another file */
function checkFits(choices: ScheduledChoices, { file, watch }: ScenarioJob): void {
  try {
    // A run that is watched may be left before its end.
    choices.check(watch === null);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new CliError(`${visible(file)}: ${error.message}`, EXIT_USAGE);
  }
}

async function runWatch(own: Host, { host }: ScenarioJob, color: boolean): Promise<RunWatch> {
  const { RunWatch } = await import('./run-watch.ts');
  const leave = (): never => {
    throw new ScenarioEnded('it was left before its end');
  };
  // A real run has a process of its own.
  return new RunWatch(own, color, leave, false, host === 'linux' ? [SCREEN_FD] : []);
}

/**
 * Observers of a run, in the order in which they see it.
 * @param own the process's own host
 * @param origin whose trace a recorded run is
 */
export async function observersOf(
  job: Pick<ScenarioJob, 'live' | 'trace' | 'report'>,
  scenario: Scenario,
  own: Host | null,
  origin: TraceOrigin | null,
): Promise<Observer[]> {
  const observers: Observer[] = [];
  if (job.live !== null) {
    const whyOf = job.live.explain ? (await import('../log/why.ts')).whyOf : null;
    const Log = scenario.threaded ? ThreadLog : LiveLog;
    observers.push(new Log(job.live, whyOf, allWriter(own, STDERR)));
  }
  if (job.trace !== null) observers.push(new TraceFiles(job.trace, origin, own));
  if (job.report !== null) observers.push(await reportPage(own, job.report, scenario));
  return observers;
}

async function reportPage(
  own: Host | null,
  out: string,
  { name, file }: Scenario,
): Promise<ReportPage> {
  const { openReport, reportRings } = await import('../report/report-command.ts');
  const title = `${name} (${file})`;
  const ring = openReport(own, out);
  return new ReportPage(ring, (rings) => reportRings(own, rings, { out, title }).text);
}

type Watchdogs = Pick<RunOptions, 'beforeWait' | 'whileBusy'>;

/**
 * Ends a run that takes too long in real time, even a simulated one.
 * @param host a host that is recorded, or replays a record: the record says if the time is up
 */
export function watchdogs(timeoutNs: number | null, host: Host | null): Watchdogs {
  if (timeoutNs === null) return {};
  const endMs = performance.now() + timeoutNs / 1e6;
  const isUp = (): boolean => performance.now() >= endMs;
  const look = host === null ? isUp : () => outside(host, 'is the time up?', isUp);
  return {
    beforeWait: watchdog(timeoutNs, WAITS, look),
    whileBusy: watchdog(timeoutNs, TURNS, look),
  };
}

function watchdog(timeoutNs: number, every: number, isUp: () => boolean): () => void {
  let calls = 0;
  return () => {
    if (++calls % every !== 0 || !isUp()) return;
    throw new ScenarioEnded(ranTooLong(timeoutNs));
  };
}
