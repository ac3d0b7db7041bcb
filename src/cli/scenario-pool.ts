import { type ChildProcess, fork } from 'node:child_process';
import { CliError } from './errors.ts';
import { HeldOutput } from './held-output.ts';
import type { JobResult, ScenarioJob } from './scenario-job.ts';
import type { Reply } from './scenario-worker.ts';

/** How much longer than its own time a run may take before its process is ended. */
const GRACE_MS = 5_000;

interface Waiting {
  readonly job: ScenarioJob;
  readonly done: (result: JobResult) => void;
  readonly failed: (error: CliError) => void;
}

/** Runs jobs in processes of their own, several at a time. */
export class ScenarioPool {
  readonly #script: URL;
  readonly #size: number;
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();
  readonly #waiting: Waiting[] = [];
  readonly #onScreen: boolean;
  /** What goes to stderr while they have the screen. */
  #held: HeldOutput | null = null;

  /**
   * @param script scenario-worker, as it was built
   * @param onScreen whether they have the terminal, and all of its screen
   */
  constructor(script: URL, size: number, onScreen: boolean) {
    this.#script = script;
    this.#size = size;
    this.#onScreen = onScreen;
  }

  /** Rejects with a CliError where the job could not begin. */
  run(job: ScenarioJob): Promise<JobResult> {
    return new Promise((done, failed) => {
      this.#waiting.push({ job, done, failed });
      this.#next();
    });
  }

  /** Returns what was held back from stderr. */
  close(): string {
    for (const worker of this.#all) worker.kill();
    this.#all.clear();
    return this.#held?.take() ?? '';
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#all.size < this.#size ? this.#start() : null);
      if (worker === null) return;
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  #start(): ChildProcess {
    if (this.#onScreen) this.#held ??= new HeldOutput();
    const stdin = this.#onScreen ? 'inherit' : 'ignore';
    const stdio = [stdin, 'inherit', this.#held?.fd ?? 'inherit', 'ipc'] as const;
    const worker = fork(this.#script, { stdio: [...stdio] });
    this.#all.add(worker);
    return worker;
  }

  #give(worker: ChildProcess, { job, done, failed }: Waiting): void {
    const { timeoutNs } = job;
    let late = false;
    const end = (): void => {
      late = true;
      worker.kill('SIGKILL');
    };
    const timer = timeoutNs === null ? undefined : setTimeout(end, timeoutNs / 1e6 + GRACE_MS);
    const finish = (reply: Reply): void => {
      clearTimeout(timer);
      worker.removeAllListeners('message').removeAllListeners('exit');
      if ('done' in reply) done(reply.done);
      else failed(new CliError(reply.refused.message, reply.refused.status));
      this.#next();
    };
    worker.once('message', (reply) => {
      this.#idle.push(worker);
      finish(reply as Reply);
    });
    worker.once('exit', (status, signal) => {
      this.#all.delete(worker);
      const how = late ? `it ran for longer than ${timeoutNs! / 1e9} s` : died(status, signal);
      finish({ done: lost(job, how, late ? 1 : 3) });
    });
    worker.send(job);
  }
}

function died(status: number | null, signal: string | null): string {
  const how = signal === null ? `exited ${status}` : `was killed by ${signal}`;
  return `the process that ran it ${how}`;
}

/** The result of a run that gave none. */
function lost(job: ScenarioJob, message: string, status: 1 | 3): JobResult {
  const result = {
    file: job.file,
    name: job.file,
    host: job.host,
    seed: job.seed ?? 1,
    status,
    order: [],
    failures: [{ kind: 'error' as const, message, at: null }],
    iterations: 0,
    elapsedNs: 0,
    trace: null,
  };
  return { result, notes: '', left: false };
}
