import { QemuAbort } from '../../aio/abort.ts';
import { SimDeadlockError } from '../../host/sim/clock.ts';
import { EVENT_NAMES, type EventName } from '../../trace/catalogue.ts';
import { formatEvent, type Tracer } from '../../trace/tracer.ts';
import type { Scenario } from '../model.ts';
import { compileActions } from './compile.ts';
import { Engine, ScenarioTimeout } from './engine.ts';
import { type Failure, judge } from './judge.ts';
import type { LogEntry } from './order-log.ts';
import { setUp } from './setup.ts';
import { ScenarioError, type World } from './world.ts';

/**
 * 0: all that was expected held. 1: something did not. 2: the file cannot be run
 * on this host. 3: the emulator itself failed.
 */
export type RunStatus = 0 | 1 | 2 | 3;

/** One run of a scenario, as plain data. */
export interface RunResult {
  readonly file: string;
  readonly name: string;
  readonly host: 'sim' | 'linux';
  readonly seed: number;
  readonly status: RunStatus;
  readonly order: readonly LogEntry[];
  readonly failures: readonly Failure[];
  readonly iterations: number;
  readonly elapsedNs: number;
  /** Every trace event with its time, a line each; null where it was not asked for. */
  readonly trace: readonly string[] | null;
}

export interface RunOptions {
  /** In place of the file's. */
  readonly seed?: number | undefined;
  /** Whether the result has the trace. */
  readonly trace?: boolean | undefined;
  /** Told of each entry of the order log at once, with CLOCK_MONOTONIC. */
  readonly onEntry?: ((entry: LogEntry, nowNs: number) => void) | undefined;
  /** Gets the loop's tracer, and the time at the start, before anything is made. */
  readonly onTracer?: ((tracer: Tracer, startNs: number) => void) | undefined;
  /** Called before each wait of the loop; ends the run by throwing ScenarioTimeout. */
  readonly beforeWait?: (() => void) | undefined;
  /** Ends the run after that time of the world, ns. */
  readonly timeoutNs?: number | undefined;
}

/**
 * Runs a scenario to its end and says whether it held what it promised. The
 * world is used up.
 */
export function runScenario(
  scenario: Scenario,
  makeWorld: (seed: number) => World,
  options: RunOptions = {},
): RunResult {
  const seed = options.seed ?? scenario.seed;
  const refusal = refusalOf(scenario);
  if (refusal !== null) return refused(scenario, scenario.host, seed, refusal);
  const world = makeWorld(seed);
  const engine = new Engine(scenario, world, options);
  options.onTracer?.(engine.trace, world.startNs);
  const seen = watchTrace(engine);
  const trace = options.trace === true ? recordTrace(engine) : null;
  let error: unknown = null;
  try {
    setUp(engine);
    if (options.timeoutNs !== undefined) limit(world, options.timeoutNs);
    for (const thunk of compileActions(engine, scenario.steps, 'steps')) thunk();
  } catch (thrown) {
    error = thrown;
  }
  if (error instanceof ScenarioError) {
    engine.close();
    return refused(scenario, world.kind, seed, error.message);
  }
  const isOurs = isTheirDoing(error);
  const failures = judge(engine, isOurs ? (error as Error | null) : null, seen);
  if (!isOurs) failures.unshift({ kind: 'error', message: stackOf(error), at: null });
  const result: RunResult = {
    file: scenario.file,
    name: scenario.name,
    host: world.kind,
    seed,
    status: isOurs ? (failures.length > 0 ? 1 : 0) : 3,
    order: engine.log.entries,
    failures,
    iterations: engine.iteration,
    elapsedNs: engine.elapsedNs,
    trace,
  };
  engine.close();
  return result;
}

/** Whether a run that ended so is the scenario's own doing, and not a fault of the emulator. */
function isTheirDoing(error: unknown): boolean {
  return (
    error === null ||
    error instanceof QemuAbort ||
    error instanceof SimDeadlockError ||
    error instanceof ScenarioTimeout ||
    (error instanceof Error && error.name === 'SimFatalSignalError')
  );
}

function refusalOf(scenario: Scenario): string | null {
  return scenario.fdmon === 'io_uring'
    ? "fdmon: io_uring is not there on this host; 'auto' is what QEMU does without it"
    : null;
}

function refused(
  scenario: Scenario,
  host: 'sim' | 'linux',
  seed: number,
  message: string,
): RunResult {
  const { file, name } = scenario;
  const failures: Failure[] = [{ kind: 'refused', message, at: null }];
  const nothing = { order: [], iterations: 0, elapsedNs: 0, trace: null };
  return { file, name, host, seed, status: 2, failures, ...nothing };
}

/** Ends a run that takes too long by the world's own clock. */
function limit(world: World, timeoutNs: number): void {
  if (world.kind === 'sim') return;
  world.at(timeoutNs, () => {
    throw new ScenarioTimeout(`it ran for longer than ${timeoutNs / 1e9} s`);
  });
}

/** Collects the names of those events that the file expects. */
function watchTrace(engine: Engine): string[] {
  const seen: string[] = [];
  const wanted = engine.scenario.expect?.trace ?? [];
  const names = wanted.map((event) => event.name as EventName);
  engine.trace.attach(names, (id) => seen.push(EVENT_NAMES[id]!));
  return seen;
}

function recordTrace(engine: Engine): string[] {
  const lines: string[] = [];
  engine.trace.attach(EVENT_NAMES, (id, timeNs, ...args) => {
    lines.push(`${timeNs} ${EVENT_NAMES[id]} ${formatEvent(id, args)}`);
  });
  return lines;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
