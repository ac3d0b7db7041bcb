/** A scenario on a recorded host, then again on its record, by the clock of the real host. */

import type { Host } from '../../src/host/host.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { Kept, replayOf } from '../host/record/recorded.ts';

const TIMEOUT_NS = 2e9;

export interface RecordedRun {
  readonly result: RunResult;
  /** The difference of the replay; null if there is none. */
  readonly problem: string | null;
  readonly record: Uint8Array;
}

export function recordRun(text: string, host: Host): RecordedRun {
  const kept = new Kept(host);
  const result = run(text, kept.host);
  const record = kept.end();
  return { result, problem: replayProblem(text, record, result), record };
}

function run(text: string, host: Host): RunResult {
  const options = { timeoutNs: TIMEOUT_NS, trace: true };
  const { scenario } = loadScenario(text, 'random.yaml');
  return runScenario(scenario!, () => new LinuxWorld(host), options);
}

/** The difference of a replay of the record from `expected`; null if there is none. */
function replayProblem(text: string, record: Uint8Array, expected: RunResult): string | null {
  const replay = replayOf(record);
  try {
    const again = run(text, replay);
    if (replay.ended !== null) return String(replay.ended);
    replay.finish();
    const [a, b] = [expected, again].map((one) => JSON.stringify(one));
    return a === b ? null : `recorded ${a}\nreplayed ${b}`;
  } catch (error) {
    return String(replay.ended ?? error);
  }
}
