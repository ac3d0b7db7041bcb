import { WorkerEnd } from '../aio/worker-end.ts';
import { checkObject } from '../host/arguments.ts';
import type { Disposable, Host } from '../host/host.ts';
import type { NodeWaitKind } from '../host/node-wait.ts';
import { aBoolean, anObject, checkShape, type Shape } from '../host/shape.ts';
import type { Iteration } from './iteration.ts';
import type { MainContext } from './main-context.ts';
import type { MainPoll } from './main-poll.ts';
import { NodeDrive } from './node-drive.ts';
import { NodeSource } from './node-source.ts';

export interface RunOptions {
  /** Whether Node's own loop goes on meanwhile; see MainLoop.embedNode. */
  readonly node?: boolean | undefined;
}

export interface RunAsyncOptions {
  /** Ends the run once it is aborted; the promise is not rejected. */
  readonly signal?: AbortSignal | undefined;
}

const RUN: Shape<RunOptions> = { node: aBoolean };
const RUN_ASYNC: Shape<RunAsyncOptions> = {
  signal: anObject('an AbortSignal', 'addEventListener', 'removeEventListener'),
};

/** See MainLoop.drivenBy. */
export type DrivenBy = 'run' | 'uv_run' | NodeWaitKind;

/** The parts of a main loop that driving it takes. */
interface Parts {
  readonly host: Host;
  readonly iteration: Iteration;
  readonly poll: MainPoll;
  readonly sources: MainContext;
}

/** The ways of running a main loop's iterations one after the other: MainLoop's run and runAsync. */
export class Driving {
  readonly #parts: Parts;
  /** Null unless Node drives the loop. */
  #drive: NodeDrive | null = null;
  /** Null unless Node's loop is a source. */
  #node: NodeSource | null = null;
  /** How many calls of run are under way. */
  #runs = 0;
  #keepsProcess = true;
  #quit = false;
  /** Undefined until the loop may sleep by itself for the first time; null on the main thread. */
  #workerEnd: WorkerEnd | null | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get by(): DrivenBy | null {
    if (this.#runs > 0) return this.#node === null ? 'run' : 'uv_run';
    return this.#drive?.kind ?? null;
  }

  /** MainLoop.mainLoopWait. */
  iterate(nonblocking: boolean): number {
    this.#drive?.interrupt();
    if (this.#workerEnd === undefined && !nonblocking) this.#watchEnd();
    return this.#parts.iteration.run(nonblocking);
  }

  /** MainLoop.run. */
  run(options: RunOptions): void {
    checkObject(options, 'run: options', 'an object');
    checkShape(options, 'run', RUN);
    const embedded = options.node === true && this.#node === null ? this.embed() : null;
    this.#runs++;
    try {
      this.#node?.begin();
      while (!this.#quit) this.iterate(false);
    } finally {
      this.#runs--;
      embedded?.dispose();
      this.#over();
    }
  }

  /** MainLoop.embedNode. */
  embed(): Disposable {
    if (this.#node !== null) throw new Error('embedNode: it is embedded already');
    if (this.#drive !== null) throw new Error('embedNode: Node drives the loop already');
    const { host, poll, sources } = this.#parts;
    const source = new NodeSource(host.openNodeLoop(), (record) => {
      poll.addPoll(record);
      return () => {
        poll.removePoll(record);
        this.#node = null;
      };
    });
    sources.attach(source);
    this.#node = source;
    return source;
  }

  /** MainLoop.runAsync. */
  async runAsync(options: RunAsyncOptions): Promise<void> {
    checkObject(options, 'runAsync: options', 'an object');
    checkShape(options, 'runAsync', RUN_ASYNC);
    const { signal } = options;
    if (this.#drive !== null) throw new Error('runAsync: Node drives the loop already');
    if (this.#node !== null) throw new Error("runAsync: Node's loop is embedded in this one");
    if (signal?.aborted) return;
    const stop = (): void => this.#drive?.stop();
    signal?.addEventListener('abort', stop);
    try {
      await this.#driveByNode();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Whether the loop keeps the process alive while Node drives it. */
  keep(keeps: boolean): void {
    this.#keepsProcess = keeps;
    this.#drive?.keep(keeps);
  }

  /** Ends the innermost run after this iteration. */
  quit(): void {
    this.#quit = true;
  }

  /** The loop is closed: all runs end. */
  close(): void {
    this.#quit = true;
    this.#drive?.dispose();
    this.#unwatchEnd();
  }

  /** For a worker: from now on Node can end the loop's sleep. */
  #watchEnd(): void {
    this.#workerEnd = WorkerEnd.watch(this.#parts.host, this.#parts.poll);
    // Within a callback of runAsync: each would watch the other's descriptor.
    if (this.#workerEnd !== null) this.#drive?.unwatch();
  }

  /** Before Node waits for the loop. */
  #unwatchEnd(): void {
    if (!this.#workerEnd) return;
    this.#workerEnd.dispose();
    this.#workerEnd = undefined;
  }

  #driveByNode(): Promise<void> {
    const { host, iteration, sources } = this.#parts;
    return new Promise((resolve) => {
      const drive = new NodeDrive(
        host,
        iteration,
        () => this.#quit,
        () => this.#unwatchEnd(),
        () => {
          this.#drive = null;
          sources.onAttach = null;
          this.#over();
          resolve();
        },
      );
      drive.keep(this.#keepsProcess);
      sources.onAttach = () => drive.wake();
      this.#drive = drive;
    });
  }

  /** If the loop is closed, the outer runs end too. */
  #over(): void {
    this.#quit = this.#parts.iteration.closed;
  }
}
