/** The loop of an IOThread, in its own thread. */

import { AioContext } from '../aio/aio-context.ts';
import type { FdMonChoice } from '../aio/fdmon/fdmon.ts';
import type { BottomHalfHandle, ContextHandle } from '../aio/handles.ts';
import { checkFunction } from '../host/arguments.ts';
import type { Host } from '../host/host.ts';
import type { MainContext } from '../mainloop/main-context.ts';
import { IOThreadLoop } from './iothread-loop.ts';
import { ParamWords } from './iothread-params.ts';
import { type MachineHandle, MachineState } from './machine-state.ts';
import { exportsOf } from './module-url.ts';
import { QemuThread } from './qemu-thread.ts';
import type { ThreadSelf } from './thread-entry.ts';
import { threadTracer } from './trace-clock.ts';

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
  /**
   * A main context, for sources of GLib's kind: idle ones, timeouts, sources of one's own. From then on
   * the loop runs it, and the thread's context as one of its sources, which takes longer than polling
   * the context alone. QEMU: iothread_get_g_main_context.
   */
  getGMainContext(): MainContext;
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
  readonly fdmon: FdMonChoice;
  /** The properties, as ParamWords. */
  readonly params: Float64Array;
  readonly data: unknown;
}

/** Its reply when it runs. */
export interface IOThreadRunning {
  readonly context: ContextHandle;
  /** Ends the loop after its round. */
  readonly stopBh: BottomHalfHandle;
}

export async function runIOThread(self: ThreadSelf, job: IOThreadJob): Promise<void> {
  const { host, name } = self;
  const trace = threadTracer(host);
  const context = new AioContext({ host, name, trace, qemu: job.machine.qemu, fdmon: job.fdmon });
  const loop = new IOThreadLoop(context);
  const stopBh = context.newBottomHalf('iothread_stop_bh', () => loop.quit());
  const params = new ParamWords(job.params);
  let isKnown = false;
  let thread: QemuThread | null = null;
  self.onExit = (failed) => {
    if (failed) thread?.giveBackLocks();
    stopBh.delete();
    loop.close();
    if (isKnown) context.leave(self.tellLeft);
    else context.close();
  };
  params.applyTo(context);
  const machine = MachineState.from(job.machine, host, trace);
  thread = new QemuThread({ machine, name, context, trace });
  const main = job.module === null ? null : await mainOf(job.module);
  const { data } = job;
  const getGMainContext = (): MainContext => loop.gMainContext();
  const io: IOThreadSelf = {
    name,
    host,
    machine,
    thread,
    context,
    data,
    getGMainContext,
    onEnd: null,
  };
  await main?.(io);
  const told: IOThreadRunning = {
    context: context.share(),
    stopBh: stopBh.share(),
  };
  context.sharing().inbox.onSettings = () => params.applyTo(context);
  isKnown = true;
  self.tellRunning(told);
  try {
    loop.run();
  } catch (error) {
    io.onEnd?.(error);
    throw error;
  }
  io.onEnd?.(null);
}

/** The default export of a thread's module. */
export async function mainOf<T = IOThreadMain>(url: string, what = 'IOThread'): Promise<T> {
  const { default: main } = await exportsOf(url);
  checkFunction(main, `${what}: the default export of ${url}`);
  return main as T;
}
