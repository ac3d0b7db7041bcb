/** Run alone by worker-spawn.test.ts: a worker starts children while the main thread follows its argument. */

import { readFileSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { P_ALL, P_PID, SIGUSR1, WEXITED, WNOHANG } from '../../src/host/constants.ts';
import { newWaitResult } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';

const host = new LinuxHost();
const out = newWaitResult();
const BIT = 1n << BigInt(SIGUSR1 - 1);

// Memory shared by both threads.
const STARTED = 0;
const STOP = 1;
const STOPPED = 2;
const TID = 3;

/** Starts children by the dozen, except while it is stopped, until it is ended. */
function startForEver(words: Int32Array): void {
  words[TID] = host.gettid();
  const requests = Array.from({ length: 8 }, () => ({ file: '/bin/true', argv: ['true'] }));
  for (;;) {
    while (Atomics.load(words, STOP) === 0) {
      for (const pid of host.spawnAll(requests)) host.waitid(P_PID, pid, WEXITED, out);
      Atomics.add(words, STARTED, 1);
      Atomics.notify(words, STARTED);
    }
    Atomics.store(words, STOPPED, 1);
    Atomics.notify(words, STOPPED);
    Atomics.wait(words, STOP, 1);
  }
}

interface Started {
  readonly worker: Worker;
  readonly words: Int32Array;
}

/** Resolves once it has started children, some of which are under way at any time from then on. */
async function start(): Promise<Started> {
  const words = new Int32Array(new SharedArrayBuffer(16));
  const worker = new Worker(process.argv[1]!, { argv: process.argv.slice(2), workerData: words });
  const online = new Promise((resolve) => worker.once('online', resolve));
  await online;
  untilStarted(words, 0);
  return { worker, words };
}

/** Blocks until it has started more children than that. */
function untilStarted(words: Int32Array, before: number): void {
  while (Atomics.load(words, STARTED) === before) Atomics.wait(words, STARTED, before, 10);
}

/** A child under way reads memory that ends with its thread. */
async function terminated(): Promise<void> {
  for (let i = 0; i < 25; i++) {
    const { worker } = await start();
    await worker.terminate();
    while (host.waitid(P_ALL, 0, WEXITED | WNOHANG, out) === 0 && out.pid !== 0);
  }
  console.log('ended');
}

/** Whether the worker blocks the signal. */
function blocks(words: Int32Array): boolean {
  const status = readFileSync(`/proc/self/task/${words[TID]}/status`, 'latin1');
  return (BigInt(`0x${/^SigBlk:\s+(\w+)$/m.exec(status)![1]}`) & BIT) !== 0n;
}

/**
 * While a child is made all signals are blocked, but only for that time: the worker is to block one
 * more afterwards, and no longer once the mask is restored.
 */
async function masked(): Promise<void> {
  let [open, shut] = [0, 0];
  const { worker, words } = await start();
  for (let i = 0; i < 60; i++) {
    const token = host.blockSignals([SIGUSR1]);
    if (typeof token === 'number') throw new Error(`blockSignals: ${token}`);
    Atomics.store(words, STOP, 1);
    Atomics.wait(words, STOPPED, 0);
    if (!blocks(words)) open++;
    host.restoreSignalMask(token);
    if (blocks(words)) shut++;
    const started = Atomics.load(words, STARTED);
    Atomics.store(words, STOPPED, 0);
    Atomics.store(words, STOP, 0);
    Atomics.notify(words, STOP);
    untilStarted(words, started);
  }
  await worker.terminate();
  console.log(`${open} open, ${shut} shut`);
}

/** The worker has blocked the signal before, so each mask that it restores is the wanted one. */
async function held(): Promise<void> {
  const before = host.blockSignals([SIGUSR1]);
  if (typeof before === 'number') throw new Error(`blockSignals: ${before}`);
  const { worker, words } = await start();
  for (let i = 0; i < 300; i++) {
    const token = host.blockSignals([SIGUSR1]);
    if (typeof token === 'number') throw new Error(`blockSignals: ${token}`);
    host.restoreSignalMask(token);
  }
  const stays = blocks(words);
  await worker.terminate();
  host.restoreSignalMask(before);
  console.log(stays ? 'held' : 'open');
}

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = { terminated, masked, held };

if (!isMainThread) startForEver(workerData as Int32Array);
else void COMMANDS[process.argv[2]!]!();
