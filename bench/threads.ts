import { closeSync, openSync, read } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import { IOThread, ThreadPool } from '../src/index.ts';
import { op, warmed } from './measure.ts';
import type { Measure, Row, Section } from './row.ts';
import {
  COUNT,
  moduleOf,
  POLLING,
  SHIPPED,
  SLEEPING,
  shipped,
  spaced,
  ThreadRig,
} from './thread-rig.ts';

const WAKE = 'the wake-up of a sleeping thread';
const CORE = 'needs a core of its own for each thread';
/** For a row that works for a while before it is measured. */
const ENOUGH_MS = 6_000;

/** Operations after which V8 has compiled both threads' code; the first take up to four times as long. */
const WARM = 6_000;
/** V8 compiles a round that ends a poll only after three times as many, since the poll itself is its loop. */
const WARM_POLLING = 5 * WARM;

function warmOp(fn: () => unknown, operations = 1, count = WARM): Measure {
  return warmed(op(fn, operations), () => {
    for (let i = 0; i < count; i++) fn();
  });
}

/** From the schedule until it has run in the other thread; main spins meanwhile. */
function schedule(name: string, many: number, isPolling: boolean): Row {
  const rig = new ThreadRig();
  const { words } = rig;
  const { bhs } = rig.answer('io0', many, isPolling ? POLLING : SLEEPING);
  // V8 compiles the code of both threads meanwhile.
  const count = many > 1 ? 40 : isPolling ? 10_000 : 400;
  const warm = many > 1 ? 30 * Math.ceil(WARM / many) : isPolling ? WARM_POLLING : WARM;
  const row = isPolling ? 'polling' : many > 1 ? `many-${many}` : 'sleeping';
  const worker = rig.worker();
  const act = (): void => {
    Atomics.store(words, COUNT, 0);
    for (let i = 0; i < bhs.length; i++) bhs[i]!.schedule();
    rig.spinUntil(many);
  };
  return {
    name,
    limit: isPolling ? CORE : `${WAKE}; ${CORE}`,
    ...rig.peers({ row, count }),
    ours: warmed(
      () => spaced(count, act, many),
      () => spaced(warm, act),
    ),
    enoughMs: ENOUGH_MS,
    ...(!isPolling && {
      node: async () => {
        const port = await worker;
        return spaced(
          count,
          () => {
            Atomics.store(words, COUNT, 0);
            for (let i = 0; i < many; i++) port.postMessage({});
            rig.spinUntil(many);
          },
          many,
        );
      },
    }),
    close: () => rig.close(),
  };
}

function pingPong(name: string, isPolling: boolean): Row {
  const rig = new ThreadRig();
  const options = isPolling ? POLLING : SLEEPING;
  const [a, b] = [rig.answer('io0', 0, options), rig.answer('io1', 0, options)];
  a.port.postMessage(b.ballHandle);
  b.port.postMessage(a.ballHandle);
  const turns = isPolling ? 20_000 : 2_000;
  const row = isPolling ? 'ping-pong-polling' : 'ping-pong';
  const workers = Promise.all([rig.worker(), rig.worker()]);
  return {
    name,
    limit: isPolling ? CORE : WAKE,
    ...rig.peers({ row, count: turns }),
    ours: warmed(
      () => rig.play(turns, () => a.ball.schedule()),
      () => rig.play(2 * WARM, () => a.ball.schedule()),
    ),
    enoughMs: ENOUGH_MS,
    ...(!isPolling && {
      node: async () => {
        const [left, right] = await workers;
        const { port1, port2 } = new MessageChannel();
        return rig.play(turns, () => {
          left!.postMessage({ port: port1, begins: true }, [port1]);
          right!.postMessage({ port: port2 }, [port2]);
        });
      },
    }),
    close: () => rig.close(),
  };
}

function uncontended(): Row {
  const rig = new ThreadRig();
  const { bql } = rig.machine.thread;
  bql.unlock();
  return {
    name: 'BQL: lock and unlock, uncontended',
    limit: 'two atomic operations, and V8’s calls',
    ...rig.peers({ row: 'bql', count: 3_000_000 }),
    ours: op(() => {
      bql.lock();
      bql.unlock();
    }),
    close: () => rig.close(),
  };
}

function handover(): Row {
  const rig = new ThreadRig();
  const io = rig.io('io0', 'lock');
  const { loop } = rig;
  return {
    name: 'BQL: handed to an IOThread and back while main polls',
    limit: 'two wake-ups of a sleeping thread',
    ...rig.peers({ row: 'handover', count: 20_000 }),
    ours: warmOp(() => {
      io.context.scheduleOneshot('take');
      loop.mainLoopWait(false);
    }),
    enoughMs: ENOUGH_MS,
    close: () => rig.close(),
  };
}

function waitOneshot(): Row {
  const rig = new ThreadRig();
  const io = rig.io('io0', 'lock');
  const { thread } = rig.machine;
  thread.acquire(io.context);
  const worker = rig.worker();
  const { words } = rig;
  const peers = rig.peers({ row: 'wait-oneshot', count: 20_000 });
  return {
    name: 'AIO_WAIT_WHILE: aio_wait_bh_oneshot of a sleeping IOThread',
    limit: 'two wake-ups of a sleeping thread',
    ...peers,
    c: rig.peers({ row: 'ping-pong', count: 20_000 }).c,
    ours: warmOp(() => thread.aioWait.bhOneshot(io.context, 'nothing')),
    enoughMs: ENOUGH_MS,
    node: async () => {
      const port = await worker;
      const count = 2_000;
      const begin = performance.now();
      for (let i = 0; i < count; i++) {
        const seen = Atomics.load(words, COUNT);
        const { value } = waitAsync(words, COUNT, seen);
        port.postMessage({});
        await value;
      }
      return ((performance.now() - begin) * 1e6) / count;
    },
    close: () => {
      thread.release(io.context);
      rig.close();
    },
  };
}

/** The language's library of today does not know it yet. */
const { waitAsync } = Atomics as unknown as {
  waitAsync: (
    words: Int32Array,
    index: number,
    seen: number,
  ) => { value: Promise<string> | string };
};

const BLOCK = 4096;

function pool(many: number): Row {
  const rig = new ThreadRig();
  const { context } = rig.loop;
  const requests = new ThreadPool({ machine: rig.machine, context });
  const fd = openSync(process.execPath, 'r');
  const buffers = Array.from({ length: many }, () => requests.alloc(BLOCK));
  let left = 0;
  const done = (): void => {
    left--;
  };
  const their = buffers.map(() => Buffer.alloc(BLOCK));
  const one = (buffer: Buffer): Promise<void> =>
    new Promise((resolve) => read(fd, buffer, 0, BLOCK, 0, () => resolve()));
  const count = 200;
  return {
    name: `pool: submit to done of a pread of 4 KiB, ${many} in flight, each`,
    limit: WAKE,
    ...rig.peers({ row: `pool-${many}`, count: 2_000 }),
    ours: warmOp(
      () => {
        left = many;
        for (let i = 0; i < many; i++) {
          requests.submitAio({ op: 'pread', fd, buffer: buffers[i]!, offset: 0 }, done);
        }
        while (left > 0) context.poll(true);
      },
      many,
      WARM / 2,
    ),
    enoughMs: ENOUGH_MS,
    node: async () => {
      const begin = performance.now();
      for (let i = 0; i < count; i++) await Promise.all(their.map(one));
      return ((performance.now() - begin) * 1e6) / (count * many);
    },
    close: () => {
      requests.dispose();
      closeSync(fd);
      rig.close();
    },
  };
}

/** Node's side is a Worker of an empty program. */
function emptyWorker(): Promise<Worker> {
  const worker = new Worker('', { eval: true, stdin: false });
  return new Promise((resolve) => worker.once('online', () => resolve(worker)));
}

/** One that stays: its memory is gone with it. */
function waitingWorker(): Promise<Worker> {
  const program =
    "require('node:worker_threads').parentPort.on('message', () => {}).postMessage(0)";
  const worker = new Worker(program, { eval: true, stdin: false });
  return new Promise((resolve) => worker.once('message', () => resolve(worker)));
}

function start(): Row {
  const rig = new ThreadRig();
  const library = shipped();
  const host = new library.LinuxHost();
  const loop = new library.MainLoop({ host });
  const machine = new library.MachineState({ host, loop });
  return {
    name: 'start of an IOThread, and its end',
    unit: 'ms',
    limit: 'the start of a Worker, and loading our code there',
    ...rig.peers({ row: 'start', count: 200 }),
    ours: () => {
      const begin = performance.now();
      new library.IOThread({ machine, name: 'io0' }).dispose();
      return (performance.now() - begin) * 1e6;
    },
    node: async () => {
      const begin = performance.now();
      await (await emptyWorker()).terminate();
      return (performance.now() - begin) * 1e6;
    },
    enoughMs: 6_000,
    close: () => {
      machine.dispose();
      loop.close();
      host.dispose();
      rig.close();
    },
  };
}

/** The resident memory that each of some threads takes. */
const MANY = 8;

function memory(): Row {
  const rig = new ThreadRig(SHIPPED);
  const rss = (): number => process.memoryUsage.rss();
  rig.io('first', 'lock');
  return {
    name: 'memory of an IOThread',
    unit: 'bytes',
    limit: 'the heap of a Worker',
    once: true,
    ours: () => {
      const before = rss();
      for (let i = 0; i < MANY; i++) {
        new IOThread({ machine: rig.machine, name: `io${i}`, module: moduleOf('lock') });
      }
      return (rss() - before) / MANY;
    },
    node: async () => {
      const before = rss();
      for (let i = 0; i < MANY; i++) await waitingWorker();
      return (rss() - before) / MANY;
    },
    close: () => process.exit(),
  };
}

export const threads: Section = {
  name: 'threads',
  about:
    'work, locks and waits between threads; plain C has pthreads and eventfds, Node MessagePort, Atomics.waitAsync and fs.read',
  rows: [
    () => schedule('bottom half to a sleeping IOThread, until it runs', 1, false),
    () => schedule('bottom half to a polling IOThread, until it runs', 1, true),
    () => schedule('1,000 bottom halves for one sleep, each', 1000, false),
    () => pingPong('ping-pong of two IOThreads that sleep, a hop', false),
    () => pingPong('ping-pong of two IOThreads that poll, a hop', true),
    waitOneshot,
    uncontended,
    handover,
    () => pool(1),
    () => pool(16),
    start,
    memory,
  ],
};
