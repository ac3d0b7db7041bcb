/** Run alone by futex.test.ts: threads that sleep on words of shared memory, and wake each other. */

import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { EAGAIN, ETIMEDOUT } from '../../src/host/errno.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';

const host = new LinuxHost();
const TURN = 0;
const ASLEEP = 1;
const TURNS = 2000;

function takeTurns(words: Int32Array, own: number): number {
  let waits = 0;
  for (let turn = own; turn < TURNS; turn += 2) {
    for (let now = Atomics.load(words, TURN); now !== turn; now = Atomics.load(words, TURN)) {
      const ret = host.futexWait(words, TURN, now, -1);
      if (ret !== 0 && ret !== -EAGAIN) throw new Error(`futexWait: ${ret}`);
      waits++;
    }
    Atomics.store(words, TURN, turn + 1);
    host.futexWake(words, TURN, 1);
  }
  return waits;
}

function worker(words: Int32Array, what: string): Worker {
  return new Worker(process.argv[1]!, { argv: [what], workerData: words });
}

/** Two threads take turns, each woken by the other. */
async function turns(): Promise<void> {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const ended = new Promise((resolve) => worker(words, 'turns').once('exit', resolve));
  takeTurns(words, 0);
  const status = await ended;
  console.log(`worker ${status}, turn ${words[TURN]}`);
}

/** A thread that sleeps for ever ends with its worker. */
async function terminated(): Promise<void> {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const sleeper = worker(words, 'sleep');
  await new Promise((resolve) => sleeper.once('online', resolve));
  while (Atomics.load(words, ASLEEP) === 0) {
    const ret = host.futexWait(words, ASLEEP, 0, 10e6);
    if (ret !== 0 && ret !== -EAGAIN && ret !== -ETIMEDOUT) throw new Error(`futexWait: ${ret}`);
  }
  await sleeper.terminate();
  console.log(`ended, woken ${host.futexWake(words, TURN, 9)}`);
}

if (isMainThread) void (process.argv[2] === 'turns' ? turns() : terminated());
else if (process.argv[2] === 'turns') takeTurns(workerData as Int32Array, 1);
else {
  const words = workerData as Int32Array;
  Atomics.store(words, ASLEEP, 1);
  host.futexWake(words, ASLEEP, 1);
  host.futexWait(words, TURN, 0, -1);
}
