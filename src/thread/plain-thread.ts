import { checkOptions, checkString } from '../host/arguments.ts';
import { aFunction, anArray, anything, aString, checkShape, type Shape } from '../host/shape.ts';
import type { MachineState } from './machine-state.ts';
import { moduleUrl } from './module-url.ts';
import type { PlainThreadJob } from './plain-thread-run.ts';
import type { ThreadRun } from './thread-run.ts';

export interface PlainThreadOptions {
  /** This thread's view of the machine, which the new thread joins. */
  readonly machine: MachineState;
  /** Its name in traces and errors. */
  readonly name: string;
  /**
   * A module, as the URL or the absolute path of its file. Its default export, a PlainThreadMain, is
   * the thread's program.
   */
  readonly module: string | URL;
  /** Copied to the module's function, by structured clone. */
  readonly data?: unknown;
  /** The objects in `data` that leave this thread, such as ports. */
  readonly transfer?: readonly object[] | undefined;
  /** Gets the error that ended the thread; by default it is thrown in this thread. */
  readonly onError?: ((error: Error) => void) | undefined;
}

const OPTIONS: Shape<PlainThreadOptions> = {
  machine: anything,
  name: aString,
  module: anything,
  data: anything,
  transfer: anArray('an array of objects'),
  onError: aFunction,
};

/** A thread of a machine without an AioContext: a Worker. It stands for QEMU's qemu_thread_create. */
export class PlainThread {
  readonly name: string;
  readonly #machine: MachineState;
  readonly #run: ThreadRun;

  /**
   * Starts the thread, and blocks until its program begins.
   * @throws TypeError for wrong options; HostError if no thread can be made; an error of loading its
   *   module
   */
  constructor(options: PlainThreadOptions) {
    checkOptions(options, 'PlainThread', { machine: 'a MachineState' });
    const { machine, name, data, transfer, onError } = options;
    checkString(name, "PlainThread: option 'name'");
    checkShape(options, 'PlainThread', OPTIONS);
    this.name = name;
    this.#machine = machine;
    const job: PlainThreadJob = {
      machine: machine.share(),
      module: moduleUrl(options.module, "PlainThread: option 'module'"),
      data,
    };
    this.#run = machine.workers.start({ kind: 'plain', name, options: job, transfer });
    machine.workers.waitRunning(this.#run);
    this.#run.onError = onError ?? null;
  }

  /** Whether its program has not ended. */
  get running(): boolean {
    return !this.#run.ended;
  }

  /**
   * Blocks until the thread has ended, as qemu_thread_join does.
   * @throws the error that ended it, unless somebody has got it
   */
  join(): void {
    this.#machine.workers.join(this.#run);
    this.#run.check();
  }

  /** Ends the thread wherever it is. Resolves when it is gone. */
  terminate(): Promise<void> {
    return this.#machine.workers.terminate(this.#run);
  }
}
