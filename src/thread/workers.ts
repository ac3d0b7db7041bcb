import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type Transferable, Worker } from 'node:worker_threads';
import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { checkOptions } from '../host/arguments.ts';
import { HostError } from '../host/errno.ts';
import { checkFreeDescriptors } from '../host/free-descriptors.ts';
import type { Disposable, Host } from '../host/host.ts';
import { unlessGone } from '../host/host-gone.ts';
import { onProcessExit } from '../host/process-exit.ts';
import { ProgramFiles } from '../host/program-file.ts';
import { threadIds } from '../host/thread-ids.ts';
import type { IOThreadList } from './iothread-info.ts';
import type { Job, JobKind } from './job.ts';
import type { SpareWorkers } from './spare-workers.ts';
import { ThreadRun } from './thread-run.ts';

/**
 * The program of the Workers, beside this file; a bundle of CommonJS has it in a folder beside it.
 * Node 20 loads no TypeScript, so the sources use the built one.
 */
function entryUrl(): URL {
  const here = import.meta.url;
  const ending = here.slice(here.lastIndexOf('.'));
  if (ending === '.ts') return new URL('../../dist/cjs/thread-entry.js', here);
  return new URL(ending === '.cjs' ? './cjs/thread-entry.js' : `./thread-entry${ending}`, here);
}

/** The parts of this thread that shorten the start of another one. */
interface StartData {
  readonly koffiFile: string | undefined;
  readonly code: Uint8Array | undefined;
}

function startData(): StartData {
  const { cache = {} } = createRequire(import.meta.url);
  // koffi looks for its native module for 8 ms in each thread.
  const koffiFile = Object.keys(cache).find((path) => path.endsWith('koffi.node'));
  const core = cache[fileURLToPath(new URL('./core.js', import.meta.url))];
  return { koffiFile, code: core?.exports.codeForThreads() };
}

/** The number that the event loop of a Worker takes, with those for its program's files. */
const DESCRIPTORS = 6;

/** A Worker that was made, and the ids that its thread may have. */
interface Made {
  readonly worker: Worker;
  readonly ids: readonly string[];
}

/**
 * Looks first for all that would keep it from its program: Node would say that only to a thread back in
 * its loop, and this one may wait for the other until then.
 */
function newWorker(entry: URL, files: ProgramFiles): Made {
  const workerData = startData();
  files.check('Workers.start', workerData.koffiFile);
  checkFreeDescriptors(DESCRIPTORS, 'the start of a thread');
  const before = new Set(threadIds());
  const worker = new Worker(entry, { name: 'qemu-loop', execArgv: [], workerData });
  return { worker, ids: threadIds().filter((id) => !before.has(id)) };
}

export interface WorkersOptions {
  readonly host: Host;
  /** Runs in this thread: an error that ends a thread comes out of its loop, even if that sleeps. */
  readonly context?: AioContext | undefined;
  /** The program of the Workers; by default the one beside this file. */
  readonly entry?: URL | undefined;
  /** Workers that are kept from one machine to the next; by default each ends with its job. */
  readonly spare?: SpareWorkers | undefined;
}

/** A thread to start. */
export interface ThreadRequest {
  readonly kind: JobKind;
  readonly name: string;
  readonly options: unknown;
  readonly transfer?: readonly object[] | undefined;
  /** Scheduled when an error ends it; by default one of the main loop. */
  readonly failedBh?: BottomHalfHandle | undefined;
}

/** The Workers that run the threads of one machine. They do not keep the process alive. */
export class Workers implements Disposable {
  readonly iothreads: IOThreadList = new Map();
  readonly #host: Host;
  readonly #entry: URL;
  readonly #files: ProgramFiles;
  readonly #context: AioContext | null;
  readonly #spare: SpareWorkers | null;
  #failedBh: BottomHalf | null = null;
  readonly #running = new Map<ThreadRun, Worker>();
  readonly #terminated = new Set<ThreadRun>();
  #exit: Disposable | null = null;
  #closed = false;

  /** @throws TypeError, RangeError for missing or wrong options */
  constructor(options: WorkersOptions) {
    checkOptions(options, 'Workers', { host: 'a Host' });
    const { host, context = null, entry = entryUrl(), spare = null } = options;
    this.#host = host;
    this.#entry = entry;
    this.#files = new ProgramFiles(entry);
    this.#context = context;
    this.#spare = host.kind === 'sim' ? spare : null;
  }

  /** The threads that have not ended, in the order of their start. */
  get running(): readonly ThreadRun[] {
    return [...this.#running.keys()];
  }

  /**
   * Starts a thread, and does not wait until it runs.
   * @throws HostError, or Node's ERR_WORKER_INIT_FAILED, if no thread can be made; Error if their program
   *   is missing; DataCloneError if its options cannot be sent
   */
  start(request: ThreadRequest): ThreadRun {
    if (this.#closed) throw new Error('Workers.start: they are disposed of');
    const { kind, name, options } = request;
    // The simulated kernel waits for each thread that it has made, so the Worker is made first.
    const { worker, ids } = this.#newWorker();
    const made = this.#host.newThread(name);
    if (typeof made === 'number') {
      void worker.terminate();
      throw new HostError(made, 'newThread');
    }
    const { port1, port2 } = new MessageChannel();
    const run = new ThreadRun(this.#host, name, port1, ids);
    const job: Job = {
      kind,
      name,
      ticket: made.ticket,
      words: run.words.array,
      port: port2,
      failedBh: request.failedBh ?? this.#failed(),
      options,
      keeps: this.#spare !== null,
    };
    const transfer = [port2, ...made.transfer, ...(request.transfer ?? [])];
    worker.postMessage(job, transfer as Transferable[]);
    this.#running.set(run, worker);
    run.onEnd = () => this.#ended(run);
    // A sleeping thread does not see that the process exits, which would wait for it.
    this.#exit ??= onProcessExit(() => this.#endAll());
    return run;
  }

  /**
   * Blocks until a thread runs. Returns what it told then.
   * @throws the error that it ended by; or one of the wait itself, and then it goes on
   */
  waitRunning(run: ThreadRun): unknown {
    try {
      return run.waitRunning();
    } catch (error) {
      if (run.ended) run.join();
      throw error;
    }
  }

  /** Blocks until a thread that was asked to stop has ended. */
  join(run: ThreadRun): void {
    run.join();
  }

  /** Ends a thread wherever it is. Resolves when it is gone. */
  async terminate(run: ThreadRun): Promise<void> {
    const worker = this.#running.get(run);
    if (worker === undefined) return;
    this.#terminated.add(run);
    const gone = worker.terminate();
    unlessGone(run.wake);
    await gone;
  }

  /** Ends the threads that still run wherever they are. */
  dispose(): void {
    this.#closed = true;
    for (const { abandon } of this.iothreads.values()) abandon();
    this.#endAll();
    this.#stopListening();
    this.#failedBh?.delete();
    this.#failedBh = null;
  }

  /** Takes the errors out of the loop, one in a round. */
  #failed(): BottomHalfHandle | null {
    if (this.#context === null) return null;
    this.#failedBh ??= this.#context.newBottomHalf('thread_failed_bh', () => {
      this.#failedBh?.schedule();
      for (const run of this.#running.keys()) run.check();
      this.#failedBh?.cancel();
    });
    return this.#failedBh.share();
  }

  #stopListening(): void {
    this.#exit?.dispose();
    this.#exit = null;
  }

  #newWorker(): Made {
    const kept = this.#spare?.take() as Worker | undefined;
    // A kept one has begun its program before.
    const made = kept ? { worker: kept, ids: [] } : newWorker(this.#entry, this.#files);
    const { worker } = made;
    worker.unref();
    worker.on('error', (error) => this.#died(worker, error, 1));
    worker.on('exit', (status) => this.#died(worker, null, status));
    return made;
  }

  #died(worker: Worker, error: Error | null, status: number): void {
    for (const [run, its] of this.#running) {
      if (its !== worker) continue;
      if (this.#terminated.delete(run)) run.lost();
      else run.died(error, status);
    }
  }

  #ended(run: ThreadRun): void {
    const worker = this.#running.get(run);
    this.#running.delete(run);
    if (worker !== undefined && run.isWhole) this.#spare?.give(worker);
    if (this.#running.size === 0) this.#stopListening();
  }

  /** Ends all threads wherever they are, without waiting for them. */
  #endAll(): void {
    for (const [run, worker] of this.#running) {
      this.#terminated.add(run);
      void worker.terminate();
      unlessGone(run.wake);
    }
  }
}
