/** Random scenarios, and the same scenario on several hosts. */

import fc from 'fast-check';
import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/model.ts';
import { isTooLong, ScenarioEnded } from '../../scenario/run/ended.ts';
import { type HostName, type RunResult, runScenario } from '../../scenario/run/run.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import type { SpareWorkers } from '../../thread/spare-workers.ts';
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

/** A busy machine may be late: only a scenario that differs this often does. */
export const MOST_RUNS = 3;

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

/** How a scenario came out: its text, the results, and in what they differ. */
export interface Comparison {
  readonly results: readonly RunResult[];
  /** Empty if they agree. */
  readonly differences: readonly Difference[];
}

/**
 * Runs a scenario on all hosts until they agree, a few times at most. Returns null if it is not
 * valid, or QEMU cannot run it.
 * @param mostRuns how often; a scenario that is being shrunk has differed already
 */
export async function compare(
  plain: PlainScenario,
  { hosts, threads, pool, spare, qemu, timeoutNs }: FuzzHosts,
  mostRuns: number,
): Promise<Comparison | null> {
  const text = JSON.stringify(threads ? spelledOut(plain) : plain);
  const { scenario } = loadScenario(text, 'random.yaml');
  if (scenario === null || qemu?.refuse(scenario) != null) return null;
  const run = async (host: HostName): Promise<RunResult> => {
    if (host === 'sim') return runSim(scenario, spare);
    if (host === 'qemu') return qemu!.run(scenario, timeoutNs);
    const nothing = { live: null, trace: null, report: null, record: null, watch: null };
    const job = {
      file: scenario.file,
      text,
      host,
      seed: null,
      schedule: null,
      timeoutNs,
      ...nothing,
    };
    return (await pool.run(job)).result;
  };
  for (let left = mostRuns; ; left--) {
    const ran: RunResult[] = [];
    for (const host of hosts) {
      const result = await run(host);
      if (host === 'qemu' && result.status === 2) return null;
      ran.push(result);
    }
    const results = ran.every(isEndless) ? ofOneLength(ran) : ran.map(withEnd);
    const differences = differencesOf(results);
    if (differences.length === 0 || left === 1) return { results, differences };
  }
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
