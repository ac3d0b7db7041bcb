import { AioContext, LinuxHost, QEMU_CLOCK_REALTIME, type QemuTimer } from '../src/index.ts';
import { op } from './measure.ts';
import { nodeArm, nodeDelete, nodeExpire, nodeRearm } from './node-timers.ts';
import { pseudoRandom } from './random.ts';
import { cannot, type Measure, type ProgramRow, type Row } from './row.ts';
import { median } from './statistics.ts';

const host = new LinuxHost();
const FAR_NS = 1e15;
/** Number of operations for rows that arm all their timers for each measurement. */
const OPERATIONS = 200_000;
/** Steps through QEMU's list, which it walks for each arming. */
const QEMU_STEPS = 50_000_000;
/** 10,000 take half a second; the time grows with the square, and faster beyond the cache. */
const QEMU_MOST = 10_000;

/** Deadlines that look random, the same in each run. */
function deadlines(): () => number {
  const next = pseudoRandom();
  return () => FAR_NS + next();
}

/** One callback for all of them, as in bench/c/qemu.c. */
const nothing = (): void => {};

function timersOf(ctx: AioContext, count: number): QemuTimer[] {
  return Array.from({ length: count }, () =>
    ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'bench', nothing),
  );
}

/**
 * Measures one operation on each timer; the preparation does not count. The median of some
 * runs. As in op, the first round is measured twice.
 */
function eachTimer(count: number, prepare: () => void, run: () => void): Measure {
  const times = Math.ceil(OPERATIONS / count);
  const measured = (): number[] =>
    Array.from({ length: times }, () => {
      prepare();
      const start = process.hrtime.bigint();
      run();
      return Number(process.hrtime.bigint() - start) / count;
    });
  let warm = false;
  return () => {
    if (!warm) measured();
    warm = true;
    return median(measured());
  };
}

/** The measure for work that walks through QEMU's list for every timer. */
function quadratic(work: string, count: number): Measure | ProgramRow {
  if (count > QEMU_MOST) return cannot('one by one, 100,000 timers and more take too long');
  return { row: `timer-${work}-${count}`, count: Math.max(QEMU_STEPS / count, count) };
}

const named = (count: number): string => `of ${count.toLocaleString('en')} timers`;

/** Arms already armed timers again, one after the other. */
export function rearm(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  for (const t of timers) t.modNs(next());
  let i = 0;
  return {
    name: `arming anew one ${named(count)}`,
    limit: 'ours: halving a sorted list; QEMU: walking through it',
    qemu: { row: `timer-rearm-${count}`, count: Math.ceil(QEMU_STEPS / count) },
    glib: { row: `timer-rearm-${count}`, count: 20_000 },
    ours: op(() => {
      i = (i + 1) % count;
      timers[i]!.modNs(next());
    }),
    node: nodeRearm(count),
    close: () => ctx.close(),
  };
}

/** Arms all timers, starting with none. */
export function arm(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  return {
    name: `arming the first time each ${named(count)}`,
    qemu: quadratic('arm', count),
    node: nodeArm(count),
    ours: eachTimer(
      count,
      () => {
        for (const t of timers) t.del();
      },
      () => {
        for (const t of timers) t.modNs(next());
      },
    ),
    close: () => ctx.close(),
  };
}

export function del(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  return {
    name: `deleting each ${named(count)}`,
    qemu: quadratic('del', count),
    node: nodeDelete(count),
    ours: eachTimer(
      count,
      () => {
        for (const t of timers) t.modNs(next());
      },
      () => {
        for (const t of timers) t.del();
      },
    ),
    close: () => ctx.close(),
  };
}

/** Expires all timers at once. */
export function expire(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  return {
    name: `running each expired ${named(count)}`,
    limit: 'the cache’s misses, and the calls',
    qemu: { row: `timer-run-${count}`, count: OPERATIONS },
    glib: { row: `timer-run-${count}`, count: OPERATIONS },
    node: nodeExpire(count),
    ours: eachTimer(
      count,
      () => {
        for (const t of timers) t.modNs(next() - FAR_NS);
      },
      () => void ctx.timers.run(),
    ),
    close: () => ctx.close(),
  };
}
