import type { QemuVersion } from '../../aio/profile.ts';
import type { Host } from '../../host/host.ts';
import type { Scenario } from '../../scenario/model.ts';
import { formatProblem } from '../../scenario/problem.ts';
import type { HostName } from '../../scenario/run/run.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import { durationText } from '../../scenario/values.ts';
import { visible } from '../../trace/visible.ts';
import { CliError, EXIT_LEFT, EXIT_USAGE } from '../exit/errors.ts';
import { needLinux } from '../exit/need-linux.ts';
import { checkOutputs } from '../options/output-files.ts';
import { outputsOf, type TraceOptions } from '../options/trace-options.ts';
import type { QemuHost, QemuHostOptions } from '../qemu/qemu-host.ts';
import { otherLoops } from '../qemu/version.ts';
import { narrowed } from '../text/narrowed.ts';
import { type Style, shellWord } from '../text/style.ts';
import type { CommandOutput } from './check-command.ts';
import { findScenarios } from './files.ts';
import { absent, HOSTS, orderText, placesFor, type Runners } from './hosts.ts';
import { inOrder } from './in-order.ts';
import { type MakeWorld, runJob, type ScenarioJob } from './job.ts';
import {
  type AskedOutcome,
  type LeftOut,
  type Outcome,
  outcomeOf,
  type Reporter,
  type Unread,
} from './outcome.ts';
import { ScenarioPool } from './pool.ts';
import { readScenario } from './read-scenario.ts';
import { ownLoopOption, refuseMany, refuseRecord } from './refusals.ts';
import { ExpectReporter } from './reporters/expect.ts';
import { JsonReporter } from './reporters/json.ts';
import { JunitReporter } from './reporters/junit.ts';
import { PrettyReporter } from './reporters/pretty.ts';
import { TapReporter } from './reporters/tap.ts';

export interface RunCommandOptions {
  /** The host of the process itself, whatever runs; null on a system that has none. */
  readonly own: Host | null;
  /** Files, directories and patterns. */
  readonly files: readonly string[];
  /** Overrides the host of each file. */
  readonly host?: HostName | 'both' | 'all' | undefined;
  /** The QEMU for the hosts qemu and all. */
  readonly qemu: QemuHostOptions;
  /** Overrides the QEMU of each file. */
  readonly version?: QemuVersion | undefined;
  /** Whether to print the order log of the one run as an `expect`. */
  readonly printExpect: boolean;
  /** Overrides the file's seed; with several, one run for each. */
  readonly seeds: readonly number[];
  /** The one order to run, on the simulated host; null if seeds decide. */
  readonly schedule: string | null;
  readonly repeat: number;
  /** How many run at a time, in processes of their own; by default 1. */
  readonly jobs: number;
  readonly reporter: 'pretty' | 'tap' | 'junit' | 'json';
  /** The limit of each run; null for none. */
  readonly timeoutNs: number | null;
  readonly trace: TraceOptions | null;
  /** The page that shows the run; undefined for none. */
  readonly report: string | undefined;
  /** The file of the record of the one run; undefined for none. */
  readonly record: string | undefined;
  /** The most bytes of it, kept in memory and written if the run fails; null for all of it. */
  readonly recordLast: number | null;
  /** The signal at which it is written while the run goes on; undefined for none. */
  readonly recordSignal: number | undefined;
  /** The command line, for the record. */
  readonly argv: readonly string[];
  /** Whether to show the one run on the whole screen, and read its keys. */
  readonly watch: boolean;
  /** Whether to show the log of the one run, with the reasons of its lines. */
  readonly explain: boolean;
  readonly style: Style;
  /** Whether progress may be shown on a line that is rewritten. */
  readonly progress: boolean;
  /** The URL of the built scenario-worker. */
  readonly worker: URL;
}

/** The default limit of each run, unless it is watched: the person may pause. */
export const TIMEOUT_NS = 60e9;

/** More would not fit into memory. */
export const MOST_RUNS = 1_000_000;

/** A planned outcome. */
interface Planned {
  readonly scenario: Scenario;
  readonly text: string;
  readonly host: HostName | 'both' | 'all';
  readonly seed: number | null;
  /** The number of the repetition; null if there is only one. */
  readonly run: number | null;
}

/**
 * `qemu-loop run FILE…`. Returns the exit status: 0 all expectations held, 1 one failed, 2 a file
 * is wrong, 3 the emulator itself failed; the highest counts. 130 if the person watching it left
 * before its end.
 * @throws CliError if the options contradict each other
 */
export async function runCommand(
  options: RunCommandOptions,
  output: CommandOutput,
): Promise<number> {
  const startMs = performance.now();
  const { planned, unread } = plan(options, output);
  if (planned.length > 0) refuseMany(options, planned);
  if (options.record !== undefined) refuseRecord(planned);
  if (options.schedule !== null) needSim(planned);
  if (planned.some(({ host }) => HOSTS[host].includes('linux'))) needLinux(options.own);
  const qemu = planned.some(({ host }) => HOSTS[host].includes('qemu'))
    ? await openQemu(options, output)
    : null;
  const reporter = newReporter(options, output);
  const pool = new ScenarioPool(options.worker, options);
  let status = unread.length > 0 ? 2 : 0;
  let failed = 0;
  let notes = '';
  reporter.begin(planned.length + unread.length);
  for (const one of unread) reporter.unread(one);
  try {
    await inOrder(planned, options.jobs, {
      start: (one) => runOne(one, options, planned.length, { pool, qemu }, reporter),
      done: ({ outcome, ...one }) => {
        notes += one.notes;
        if (one.left) {
          status = EXIT_LEFT;
          notes += `qemu-loop: ${visible(outcome.file)} was left before its end\n`;
          return;
        }
        status = Math.max(status, outcome.status);
        if (outcome.status !== 0) failed++;
        reporter.outcome(outcome);
      },
    });
  } finally {
    output.err(pool.close());
  }
  const wallMs = performance.now() - startMs;
  const loops = planned.map(({ scenario }) => scenario.qemu);
  if (status === 1 && qemu !== null) notes += otherLoops(qemu.version, loops);
  const passed = planned.length - failed;
  if (status !== EXIT_LEFT) reporter.end({ passed, failed, errors: unread.length, wallMs });
  output.err(notes);
  return status;
}

function plan(
  options: RunCommandOptions,
  { err }: CommandOutput,
): { planned: Planned[]; unread: Unread[] } {
  const { files, missing } = findScenarios(options.files);
  const inputs = files.map((path) => ({ what: 'the scenario', path }));
  checkOutputs(outputsOf(options.trace, options.report, undefined, options.record), inputs);
  const unread: Unread[] = [];
  for (const { arg, message } of missing) {
    err(narrowed(`qemu-loop: ${visible(message)}\n`, 2));
    unread.push({ file: arg, status: 2, messages: [message] });
  }
  const planned: Planned[] = [];
  for (const file of files) {
    const { scenario, problems, text } = readScenario(options.own, file, options.version);
    if (scenario === null) {
      const messages = problems.map(formatProblem);
      err(narrowed(`${messages.join('\n')}\n`, 2));
      unread.push({ file, status: 2, messages });
      continue;
    }
    const host = options.host ?? scenario.host;
    const seeds = options.seeds.length === 0 ? [null] : options.seeds;
    if (planned.length + options.repeat * seeds.length > MOST_RUNS) {
      const message = `that is more than ${MOST_RUNS} runs: ask for fewer files, seeds or repetitions`;
      throw new CliError(message, EXIT_USAGE);
    }
    for (let i = 0; i < options.repeat; i++) {
      const run = options.repeat === 1 ? null : i + 1;
      for (const seed of seeds) planned.push({ scenario, text, host, seed, run });
    }
  }
  return { planned, unread };
}

/** Loads QEMU's part only now: the other hosts do without it. */
async function openQemu(options: RunCommandOptions, { err }: CommandOutput): Promise<QemuHost> {
  const option = ownLoopOption(options);
  if (option !== null) {
    const message = `${option} shows the events of this program's own loop: leave it out on QEMU's, or take --host sim or linux`;
    throw new CliError(message, EXIT_USAGE);
  }
  const { QemuHost } = await import('../qemu/qemu-host.ts');
  return new QemuHost(options.qemu, err);
}

/** @throws CliError if a schedule is to be run elsewhere */
function needSim(planned: readonly Planned[]): void {
  if (planned.every(({ host }) => host === 'sim')) return;
  throw new CliError('--schedule is an order of the simulated host: add --host sim', EXIT_USAGE);
}

interface Ran {
  readonly outcome: Outcome;
  readonly notes: string;
  readonly left: boolean;
}

async function runOne(
  one: Planned,
  options: RunCommandOptions,
  total: number,
  runners: Runners,
  reporter: Reporter,
): Promise<Ran> {
  const { scenario, text, seed } = one;
  const { file } = scenario;
  reporter.running?.(file);
  // A file without expectations is run to be looked at.
  const looked =
    !options.printExpect &&
    scenario.expect === null &&
    total === 1 &&
    options.reporter === 'pretty' &&
    !options.watch;
  const live = looked || options.explain ? { ...options.style, explain: options.explain } : null;
  const startMs = performance.now();
  const { hosts, results, leftOut } = placesFor(one, runners);
  let notes = '';
  let left = false;
  for (const host of hosts) {
    if (host === 'qemu') {
      const result = await runners.qemu!.run(scenario, options.timeoutNs);
      if (result.status === 2 && hosts.length > 1) leftOut.push(absent(result));
      else results.push(result);
      if (looked) notes += orderText(result);
      continue;
    }
    const { timeoutNs, style, trace, report = null, schedule, version } = options;
    const watch = options.watch ? { color: style.color } : null;
    const path = options.record;
    const { recordLast: last, argv } = options;
    const isAsked = options.recordSignal !== undefined;
    const record = path === undefined ? null : { path, last, argv, isAsked };
    const shown = { live, trace, report, record, watch };
    const job: ScenarioJob = { file, text, version, host, seed, schedule, timeoutNs, ...shown };
    const here = host === 'sim' && options.jobs === 1;
    const make: MakeWorld = (simSeed, choices) =>
      new SimWorld(simSeed, undefined, runners.pool.spare, choices);
    const done = await (here ? runJob(job, scenario, make, options.own) : runners.pool.run(job));
    results.push(done.result);
    notes += done.notes;
    left ||= done.left;
  }
  const wallMs = performance.now() - startMs;
  return { outcome: outcomeOf(results, askedOf(one, options, leftOut), wallMs), notes, left };
}

function askedOf(
  { scenario, host, seed, run }: Planned,
  options: RunCommandOptions,
  leftOut: readonly LeftOut[],
): AskedOutcome {
  return {
    host,
    leftOut,
    seed,
    isOneOfSeeds: options.seeds.length > 1,
    run,
    // Chance may come out differently on each host.
    isCompared: scenario.jitterNs === 0,
    options: againText(options),
  };
}

/** The options that repeating a run needs besides the file, the host and the seed. */
function againText({ timeoutNs, watch, qemu, version, schedule }: RunCommandOptions): string {
  const profile = version === undefined ? '' : ` --qemu ${version}`;
  const tree = `${profile}${qemu.isTyped ? ` --qemu-build ${shellWord(qemu.build!)}` : ''}`;
  const order = schedule === null ? '' : ` --schedule ${schedule}`;
  if (watch || timeoutNs === TIMEOUT_NS) return `${tree}${order}`;
  return `${tree}${order} --timeout ${timeoutNs === null ? '0' : durationText(timeoutNs)}`;
}

function newReporter(options: RunCommandOptions, { out, err }: CommandOutput): Reporter {
  if (options.printExpect) return new ExpectReporter(out, err);
  switch (options.reporter) {
    case 'tap':
      return new TapReporter(out);
    case 'junit':
      return new JunitReporter(out);
    case 'json':
      return new JsonReporter(out);
    case 'pretty':
      return new PrettyReporter(out, options.style, options.progress ? err : null);
  }
}
