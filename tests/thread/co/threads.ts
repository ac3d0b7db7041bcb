/**
 * Several threads of a machine in one JavaScript thread: each has its own view of the machine, and
 * its own context, and runs only when it is polled. So every order can be chosen.
 */

import { AioContext } from '../../../src/aio/aio-context.ts';
import { Coroutines } from '../../../src/coroutine/coroutines.ts';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';
import type { MovingBody } from '../../../src/thread/co/moving-coroutine.ts';
import type { SharedCoroutine } from '../../../src/thread/co/shared-coroutine.ts';
import { SharedCoroutines } from '../../../src/thread/co/shared-coroutines.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';
import { QemuThread } from '../../../src/thread/qemu-thread.ts';

export interface One {
  readonly name: string;
  readonly thread: QemuThread;
  readonly context: AioContext;
  readonly co: SharedCoroutines;
  /** A coroutine of another thread, as this one sees it. */
  from(co: SharedCoroutine): SharedCoroutine;
  /** Polls until there is no progress. */
  settle(): void;
}

export function makeThreads() {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  const log: string[] = [];

  const one = (name: string, thread: QemuThread, context: AioContext): One => {
    const co = new SharedCoroutines(thread, new Coroutines(context));
    return {
      name,
      thread,
      context,
      co,
      from: (other) => co.from(other.share()),
      settle: () => {
        while (context.poll(false));
      },
    };
  };
  const main = one('main', machine.thread, loop.context);
  const io = (name: string): One => {
    const context = new AioContext({ host, name });
    const there = MachineState.from(machine.share(), host);
    return one(name, new QemuThread({ machine: there, name, context }), context);
  };
  const [io1, io2] = [io('io1'), io('io2')];
  const all = [main, io1, io2];
  return {
    host,
    loop,
    machine,
    log,
    main,
    io1,
    io2,
    say: (where: One, text: string) => void log.push(`${where.name}: ${text}`),
    /** Registers the body that `make` gives for each thread. */
    addEntry: (name: string, make: (where: One) => MovingBody) => {
      for (const where of all) where.co.addEntry(name, make(where));
    },
  };
}
