/** A scenario on a recorded host, then again on its record, by the clock of the real host. */

import type { Host } from '../../src/host/host.ts';
import { HostGone } from '../../src/host/host-gone.ts';
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
  let result: RunResult | null = null;
  const onEnd = (ended: RunResult): void => {
    result = ended;
  };
  const options = { timeoutNs: TIMEOUT_NS, trace: true, onEnd };
  const { scenario } = loadScenario(text, 'random.yaml');
  try {
    return runScenario(scenario!, () => new LinuxWorld(host), options);
  } catch (error) {
    // A record with threads that were left ends before everything is closed.
    if (result === null || !(error instanceof HostGone)) throw error;
    return result;
  }
}

/** The difference of a replay of the record from `expected`; null if there is none. */
function replayProblem(text: string, record: Uint8Array, expected: RunResult): string | null {
  const replay = replayOf(record);
  try {
    const again = run(text, replay);
    if (replay.ended === null) replay.finish();
    else return String(replay.ended);
    const [a, b] = [expected, again].map((one) => JSON.stringify(one));
    return a === b ? null : `recorded ${a}\nreplayed ${b}`;
  } catch (error) {
    return String(replay.ended ?? error);
  }
}
