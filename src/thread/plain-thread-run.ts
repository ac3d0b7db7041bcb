/** A plain thread, in its Worker. */

import type { Host } from '../host/host.ts';
import { mainOf } from './iothread-run.ts';
import { type MachineHandle, MachineState } from './machine-state.ts';
import { QemuThread } from './qemu-thread.ts';
import type { ThreadSelf } from './thread-entry.ts';
import { threadTracer } from './trace-clock.ts';

/** The argument of a plain thread's function. */
export interface PlainThreadSelf {
  /** As given to new PlainThread. */
  readonly name: string;
  readonly host: Host;
  /** The machine, as this thread sees it. */
  readonly machine: MachineState;
  readonly thread: QemuThread;
  /** The `data` of new PlainThread, as structured clone copies it. */
  readonly data: unknown;
}

/** The default export of a plain thread's module. When it returns, the thread ends. */
export type PlainThreadMain = (self: PlainThreadSelf) => void | Promise<void>;

/** The options of a plain thread’s job. */
export interface PlainThreadJob {
  readonly machine: MachineHandle;
  readonly module: string;
  readonly data: unknown;
}

export async function runPlainThread(self: ThreadSelf, job: PlainThreadJob): Promise<void> {
  const { host, name } = self;
  const trace = threadTracer(host);
  const machine = MachineState.from(job.machine, host, trace);
  const thread = new QemuThread({ machine, name, trace });
  self.onExit = (failed) => {
    if (failed) thread.giveBackLocks();
  };
  const main = await mainOf<PlainThreadMain>(job.module, 'PlainThread');
  self.tellRunning(null);
  await main({ name, host, machine, thread, data: job.data });
}
