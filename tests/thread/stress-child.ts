/**
 * Run alone by stress.test.ts: four threads schedule bottom halves of the main thread's context. A
 * bottom half is scheduled again only after it has run, so every schedule must make one call.
 */

import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalf } from '../../src/aio/bottom-half.ts';
import type { BottomHalfHandle } from '../../src/aio/handles.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';

const THREADS = 4;
/** Bottom halves of each thread, and those that all of them schedule as they like. */
const OWN = 32;
const COMMON = 4;
/** Longer than a busy machine keeps a thread from running. */
const LOST_MS = 30_000;

interface Data {
  readonly handles: readonly BottomHalfHandle[];
  readonly common: readonly BottomHalfHandle[];
  /** Scheduled by a thread that has ended. */
  readonly end: BottomHalfHandle;
  /** How often each was scheduled and called, and the last values for the common ones. */
  readonly sent: Int32Array;
  readonly done: Int32Array;
  readonly data: Int32Array;
  readonly ended: Int32Array;
  readonly count: number;
  readonly first: number;
}

function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

/** The main thread sleeps for ever, so nobody else would tell. */
function lost(text: string): never {
  writeSync(2, `${text}\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new Error(text);
}

/** Schedules its own bottom halves count times; in between the common ones. */
function scheduleAll(given: Data): void {
  const { handles, common, sent, done, data, ended, count, first } = given;
  const host = new LinuxHost();
  const end = RemoteBottomHalf.from(given.end, host);
  const own = handles.map((handle) => RemoteBottomHalf.from(handle, host));
  const all = common.map((handle) => RemoteBottomHalf.from(handle, host));
  for (let n = 0, k = 0; n < count; k = (k + 1) % OWN) {
    const i = first + k;
    const before = Atomics.load(done, i);
    if (before !== Atomics.load(sent, i)) {
      if (k === 0 && Atomics.wait(done, i, before, LOST_MS) === 'timed-out') {
        if (Atomics.load(done, i) === before) lost(`bottom half ${i} is lost`);
      }
      continue;
    }
    Atomics.add(sent, i, 1);
    own[k]!.schedule();
    if (++n % 8 === 0) {
      const c = (n >> 3) % COMMON;
      Atomics.add(data, c, 1);
      all[c]!.schedule();
    }
  }
  Atomics.add(ended, 0, 1);
  end.schedule();
  host.dispose();
}

type Mode = 'sleeping' | 'polling' | 'nested' | 'main-loop';

function run(mode: Mode, count: number): void {
  const host = new LinuxHost();
  const loop = mode === 'main-loop' ? new MainLoop({ host }) : null;
  const ctx = loop?.context ?? new AioContext({ host });
  if (mode === 'polling') ctx.setPollParams(200_000, 0, 0);
  const [sent, done] = [words(THREADS * OWN), words(THREADS * OWN)];
  const [data, ended] = [words(COMMON), words(1)];
  const seen = new Array<number>(COMMON).fill(0);
  let [calls, twice, depth] = [0, 0, 0];
  const bhs: BottomHalf[] = [];
  const round = (): void => {
    if (loop !== null) loop.mainLoopWait(false);
    else ctx.poll(true);
  };
  const call = (i: number): void => {
    calls++;
    if (Atomics.load(done, i) === Atomics.load(sent, i)) twice++;
    Atomics.add(done, i, 1);
    Atomics.notify(done, i);
    if (mode === 'nested' && i % 16 === 5 && depth < 3 && calls < THREADS * count - 1_000) {
      depth++;
      round();
      depth--;
    }
  };
  for (let i = 0; i < THREADS * OWN; i++) bhs.push(ctx.newBottomHalf(`own ${i}`, call, i));
  const all = seen.map((_, c) =>
    ctx.newBottomHalf(`common ${c}`, () => (seen[c] = Atomics.load(data, c))),
  );
  const common = all.map((bh) => bh.share());
  const end = ctx.newBottomHalf('end', () => {});
  const shared = { common, end: end.share(), sent, done, data, ended, count };
  for (let t = 0; t < THREADS; t++) {
    const handles = bhs.slice(t * OWN, (t + 1) * OWN).map((bh) => bh.share());
    const given: Data = { ...shared, handles, first: t * OWN };
    new Worker(process.argv[1]!, { argv: process.argv.slice(2), workerData: given });
  }
  const isOver = (): boolean =>
    calls >= THREADS * count &&
    Atomics.load(ended, 0) === THREADS &&
    seen.every((value, c) => value === Atomics.load(data, c));
  while (!isOver()) round();
  let total = 0;
  for (let i = 0; i < THREADS * OWN; i++) {
    total += sent[i]!;
    if (sent[i] !== done[i]) throw new Error(`bottom half ${i}: ${sent[i]} sent, ${done[i]} run`);
  }
  for (const bh of [...bhs, ...all, end]) bh.delete();
  ctx.poll(false);
  if (loop !== null) loop.close();
  else ctx.close();
  host.dispose();
  console.log(`${calls} calls of ${total}, ${twice} without a schedule`);
}

if (isMainThread) run(process.argv[2] as Mode, Number(process.argv[3]));
else scheduleAll(workerData as Data);
