/**
 * Measures the use of memory, in a process of its own for each value. Needs --expose-gc.
 *
 * `memory-ours each KIND COUNT` prints the bytes of one of COUNT objects; `memory-ours bytes
 * WORK COUNT` the bytes that an iteration allocates, if the young generation is too large to
 * be filled by COUNT iterations; `memory-ours scavenges WORK COUNT` the number of times V8
 * cleared it in COUNT iterations.
 */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import {
  AioContext,
  ChildWatch,
  LinuxHost,
  MainLoop,
  O_CLOEXEC,
  O_NONBLOCK,
  QEMU_CLOCK_REALTIME,
  SIGCHLD,
  Signals,
} from '../src/index.ts';
import { WORK } from './iteration-work.ts';

const host = new LinuxHost();
const FAR_NS = 1e15;
const WARM_UP = 50_000;
/** Objects made before counting starts, to compile the code and grow the tables. */
const FIRST = 2_000;

/** Makes one object. Returns a reference that keeps it alive. */
type Maker = (i: number) => unknown;

const KINDS: Readonly<Record<string, () => Maker>> = {
  fd: () => {
    const ctx = new AioContext({ host });
    const ioRead = (): void => {};
    return () => ctx.setFdHandler(host.eventfd(0, O_CLOEXEC | O_NONBLOCK), { ioRead });
  },
  timer: () => {
    const ctx = new AioContext({ host });
    const callback = (): void => {};
    return (i) => {
      const timer = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'timer', callback);
      timer.modNs(FAR_NS + i);
      return timer;
    };
  },
  bh: () => {
    const ctx = new AioContext({ host });
    const callback = (): void => {};
    return () => {
      const bh = ctx.newBottomHalf('bh', callback);
      bh.schedule();
      return bh;
    };
  },
  child: () => {
    // Starts no processes: their memory is the kernel's.
    let pid = 1e6;
    const pretending: LinuxHost = Object.create(host, { spawn: { value: () => ++pid } });
    const loop = new MainLoop({ host: pretending });
    const signals = new Signals(loop, { signals: [SIGCHLD] });
    const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
    const onEnd = (): void => {};
    const request = { file: '/bin/true', argv: ['true'] };
    return () => [watch, watch.spawn(request, 'child', { onEnd })];
  },
};

function collected(): number {
  globalThis.gc!();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

function bytesOfEach(kind: string, count: number): number {
  const make = KINDS[kind]!();
  const kept = new Array<unknown>(FIRST + count);
  for (let i = 0; i < FIRST; i++) kept[i] = make(i);
  const before = collected();
  for (let i = FIRST; i < kept.length; i++) kept[i] = make(i);
  const bytes = (collected() - before) / count;
  if (kept.some((one) => one === undefined)) throw new Error('nothing was made');
  return bytes;
}

function iterate(work: () => unknown, count: number): void {
  for (let i = 0; i < count; i++) work();
}

async function bytesOfIteration(work: () => unknown, count: number): Promise<number> {
  iterate(work, WARM_UP);
  // Waits until V8's compilation in the background is done.
  await setTimeout(100);
  iterate(work, WARM_UP);
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  iterate(work, count);
  return (process.memoryUsage().heapUsed - before) / count;
}

async function scavenges(work: () => unknown, count: number): Promise<number> {
  let seen = 0;
  iterate(work, WARM_UP);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) seen++;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  iterate(work, count);
  // Entries arrive by Node's event loop.
  await setTimeout(50);
  observer.disconnect();
  return seen;
}

const [what, name, text] = process.argv.slice(2) as [string, string, string];
const count = Number(text);
if (what === 'each') console.log(bytesOfEach(name, count));
else if (what === 'bytes') console.log(await bytesOfIteration(WORK[name]!(host), count));
else console.log(await scavenges(WORK[name]!(host), count));
process.exit();
