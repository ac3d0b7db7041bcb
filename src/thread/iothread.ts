import { checkUring, FDMON_CHOICES, type FdMonChoice } from '../aio/fdmon/fdmon.ts';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { PROFILES } from '../aio/profile.ts';
import { checkThreadPoolParams } from '../aio/thread-pool-params.ts';
import { checkObject, checkOptions, checkString } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';
import { unlessGone } from '../host/host-gone.ts';
import {
  aBoolean,
  aFunction,
  anArray,
  anything,
  aString,
  aWord,
  checkNames,
  checkShape,
  type Shape,
} from '../host/shape.ts';
import type { IOThreadInfo, IOThreadList } from './iothread-info.ts';
import {
  IOTHREAD_DEFAULTS,
  IOTHREAD_SHAPE,
  type IOThreadParams,
  ParamWords,
  takeParams,
} from './iothread-params.ts';
import type { IOThreadJob, IOThreadRunning } from './iothread-run.ts';
import { finalizeLeft } from './left-iothread.ts';
import type { MachineState } from './machine-state.ts';
import { moduleUrl } from './module-url.ts';
import { RemoteBottomHalf } from './remote-bottom-half.ts';
import { RemoteContext } from './remote-context.ts';
import type { ThreadRun } from './thread-run.ts';
import type { Workers } from './workers.ts';

export interface IOThreadOptions extends Partial<IOThreadParams> {
  /** This thread's view of the machine, which the new thread joins. */
  readonly machine: MachineState;
  /** Its id in query-iothreads, and its name in traces and errors. */
  readonly name: string;
  /**
   * A module, as the URL or the absolute path of its file. Its default export, an IOThreadMain, is
   * called in the thread before the loop begins.
   */
  readonly module?: string | URL | undefined;
  /** Copied to the module's function, by structured clone. */
  readonly data?: unknown;
  /** The objects in `data` that leave this thread, such as ports. */
  readonly transfer?: readonly object[] | undefined;
  /** How its context waits for descriptors, as of AioContext; by default `auto`. */
  readonly fdmon?: FdMonChoice | undefined;
  /** Left out by queryIOThreads, as those of QEMU's iothread_create. */
  readonly internal?: boolean | undefined;
  /** Gets the error that ended the thread; by default it is thrown in this thread. */
  readonly onError?: ((error: Error) => void) | undefined;
}

const OPTIONS: Shape<IOThreadOptions> = {
  machine: anything,
  name: aString,
  module: anything,
  internal: aBoolean,
  fdmon: aWord(FDMON_CHOICES),
  data: anything,
  transfer: anArray('an array of objects'),
  onError: aFunction,
  ...IOTHREAD_SHAPE,
};

/**
 * A thread that runs an AioContext of its own: a Worker, whose JavaScript blocks while it polls.
 * QEMU: IOThread.
 */
export class IOThread implements Disposable {
  readonly name: string;
  /** Its context, for this thread. */
  readonly context: RemoteContext;
  readonly #machine: MachineState;
  readonly #workers: Workers;
  readonly #run: ThreadRun;
  readonly #list: IOThreadList;
  readonly #words = new ParamWords();
  readonly #stopBh: RemoteBottomHalf;
  #params: IOThreadParams;
  #finalized = false;

  /**
   * Starts the thread, and blocks until its loop begins. QEMU: iothread_init.
   * @throws TypeError or RangeError for wrong options, with QEMU's texts for its properties;
   *   HostError if no thread can be made; what its module throws
   */
  constructor(options: IOThreadOptions) {
    checkOptions(options, 'IOThread', { machine: 'a MachineState' });
    const { machine, name, data, transfer, onError, fdmon = 'auto' } = options;
    const { host } = machine;
    checkString(name, "IOThread: option 'name'");
    checkShape(options, 'IOThread', OPTIONS);
    const params = takeParams(IOTHREAD_DEFAULTS, options);
    checkThreadPoolParams(params.threadPoolMin, params.threadPoolMax);
    const module =
      options.module === undefined ? null : moduleUrl(options.module, "IOThread: option 'module'");
    this.name = name;
    this.#params = params;
    this.#machine = machine;
    this.#list = machine.workers.iothreads;
    if (this.#list.has(name)) throw new Error(`attempt to add duplicate property '${name}'`);
    this.#workers = machine.workers;
    this.#words.set(params);
    const shared = machine.share();
    checkUring(fdmon, PROFILES[shared.qemu], 'IOThread');
    const job: IOThreadJob = {
      machine: shared,
      module,
      fdmon,
      params: this.#words.array,
      data,
    };
    this.#run = this.#workers.start({ kind: 'iothread', name, options: job, transfer });
    const { context, stopBh } = this.#workers.waitRunning(this.#run) as IOThreadRunning;
    this.context = RemoteContext.from(context, host);
    this.#stopBh = RemoteBottomHalf.from(stopBh, host);
    const one = host.alloc(8);
    one.i32[0] = 1;
    this.#run.wake = () => void host.write(context.wakeFd, one, 0, 8);
    machine.timed.add(this.context);
    this.#run.onError = onError ?? null;
    const info = options.internal === true ? null : () => this.#info();
    this.#list.set(name, {
      info,
      abandon: () => this.#abandon(),
      wakeFd: context.wakeFd,
      hasEnded: () => this.#run.ended,
      takeFailure: () => this.#takeFailure(),
    });
  }

  #takeFailure(): Error | null {
    this.#workers.join(this.#run);
    return this.#run.takeFailure();
  }

  #info(): IOThreadInfo {
    const { pollMaxNs, pollGrow, pollShrink, aioMaxBatch } = this.#params;
    const { name: id, threadId } = this;
    return { id, threadId, pollMaxNs, pollGrow, pollShrink, aioMaxBatch };
  }

  /** As gettid. QEMU: iothread->thread_id. */
  get threadId(): number {
    return this.#run.words.tid;
  }

  /** Its properties as they were set last. */
  get params(): IOThreadParams {
    return this.#params;
  }

  /**
   * Sets properties while it runs. Its context has them before anything that is scheduled later;
   * how long it polls begins anew. QEMU: iothread_set_poll_param.
   * @throws TypeError or RangeError if a property is wrong, with QEMU's texts. As in QEMU,
   *   threadPoolMin and threadPoolMax are set even if they do not fit together.
   */
  setParams(params: Partial<IOThreadParams>): void {
    checkObject(params, 'IOThread.setParams: properties', 'an object');
    checkNames(params, 'IOThread.setParams', IOTHREAD_SHAPE);
    this.#params = takeParams(this.#params, params);
    checkThreadPoolParams(this.#params.threadPoolMin, this.#params.threadPoolMax);
    this.#words.set(this.#params);
    this.context.notifySettings();
  }

  /**
   * setParams of the three that adaptive polling has, as AioContext.setPollParams. QEMU:
   * iothread_set_poll_param.
   */
  setPollParams(pollMaxNs: number, pollGrow: number, pollShrink: number): void {
    this.setParams({ pollMaxNs, pollGrow, pollShrink });
  }

  /** Whether its loop runs. */
  get running(): boolean {
    return !this.#run.ended;
  }

  /**
   * Ends the loop after the round that runs all that is scheduled now, and blocks until the thread
   * has ended. Does nothing if it has. QEMU: iothread_stop.
   * @throws the error that ended the thread, unless somebody has got it
   */
  stop(): void {
    if (!this.#run.ended) this.#stopBh.schedule();
    this.#machine.timed.delete(this.context);
    this.#workers.join(this.#run);
    this.#run.check();
  }

  /**
   * Stops it, and finalizes its context. QEMU: iothread_instance_finalize.
   * @throws as stop; Error if a bottom half of its context leaked, also one that was scheduled after
   *   stop; QemuAbort if a coroutine is scheduled there
   */
  dispose(): void {
    this.stop();
    this.#list.delete(this.name);
    const leak = this.#finalize();
    if (leak !== null) throw leak;
  }

  #finalize(): Error | null {
    if (this.#finalized) return null;
    this.#finalized = true;
    const bhs = this.#run.left as readonly BottomHalfHandle[] | null;
    const leak = finalizeLeft(this.context.handle, bhs, this.#machine.host);
    return this.#run.takeLeak() ?? leak;
  }

  /** The machine is disposed of: the context goes when the thread has ended. */
  #abandon(): void {
    if (this.#run.ended) this.#finalize();
    else this.#run.onLost = () => unlessGone(() => void this.#finalize());
  }

  /** Ends the thread wherever it is. Its context is not closed. Resolves when it is gone. */
  terminate(): Promise<void> {
    this.#machine.timed.delete(this.context);
    return this.#workers.terminate(this.#run);
  }
}
