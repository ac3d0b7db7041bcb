import { resolve } from 'node:path';
import { IOThread, LinuxHost, MachineState, MainLoop } from '../src/index.ts';
import { CProgram } from './c-program.ts';
import { op } from './measure.ts';
import type { Measure, ProgramRow, Row, Section } from './row.ts';

/** Threads in plain C. */
function inC(program: CProgram, work: ProgramRow): Measure | undefined {
  return program.problem === null ? () => program.run(work) : undefined;
}

function module(name: string): string {
  return resolve('bench', 'thread-modules', `${name}.mjs`);
}

function machineWithLoop() {
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  return { loop, machine, thread: machine.thread };
}

function uncontended(): Row {
  const { loop, machine, thread } = machineWithLoop();
  const { bql } = thread;
  const c = new CProgram('threads');
  bql.unlock();
  return {
    name: 'BQL: lock and unlock, uncontended',
    limit: 'two atomic operations, and V8’s calls',
    c: inC(c, { row: 'bql', count: 3_000_000 }),
    ours: op(() => {
      bql.lock();
      bql.unlock();
    }),
    close: () => {
      machine.dispose();
      loop.close();
      c.dispose();
    },
  };
}

/** With an IOThread, which sleeps between two operations. */
function withIOThread(
  name: string,
  limit: string,
  row: string,
  make: (io: IOThread, made: ReturnType<typeof machineWithLoop>) => () => void,
): Row {
  const made = machineWithLoop();
  const { loop, machine } = made;
  const io = new IOThread({ machine, name: 'io0', module: module('lock'), pollMaxNs: 0 });
  const c = new CProgram('threads');
  return {
    name,
    limit,
    c: inC(c, { row, count: 20_000 }),
    ours: op(make(io, made)),
    close: () => {
      io.stop();
      machine.dispose();
      loop.close();
      c.dispose();
    },
  };
}

function handover(): Row {
  return withIOThread(
    'BQL: handed to an IOThread and back while main polls',
    'two wake-ups of a sleeping thread',
    'handover',
    (io, { loop }) =>
      () => {
        io.context.scheduleOneshot('take');
        loop.mainLoopWait(false);
      },
  );
}

function waitOneshot(): Row {
  return withIOThread(
    'AIO_WAIT_WHILE: aio_wait_bh_oneshot of a sleeping IOThread',
    'two wake-ups of a sleeping thread',
    'ping-pong',
    (io, { thread }) => {
      thread.acquire(io.context);
      return () => thread.aioWait.bhOneshot(io.context, 'nothing');
    },
  );
}

export const threads: Section = {
  name: 'threads',
  about: 'locks and waits between threads; plain C has pthreads and eventfds',
  rows: [uncontended, handover, waitOneshot],
};
