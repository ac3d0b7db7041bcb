import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { STAT_SIZE } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
import { ranTooLong } from '../../scenario/run/ended.ts';
import { NOTHING_RAN } from '../../scenario/run/not-run.ts';
import { signalName } from '../../signal/names.ts';
import { SpareWorkers } from '../../thread/spare-workers.ts';
import { asCliError, CliError, EXIT_INTERNAL } from '../exit/errors.ts';
import { needLinux } from '../exit/need-linux.ts';
import { TimeLimit } from '../exit/time-limit.ts';
import { HeldOutput } from './held-output.ts';
import type { JobResult, ScenarioJob } from './job.ts';
import type { Reply } from './scenario-worker.ts';
import { BEGUN, NOT_BEGUN, StartWait } from './start-wait.ts';
import { Orphans } from './stray-children.ts';
import { ASK_FD, SCREEN_FD } from './worker-fds.ts';

/** How long a run may exceed its own limit before its process is killed. */
const GRACE_NS = 5e9;

interface Waiting {
  readonly job: ScenarioJob;
  readonly done: (result: JobResult) => void;
  readonly failed: (error: CliError) => void;
}

export interface PoolOptions {
  /** How many run at a time. */
  readonly jobs: number;
  /** Whether workers have the terminal, and all of its screen. */
  readonly watch: boolean;
  /** The process's own host. */
  readonly own: Host | null;
  /** The signal at which workers write what they have of their records. */
  readonly recordSignal?: number | undefined;
}

/** The pipe by which a worker is asked for its record; it has no pipes if it could not be started. */
function askOf({ stdio }: { readonly stdio?: ChildProcess['stdio'] }): Writable | null {
  return (stdio?.[ASK_FD] ?? null) as Writable | null;
}

/** Resolves once a worker that died has given the terminal back: its guard holds this pipe until then. */
function givenBack({ stdio }: ChildProcess): Promise<void> {
  const screen = (stdio as readonly unknown[])[SCREEN_FD] as Readable | null | undefined;
  if (screen == null || screen.closed) return Promise.resolve();
  return new Promise((resolve) => {
    screen.once('close', resolve).resume();
  });
}

/** The signals that end us and our workers; they do not reach the scenarios' children. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs jobs in processes of their own, several at a time. Nobody is left behind if a signal ends
 * us, or a worker has to be killed.
 */
export class ScenarioPool {
  /** For the threads of simulated runs in this process. */
  readonly spare = new SpareWorkers();
  readonly #script: URL;
  #size: number;
  readonly #idle: ChildProcess[] = [];
  /** Workers that were started, until Node has reaped them. */
  readonly #all = new Set<ChildProcess>();
  readonly #starts = new WeakMap<ChildProcess, StartWait>();
  readonly #waiting: Waiting[] = [];
  readonly #onScreen: boolean;
  readonly #own: Host | null;
  readonly #takes: NodeJS.Signals | null;
  /** Holds the stderr of workers while they have the screen. */
  #held: HeldOutput | null = null;
  #orphans: Orphans | null = null;
  #ending: NodeJS.Signals | null = null;
  #listens = false;

  /**
   * Makes a pool without workers.
   * @param script the built scenario-worker
   */
  constructor(script: URL, { jobs, watch, own, recordSignal }: PoolOptions) {
    this.#script = script;
    this.#size = jobs;
    this.#onScreen = watch;
    this.#own = own;
    const takes = recordSignal === undefined ? null : (signalName(recordSignal) as NodeJS.Signals);
    this.#takes = takes;
    if (takes !== null) process.on(takes, this.#onTake);
  }

  /** Rejects with a CliError if the job could not begin, or no worker can be started. */
  run(job: ScenarioJob): Promise<JobResult> {
    return new Promise((done, failed) => {
      this.#waiting.push({ job, done, failed });
      this.#next();
    });
  }

  /** Returns the text held back from stderr. */
  close(): string {
    for (const signal of ENDING) process.off(signal, this.#onSignal);
    if (this.#takes !== null) process.off(this.#takes, this.#onTake);
    for (const worker of this.#all) worker.kill();
    this.spare.dispose();
    // From now on our children may belong to another pool.
    this.#orphans = null;
    return this.#held?.take() ?? '';
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#ending === null) {
      const worker = this.#idle.pop() ?? (this.#all.size < this.#size ? this.#start() : null);
      if (worker === null) return;
      if (this.#waiting[0]!.job.host === 'linux' && !this.#onScreen)
        this.#orphans ??= new Orphans(needLinux(this.#own));
      this.#give(worker, this.#waiting.shift()!);
    }
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#ending ??= signal;
    for (const worker of this.#all) worker.kill('SIGKILL');
  };

  readonly #onTake = (): void => {
    for (const worker of this.#all) askOf(worker)?.write('\n');
  };

  /** A worker is gone. If a signal is ending us, the last one takes us with it. */
  #gone(worker: ChildProcess): void {
    this.#all.delete(worker);
    this.#orphans?.end(new Set([...this.#all].map(({ pid }) => pid!)));
    if (this.#ending === null || this.#all.size > 0) return;
    for (const signal of ENDING) process.off(signal, this.#onSignal);
    process.kill(process.pid, this.#ending);
  }

  /** Returns null if none can be started. */
  #start(): ChildProcess | null {
    if (this.#onScreen) this.#held ??= new HeldOutput();
    this.#listen();
    const worker = this.#fork();
    // A worker without a pid must not be killed: Node would use pid 0, which is our whole group.
    if (worker?.pid === undefined) return null;
    this.#all.add(worker);
    this.#starts.set(worker, new StartWait(worker, this.#own));
    worker.once('exit', () => this.#gone(worker));
    return worker;
  }

  /** Node throws some start errors, and reports others as an event. */
  #fork(): ChildProcess | null {
    const stdin = this.#onScreen ? 'inherit' : atItsEnd(this.#own);
    // ASK_FD and SCREEN_FD.
    const more = this.#onScreen ? ['pipe', 'pipe'] : this.#takes === null ? [] : ['pipe'];
    const stdio = [stdin, 'inherit', this.#held?.fd ?? 'inherit', 'ipc', ...more] as StdioOptions;
    try {
      // A worker that has the screen ends by itself when we are gone, and restores the terminal.
      const args = this.#onScreen ? [] : [String(process.pid)];
      const worker = fork(this.#script, args, { stdio });
      worker.stdin?.end();
      // A request to a worker that is gone.
      askOf(worker)?.on('error', () => {});
      worker.on('error', (error) => {
        // For a worker that did start, this is a job that did not reach it: its exit will report
        // it.
        if (worker.pid === undefined) this.#notStarted(error);
      });
      return worker;
    } catch (error) {
      this.#notStarted(error);
      return null;
    }
  }

  /**
   * The other workers go on, and take the waiting jobs in turn. If there are none, nothing can run.
   */
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
   * Called from the first worker on: until then there is nothing to end, and a signal ends us. A
   * worker that has the screen ends by itself, and its guard must live to restore the terminal.
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
    const limit = new TimeLimit(timeoutNs === null ? null : timeoutNs + GRACE_NS, end);
    const finish = (reply: Reply): void => {
      limit.stop();
      worker.off('message', onMessage).off('exit', onExit);
      if ('done' in reply) done(reply.done);
      else failed(new CliError(reply.refused.message, reply.refused.status));
      this.#next();
    };
    const onMessage = (reply: unknown): void => {
      if (reply === BEGUN) return;
      this.#idle.push(worker);
      finish(reply as Reply);
    };
    const onExit = (status: number | null, signal: string | null): void => {
      if (this.#ending !== null) return;
      const begun = !this.#starts.get(worker)!.goesOn;
      const tooLong = begun ? ranTooLong(timeoutNs!) : NOT_BEGUN;
      const how = late ? tooLong : died(status, signal);
      const ended = { done: lost(job, how, late && begun ? 1 : 3) };
      void givenBack(worker).then(() => finish(ended));
    };
    worker.on('message', onMessage).once('exit', onExit);
    worker.send(job);
  }
}

/** A stdin that is at its end. Node opens /dev/null for `ignore`, and that may be missing. */
function atItsEnd(own: Host | null): 'ignore' | 'pipe' {
  return own === null || own.stat('/dev/null', own.alloc(STAT_SIZE)) === 0 ? 'ignore' : 'pipe';
}

function died(status: number | null, signal: string | null): string {
  const how = signal === null ? `exited ${status}` : `was killed by ${signal}`;
  return `the process that ran it ${how}`;
}

/** The result of a run that returned none. */
function lost(job: ScenarioJob, message: string, status: 1 | 3): JobResult {
  const { file, host } = job;
  const failures = [{ kind: 'error' as const, message, at: null }];
  const result = { ...NOTHING_RAN, file, name: file, host, seed: job.seed ?? 1, status, failures };
  return { result, notes: '', left: false };
}
