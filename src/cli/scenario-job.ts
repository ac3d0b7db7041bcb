/** One run of one scenario, as it can be sent to another process and back. */

import { writeSync } from 'node:fs';
import { loadScenario } from '../scenario/load.ts';
import type { Scenario } from '../scenario/model.ts';
import { ScenarioTimeout } from '../scenario/run/engine.ts';
import { type RunResult, runScenario } from '../scenario/run/run.ts';
import type { World } from '../scenario/run/world.ts';
import type { Tracer } from '../trace/tracer.ts';
import { attachLog } from './chain.ts';
import { PrettyLog } from './pretty-log.ts';

export interface ScenarioJob {
  readonly file: string;
  readonly text: string;
  readonly host: 'sim' | 'linux';
  /** In place of the file's. */
  readonly seed: number | null;
  readonly timeoutNs: number;
  /** Whether the live log is shown; null: it is not. */
  readonly live: { readonly color: boolean; readonly width: number } | null;
}

export type MakeWorld = (seed: number) => World;

const STDERR = 2;
/** The time is looked at once in so many waits. */
const WAITS = 256;

/** The scenario of a job that came from another process, where it was checked. */
export function scenarioOf(job: ScenarioJob): Scenario {
  const { scenario, problems } = loadScenario(job.text, job.file);
  if (scenario === null) throw new Error(problems[0]!.message);
  return scenario;
}

export function runJob(job: ScenarioJob, scenario: Scenario, makeWorld: MakeWorld): RunResult {
  const live = job.live === null ? null : new LiveLog(job.live);
  return runScenario(scenario, makeWorld, {
    seed: job.seed ?? undefined,
    timeoutNs: job.timeoutNs,
    beforeWait: watchdog(job.timeoutNs),
    onTracer: live?.attach,
    onEntry: live?.entry,
    onEnd: live?.end,
  });
}

/** Ends a run that takes too long in real time, which a simulated one may too. */
function watchdog(timeoutNs: number): () => void {
  const endMs = performance.now() + timeoutNs / 1e6;
  let waits = 0;
  return () => {
    if (++waits % WAITS !== 0 || performance.now() < endMs) return;
    throw new ScenarioTimeout(`it ran for longer than ${timeoutNs / 1e9} s`);
  };
}

/** The log that --spawn shows, with the entries of the order log between. */
class LiveLog {
  readonly #style: { readonly color: boolean; readonly width: number };
  #log: PrettyLog | null = null;
  #ended = false;

  constructor(style: { readonly color: boolean; readonly width: number }) {
    this.#style = style;
  }

  readonly attach = (trace: Tracer, nowNs: number): void => {
    const sink = (text: string): void => {
      if (!this.#ended) writeSync(STDERR, text);
    };
    this.#log = new PrettyLog(sink, () => this.#style, new Map(), nowNs);
    attachLog(trace, 'info', this.#log);
  };

  readonly entry = ({ text }: { readonly text: string }, nowNs: number): void => {
    this.#log?.note('info', 'order log', nowNs, {}, text);
  };

  /** What the closing traces is no part of the run. */
  readonly end = (): void => {
    this.#log?.flush();
    this.#ended = true;
  };
}
