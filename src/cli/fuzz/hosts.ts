/** Random scenarios, and the same scenario on several hosts. */

import fc from 'fast-check';
import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/model.ts';
import { isTooLong, ScenarioEnded } from '../../scenario/run/ended.ts';
import { type HostName, type RunResult, runScenario } from '../../scenario/run/run.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import type { SpareWorkers } from '../../thread/spare-workers.ts';
import { CliError, EXIT_INTERNAL } from '../exit/errors.ts';
import type { QemuHost } from '../qemu/qemu-host.ts';
import { type Difference, differencesOf } from '../run/outcome.ts';
import type { ScenarioPool } from '../run/pool.ts';
import { forQemu } from './for-qemu.ts';
import { type FuzzedLoop, forVersion } from './for-version.ts';
import { type PlainScenario, randomScenario } from './random-scenario.ts';
import { randomThreads, spelledOut } from './random-threads.ts';

/** A simulated run is ended after this many turns, not after some time: each is the same. */
const MOST_TURNS = 10_000;
const TOO_MANY_TURNS = `it took more than ${MOST_TURNS} turns`;

/** How much longer than on the hosts before a run may take, while a scenario is made smaller. */
const LONGER_NS = 1e9;

/** A busy machine may be late: only a scenario that differs this often does. */
const MOST_RUNS = 3;

export interface FuzzHosts extends FuzzedLoop {
  readonly hosts: readonly HostName[];
  readonly pool: ScenarioPool;
  /** Workers of simulated threads, from one run to the next. */
  readonly spare: SpareWorkers;
  /** Null if it is not among the hosts. */
  readonly qemu: QemuHost | null;
  readonly timeoutNs: number;
}

/** The scenario of a seed. */
export function scenarioOfSeed(
  seed: number,
  { hosts, threads, ...loop }: Pick<FuzzHosts, 'hosts'> & FuzzedLoop,
): PlainScenario {
  const [plain] = fc.sample(threads ? randomThreads : randomScenario, { seed, numRuns: 1 });
  return forVersion(hosts.includes('qemu') ? forQemu(plain!) : plain!, loop);
}

/** The scenario as its file has it, from one of scenarioOfSeed or a smaller one. */
export function written(plain: PlainScenario, { threads }: FuzzedLoop): PlainScenario {
  return threads ? spelledOut(plain) : plain;
}

/** How a scenario came out: its text, the results, and in what they differ. */
export interface Comparison {
  readonly results: readonly RunResult[];
  /** Empty if they agree. */
  readonly differences: readonly Difference[];
}

/** The demands on a smaller scenario. */
export interface Smaller {
  /**
   * Hosts on which it comes to its end, since the whole one does. Without its guards it may wait for
   * ever on all of them, which is nothing to show, and takes as long as a run may.
   */
  readonly ends: ReadonlySet<HostName>;
}

/**
 * Runs a scenario on all hosts until they agree, a few times at most. Returns null if it is not
 * valid, or QEMU cannot run it, or it is not one of the smaller ones that are asked for.
 * @param smaller for one that is made of another, which has differed already: it is run once
 * @throws CliError if QEMU's driver cannot be started
 */
export async function compare(
  plain: PlainScenario,
  on: FuzzHosts,
  smaller: Smaller | null = null,
): Promise<Comparison | null> {
  const { hosts, pool, spare, qemu, timeoutNs } = on;
  const text = JSON.stringify(written(plain, on));
  const { scenario } = loadScenario(text, 'random.yaml');
  if (scenario === null || qemu?.refuse(scenario) != null) return null;
  const run = async (host: HostName, limitNs: number): Promise<RunResult> => {
    if (host === 'sim') return runSim(scenario, spare);
    if (host === 'qemu') return qemu!.run(scenario, limitNs);
    const nothing = { live: null, trace: null, report: null, record: null, watch: null };
    const job = {
      file: scenario.file,
      text,
      host,
      seed: null,
      schedule: null,
      timeoutNs: limitNs,
      ...nothing,
    };
    return (await pool.run(job)).result;
  };
  for (let left = smaller === null ? MOST_RUNS : 1; ; left--) {
    const ran: RunResult[] = [];
    for (const host of hosts) {
      const result = await run(host, smaller === null ? timeoutNs : limitAfter(ran, timeoutNs));
      if (host === 'qemu' && result.status >= 2) return notRun(result);
      if (smaller?.ends.has(host) && result.abort !== null) return null;
      ran.push(result);
    }
    const results = ran.every(isEndless) ? ofOneLength(ran) : ran.map(withEnd);
    const differences = differencesOf(results);
    if (differences.length === 0 || left === 1) return { results, differences };
  }
}

function limitAfter(ran: readonly RunResult[], timeoutNs: number): number {
  const longest = Math.max(...ran.map(({ elapsedNs }) => elapsedNs));
  return ran.length === 0 ? timeoutNs : Math.min(timeoutNs, longest + LONGER_NS);
}

/** QEMU has refused it, or its driver is broken, which no other scenario would mend. */
function notRun({ status, failures }: RunResult): null {
  if (status === 2) return null;
  throw new CliError(failures.map(({ message }) => message).join('; '), EXIT_INTERNAL);
}

function runSim(scenario: Scenario, spare: SpareWorkers): RunResult {
  let turns = 0;
  const turn = (): void => {
    if (++turns > MOST_TURNS) throw new ScenarioEnded(TOO_MANY_TURNS);
  };
  const world = (seed: number): SimWorld => new SimWorld(seed, undefined, spare);
  return runScenario(scenario, world, { beforeWait: turn, whileBusy: turn });
}

/** Whether a limit has ended it. */
function isEndless({ abort }: RunResult): boolean {
  return abort !== null && (abort === TOO_MANY_TURNS || isTooLong(abort));
}

/** Each host came as far as it could: only the part that all have can be compared. */
function ofOneLength(results: readonly RunResult[]): RunResult[] {
  const length = Math.min(...results.map(({ order }) => order.length));
  return results.map((result) => ({ ...result, order: result.order.slice(0, length) }));
}

/** The end of a run is compared too, but not its text: QEMU has its own. */
function withEnd(result: RunResult): RunResult {
  if (result.abort === null && result.status < 2) return result;
  const last = result.order.at(-1) ?? { timeNs: 0, iteration: 0 };
  return { ...result, order: [...result.order, { ...last, text: '(aborted)' }] };
}
