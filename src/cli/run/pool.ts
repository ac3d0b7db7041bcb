import { type ChildProcess, fork } from 'node:child_process';
import { asCliError, CliError, EXIT_INTERNAL } from '../exit/errors.ts';
import { HeldOutput } from './held-output.ts';
import type { JobResult, ScenarioJob } from './job.ts';
import type { Reply } from './scenario-worker.ts';
import { Orphans } from './stray-children.ts';

/** How much longer than its own time a run may take before its process is ended. */
const GRACE_MS = 5_000;

interface Waiting {
  readonly job: ScenarioJob;
  readonly done: (result: JobResult) => void;
  readonly failed: (error: CliError) => void;
}

/** What ends us and our workers; their scenarios' children it does not reach. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs jobs in processes of their own, several at a time. Where a signal ends
 * us, or a worker has to be killed, nobody is left behind.
 */
export class ScenarioPool {
  readonly #script: URL;
  #size: number;
  readonly #idle: ChildProcess[] = [];
  /** Those that were started, until Node has reaped them. */
  readonly #all = new Set<ChildProcess>();
  readonly #waiting: Waiting[] = [];
  readonly #onScreen: boolean;
  /** What goes to stderr while they have the screen. */
  #held: HeldOutput | null = null;
  #orphans: Orphans | null = null;
  #ending: NodeJS.Signals | null = null;
  #listens = false;

  /**
   * @param script scenario-worker, as it was built
   * @param onScreen whether they have the terminal, and all of its screen
   */
  constructor(script: URL, size: number, onScreen: boolean) {
    this.#script = script;
    this.#size = size;
    this.#onScreen = onScreen;
  }

  /** Rejects with a CliError where the job could not begin, or there is no worker to be had. */
  run(job: ScenarioJob): Promise<JobResult> {
    return new Promise((done, failed) => {
      this.#waiting.push({ job, done, failed });
      this.#next();
    });
  }

  /** Returns what was held back from stderr. */
  close(): string {
    for (const signal of ENDING) process.off(signal, this.#onSignal);
    for (const worker of this.#all) worker.kill();
    // From now on our children may be another pool's.
    this.#orphans = null;
    return this.#held?.take() ?? '';
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#ending === null) {
      const worker = this.#idle.pop() ?? (this.#all.size < this.#size ? this.#start() : null);
      if (worker === null) return;
      if (this.#waiting[0]!.job.host === 'linux' && !this.#onScreen)
        this.#orphans ??= new Orphans();
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#ending ??= signal;
    for (const worker of this.#all) worker.kill('SIGKILL');
  };

  /** A worker is gone. The last one takes us with it, where a signal is what ends us. */
  #gone(worker: ChildProcess): void {
    this.#all.delete(worker);
    this.#orphans?.end(new Set([...this.#all].map(({ pid }) => pid!)));
    if (this.#ending === null || this.#all.size > 0) return;
    for (const signal of ENDING) process.off(signal, this.#onSignal);
    process.kill(process.pid, this.#ending);
  }

  /** Returns null where there is none to be had. */
  #start(): ChildProcess | null {
    if (this.#onScreen) this.#held ??= new HeldOutput();
    this.#listen();
    const worker = this.#fork();
    // One without a pid must not be killed: Node would do so by pid 0, which is our whole group.
    if (worker?.pid === undefined) return null;
    this.#all.add(worker);
    worker.once('exit', () => this.#gone(worker));
    return worker;
  }

  /** Node throws some errors of a start, and tells of the others by an event. */
  #fork(): ChildProcess | null {
    const stdin = this.#onScreen ? 'inherit' : 'ignore';
    const stdio = [stdin, 'inherit', this.#held?.fd ?? 'inherit', 'ipc'] as const;
    try {
      const worker = fork(this.#script, { stdio: [...stdio] });
      worker.on('error', (error) => {
        // Of one that was started, it is a job that did not reach it: its exit tells.
        if (worker.pid === undefined) this.#notStarted(error);
      });
      return worker;
    } catch (error) {
      this.#notStarted(error);
      return null;
    }
  }

  /** Those that are there go on, and take what waits in turn. Where none is, nothing can be run. */
  #notStarted(error: unknown): void {
    if (this.#all.size > 0) {
      this.#size = this.#all.size;
      return;
    }
    const why = asCliError(error).message;
    const failure = new CliError(`cannot start a worker: ${why}`, EXIT_INTERNAL);
    for (const { failed } of this.#waiting.splice(0)) failed(failure);
  }

  /**
   * From the first worker on: until then nothing has to be ended, and a signal ends us.
   * One that has the screen ends by itself, and its guard must live to put that right.
   */
  #listen(): void {
    if (this.#listens || this.#onScreen) return;
    this.#listens = true;
    for (const signal of ENDING) process.on(signal, this.#onSignal);
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
      worker.off('message', onMessage).off('exit', onExit);
      if ('done' in reply) done(reply.done);
      else failed(new CliError(reply.refused.message, reply.refused.status));
      this.#next();
    };
    const onMessage = (reply: unknown): void => {
      this.#idle.push(worker);
      finish(reply as Reply);
    };
    const onExit = (status: number | null, signal: string | null): void => {
      if (this.#ending !== null) return;
      const how = late ? `it ran for longer than ${timeoutNs! / 1e9} s` : died(status, signal);
      finish({ done: lost(job, how, late ? 1 : 3) });
    };
    worker.once('message', onMessage).once('exit', onExit);
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
    needs: null,
    order: [],
    notes: [],
    failures: [{ kind: 'error' as const, message, at: null }],
    iterations: 0,
    elapsedNs: 0,
    trace: null,
  };
  return { result, notes: '', left: false };
}
