import { QemuAbort } from '../../aio/abort.ts';
import { checkFunction, checkObject } from '../../host/arguments.ts';
import { EDEADLK, HostError } from '../../host/errno.ts';
import { SimDeadlockError } from '../../host/sim/clock.ts';
import { EVENT_NAMES, type EventName } from '../../trace/catalogue.ts';
import { formatEvent } from '../../trace/tracer.ts';
import type { Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import { isSeed, MAX_SEED } from '../values.ts';
import { compileActions, compileBody } from './compile.ts';
import { ranTooLong, ScenarioEnded, ScenarioStuck } from './ended.ts';
import { type Failure, judge, type Played } from './judge.ts';
import { Machine } from './machine.ts';
import { forbiddenText, notRun } from './not-run.ts';
import type { LogEntry } from './order-log.ts';
import { uringForbidden, uringRefused } from './refuse-uring.ts';
import { setUp } from './setup.ts';
import { threadsOf } from './threads/threaded-world.ts';
import type { World } from './world.ts';

/**
 * 0: every expectation held. 1: one did not. 2: the file cannot run on this host. 3: the emulator
 * itself failed.
 */
export type RunStatus = 0 | 1 | 2 | 3;

/** Something worth knowing, and its place in the file. */
export interface Note {
  readonly at: Place | null;
  readonly message: string;
}

/** Our loop on the simulated or the real kernel, or QEMU's own loop. */
export type HostName = 'sim' | 'linux' | 'qemu';

/** One run of a scenario, as plain data. */
export interface RunResult {
  readonly file: string;
  readonly name: string;
  readonly host: HostName;
  readonly seed: number;
  readonly status: RunStatus;
  /** The host that can run the file, if this one cannot; otherwise null. */
  readonly needs: 'sim' | 'linux' | null;
  readonly order: readonly LogEntry[];
  readonly failures: readonly Failure[];
  /** Facts worth knowing that are not failures. */
  readonly notes: readonly Note[];
  readonly iterations: number;
  readonly elapsedNs: number;
  /** The error that ended the run early, expected or not; null if none did. */
  readonly abort: string | null;
  /** The version of QEMU; null if it was not QEMU's loop that ran. */
  readonly version: string | null;
  /** Every trace event with its time, one per line; null unless asked for. */
  readonly trace: readonly string[] | null;
}

export interface RunOptions {
  /** Overrides the file's. */
  readonly seed?: number | undefined;
  /** Whether the result includes the trace. */
  readonly trace?: boolean | undefined;
  /** Called with each entry of the order log at once, and with CLOCK_MONOTONIC. */
  readonly onEntry?: ((entry: LogEntry, nowNs: number) => void) | undefined;
  /**
   * Gets the machine, with the world and the main thread's loop and tracer, before any object of
   * the file is made. @internal
   */
  readonly onMachine?: ((machine: Machine) => void) | undefined;
  /** Called when the run is over and judged, before everything is closed. */
  readonly onEnd?: ((result: RunResult) => void) | undefined;
  /** Called before each wait of the loop; ends the run by throwing ScenarioEnded. */
  readonly beforeWait?: (() => void) | undefined;
  /**
   * Called repeatedly while a run is busy between two waits: at each callback, each turn of a
   * `repeat`, each io_poll; ends the run by throwing ScenarioEnded.
   */
  readonly whileBusy?: (() => void) | undefined;
  /** Ends the run after this time of the world, ns. */
  readonly timeoutNs?: number | undefined;
}

/**
 * Runs a scenario to its end and judges it. The world cannot be used again.
 * @throws RangeError if options.seed is not a seed
 */
export function runScenario(
  scenario: Scenario,
  makeWorld: (seed: number) => World,
  options: RunOptions = {},
): RunResult {
  checkObject(scenario, 'runScenario: the scenario', 'one that loadScenario has loaded');
  checkFunction(makeWorld, 'runScenario: what makes the world');
  checkObject(options, 'runScenario: options', 'an object');
  const seed = options.seed ?? scenario.seed;
  if (!isSeed(String(seed))) throw new RangeError(`a seed is from 0 to ${MAX_SEED}: ${seed}`);
  let machine: Machine;
  try {
    const world = makeWorld(seed);
    const refused = refuse(scenario, world.kind, seed) ?? refuseThreads(scenario, world, seed);
    if (refused !== null) {
      world.end([]);
      return refused;
    }
    machine = new Machine(scenario, world, compileBody, options);
  } catch (error) {
    const why = uringForbidden(scenario, error);
    return notRun(scenario, scenario.host, seed, why === null ? 3 : 2, why ?? faultText(error));
  }
  try {
    options.onMachine?.(machine);
    const result = runMachine(machine, seed, options);
    options.onEnd?.(result);
    return result;
  } finally {
    machine.close();
  }
}

function runMachine(machine: Machine, seed: number, options: RunOptions): RunResult {
  const { scenario, world } = machine;
  const seen = watchTrace(machine);
  const recorded = options.trace === true ? recordTrace(machine) : null;
  const { error: ownError, isSetUp } = runSteps(machine, options);
  machine.threads?.drain();
  const thread = machine.threads?.error?.thread ?? 'main';
  const error = thread === 'main' ? ownError : machine.threads!.error!.error;
  recorded?.stop();
  seen.stop();
  const forbidden = isSetUp || world.kind === 'sim' ? null : forbiddenText(ownError);
  if (forbidden !== null) return notRun(scenario, world.kind, seed, 2, forbidden);
  const isTheirs = isTheirDoing(error);
  const failures = judge(
    playedOf(machine, seen.names),
    isTheirs ? (error as Error | null) : null,
    thread,
  );
  if (!isTheirs) failures.unshift({ kind: 'error', message: faultText(error), at: null });
  return {
    file: scenario.file,
    name: scenario.name,
    host: world.kind,
    seed,
    status: isTheirs ? (failures.length > 0 ? 1 : 0) : 3,
    needs: null,
    order: machine.log.entries,
    failures,
    notes: notesOf(machine),
    iterations: machine.main.iteration,
    elapsedNs: machine.elapsedNs,
    abort: error instanceof Error ? error.message : null,
    version: null,
    trace: recorded?.lines ?? null,
  };
}

function playedOf(machine: Machine, seen: readonly string[]): Played {
  return {
    scenario: machine.scenario,
    failed: machine.failed,
    entries: machine.log.entries,
    iterations: machine.main.iteration,
    elapsedNs: machine.elapsedNs,
    slackNs: machine.world.slackNs,
    seen,
    fates: (name) => machine.children?.fates(name) ?? [],
  };
}

/** Returns the error that ended the run early, or null, and whether all objects were made before. */
function runSteps(
  machine: Machine,
  { timeoutNs }: RunOptions,
): { readonly error: unknown; readonly isSetUp: boolean } {
  let isSetUp = false;
  try {
    setUp(machine);
    isSetUp = true;
    if (timeoutNs !== undefined) limit(machine.world, timeoutNs);
    for (const thunk of compileActions(machine.main, machine.scenario.steps, 'steps')) thunk();
    machine.threads?.finish();
    return { error: null, isSetUp };
  } catch (error) {
    return { error: machine.threads?.end(error) ?? error, isSetUp };
  }
}

/** Whether such an end is the scenario's own doing, not a fault of the emulator. */
function isTheirDoing(error: unknown): boolean {
  return (
    error === null ||
    error instanceof QemuAbort ||
    error instanceof SimDeadlockError ||
    error instanceof ScenarioEnded ||
    (error instanceof HostError && error.errno === EDEADLK) ||
    (error instanceof Error && error.name === 'SimFatalSignalError')
  );
}

/** The result on a host that cannot run a file, known before running it; null if it can. */
export function refuse(
  scenario: Scenario,
  host: 'sim' | 'linux',
  seed: number = scenario.seed,
): RunResult | null {
  const uring = uringRefused(scenario);
  if (uring !== null) return notRun(scenario, host, seed, 2, uring);
  const real = scenario.objects.find((o) => o.section === 'children' && o.command !== null);
  const [weak] = scenario.without;
  if (host === 'linux' && weak !== undefined) {
    const needed = 'on the real kernel no seed decides who goes on, which needs --host sim';
    const why = `a fault without ${weak.without}: ${needed}`;
    return { ...notRun(scenario, host, seed, 2, why), needs: 'sim' };
  }
  if (host === 'linux' || real === undefined) return null;
  const why = `child '${real.name}' is a real command, which needs --host linux`;
  return { ...notRun(scenario, host, seed, 2, why), needs: 'linux' };
}

/** The result in a world without threads, if the file has some. */
function refuseThreads(scenario: Scenario, world: World, seed: number): RunResult | null {
  if (!scenario.threaded || threadsOf(world) !== null) return null;
  const why =
    'the file has several threads, which need Workers of Node: run it by the command, or by qemu-loop/scenario';
  return notRun(scenario, world.kind, seed, 2, why);
}

/** A run delayed by the machine for longer than this says so. */
const HELD_UP_NS = 50e6;

function notesOf({ scenario, world, faults, reports, crew }: Machine): Note[] {
  const acted = faults?.acted ?? [];
  const reported = [...reports].map(([message, times]) => ({
    at: null,
    message: times === 1 ? message : `${message}, ${times} times`,
  }));
  const idle = scenario.faults
    .filter((_, i) => acted[i] === false)
    .map(({ at, call, on, after }) => {
      const calls = `${call}${on === null ? '' : ` on ${on.name}`}`;
      const enough =
        after === 0 ? `there was no ${calls}` : `no ${calls} came after ${after} others`;
      return { at, message: `this fault never acted: ${enough}` };
    });
  for (const [i, { at, without, in: thread }] of scenario.without.entries()) {
    if (crew?.shared.hasActed(i) === true) continue;
    const why = `no work came to ${thread.name} just before it slept`;
    idle.push({ at, message: `without ${without}: this fault never acted: ${why}` });
  }
  const lateNs = world.heldUpNs;
  const message = `the machine was ${Math.round(lateNs / 1e6)} ms late`;
  const late = lateNs < HELD_UP_NS ? [] : [{ at: null, message }];
  return [...late, ...reported, ...idle];
}

/** Ends a run that takes too long by the world's own clock. */
function limit(world: World, timeoutNs: number): void {
  if (world.kind === 'sim') return;
  world.at(timeoutNs, () => {
    throw new ScenarioStuck(ranTooLong(timeoutNs));
  });
}

/** Collects the names of the events that the file expects, until it is stopped. */
function watchTrace(machine: Machine): { readonly names: string[]; stop(): void } {
  const names: string[] = [];
  const events = (machine.scenario.expect?.trace ?? []).map(({ name }) => name as EventName);
  const attached = machine.main.trace.attach(events, (id) => names.push(EVENT_NAMES[id]!));
  return { names, stop: () => attached.dispose() };
}

function recordTrace(machine: Machine): { readonly lines: string[]; stop(): void } {
  const lines: string[] = [];
  const attached = machine.main.trace.attach(EVENT_NAMES, (id, timeNs, ...args) => {
    lines.push(`${timeNs} ${EVENT_NAMES[id]} ${formatEvent(id, args)}`);
  });
  return { lines, stop: () => attached.dispose() };
}

/** A refusal of the kernel is the machine's; the stack of all else tells where the fault is. */
function faultText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof HostError ? error.message : (error.stack ?? error.message);
}
