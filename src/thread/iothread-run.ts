/** The loop of an IOThread, in its own thread. */

import { AioContext } from '../aio/aio-context.ts';
import type { BottomHalfHandle, ContextHandle } from '../aio/handles.ts';
import { checkFunction } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import { Tracer } from '../trace/tracer.ts';
import { ParamWords } from './iothread-params.ts';
import { type MachineHandle, MachineState } from './machine-state.ts';
import { QemuThread } from './qemu-thread.ts';
import type { ThreadSelf } from './thread-entry.ts';
import { traceClock } from './trace-clock.ts';

/** The argument of an IOThread's function. */
export interface IOThreadSelf {
  /** As given to new IOThread. */
  readonly name: string;
  readonly host: Host;
  /** The machine, as this thread sees it. */
  readonly machine: MachineState;
  readonly thread: QemuThread;
  /** The thread's own context: its handlers, timers and bottom halves run in this thread. */
  readonly context: AioContext;
  /** The `data` of new IOThread, as structured clone copies it. */
  readonly data: unknown;
  /** Called in the thread when its loop has ended, before its context is closed: with the error, or null. */
  onEnd: ((error: unknown) => void) | null;
}

/** The default export of an IOThread's module. It is called before the loop begins. */
export type IOThreadMain = (io: IOThreadSelf) => void | Promise<void>;

/** The options of an IOThread’s job. */
export interface IOThreadJob {
  readonly machine: MachineHandle;
  /** The URL of the module; null for a loop without one. */
  readonly module: string | null;
  /** The properties, as ParamWords. */
  readonly params: Float64Array;
  readonly data: unknown;
}

/** Its reply when it runs. */
export interface IOThreadRunning {
  readonly context: ContextHandle;
  /** Ends the loop after its round. */
  readonly stopBh: BottomHalfHandle;
  /** Takes the properties from the job's words. */
  readonly paramsBh: BottomHalfHandle;
}

/** QEMU: iothread_run. */
export async function runIOThread(self: ThreadSelf, job: IOThreadJob): Promise<void> {
  const { host, name } = self;
  const trace = new Tracer(traceClock(host));
  const context = new AioContext({ host, name, trace });
  let running = true;
  const stopBh = context.newBottomHalf('iothread_stop_bh', () => {
    running = false;
  });
  const params = new ParamWords(job.params);
  const paramsBh = context.newBottomHalf('iothread_params_bh', () => params.applyTo(context));
  self.onExit = () => {
    stopBh.delete();
    paramsBh.delete();
    context.close();
  };
  params.applyTo(context);
  const machine = MachineState.from(job.machine, host, trace);
  const thread = new QemuThread({ machine, name, context, trace });
  const main = job.module === null ? null : await mainOf(job.module);
  const io: IOThreadSelf = { name, host, machine, thread, context, data: job.data, onEnd: null };
  await main?.(io);
  const told: IOThreadRunning = {
    context: context.share(),
    stopBh: stopBh.share(),
    paramsBh: paramsBh.share(),
  };
  self.tellRunning(told);
  try {
    while (running) context.poll(true);
  } catch (error) {
    io.onEnd?.(error);
    throw error;
  }
  io.onEnd?.(null);
}

/** The default export of a thread's module. */
export async function mainOf<T = IOThreadMain>(url: string, what = 'IOThread'): Promise<T> {
  const { default: main } = (await import(url)) as { default: unknown };
  checkFunction(main, `${what}: the default export of ${url}`);
  return main as T;
}
