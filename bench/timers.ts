import { AioContext, LinuxHost, QEMU_CLOCK_REALTIME, type QemuTimer } from '../src/index.ts';
import { op } from './measure.ts';
import type { Measure, Row } from './row.ts';
import { median } from './statistics.ts';

const host = new LinuxHost();
const FAR_NS = 1e15;
/** Of rows that arm all their timers for each measurement: how many operations one has. */
const OPERATIONS = 200_000;
const NODE_OPERATIONS = 20_000;
/** QEMU's list is walked through for each arming. */
const QEMU_STEPS = 50_000_000;

/** Deadlines that look random, the same in each run. */
function deadlines(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return FAR_NS + state;
  };
}

/** One for all of them, as bench/c/qemu.c has it. */
const nothing = (): void => {};

function timersOf(ctx: AioContext, count: number): QemuTimer[] {
  return Array.from({ length: count }, () =>
    ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'bench', nothing),
  );
}

/** Of one operation on each timer, after a preparation that does not count; the median of some times. */
function eachTimer(count: number, prepare: () => void, run: () => void): Measure {
  const times = Math.ceil(OPERATIONS / count);
  return () =>
    median(
      Array.from({ length: times }, () => {
        prepare();
        const start = process.hrtime.bigint();
        run();
        return Number(process.hrtime.bigint() - start) / count;
      }),
    );
}

function nodeRearm(count: number): Measure {
  return () => {
    const random = deadlines();
    const node = Array.from({ length: count }, () => setTimeout(() => {}, random() % 1e9));
    const start = process.hrtime.bigint();
    for (let k = 0; k < NODE_OPERATIONS; k++) {
      const at = k % count;
      clearTimeout(node[at]);
      node[at] = setTimeout(() => {}, random() % 1e9);
    }
    const ns = Number(process.hrtime.bigint() - start) / NODE_OPERATIONS;
    for (const timer of node) clearTimeout(timer);
    return ns;
  };
}

const named = (count: number): string => `of ${count.toLocaleString('en')} timers`;

/** Timers that are armed are armed anew, one after the other. */
export function rearm(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  for (const t of timers) t.modNs(next());
  let i = 0;
  return {
    name: `arming anew one ${named(count)}`,
    // Quadratic to set up: with more of them it takes minutes.
    qemu:
      count <= 10_000
        ? { row: `timer-arm-${count}`, count: Math.ceil(QEMU_STEPS / count) }
        : undefined,
    glib: count <= 10_000 ? { row: `timeout-${count}`, count: 20_000 } : undefined,
    ours: op(() => {
      i = (i + 1) % count;
      timers[i]!.modNs(next());
    }),
    node: count <= 100_000 ? nodeRearm(count) : undefined,
    close: () => ctx.close(),
  };
}

/** From none to all. */
export function arm(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  return {
    name: `arming the first time each ${named(count)}`,
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

/** All of them are due at once. */
export function expire(count: number): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = timersOf(ctx, count);
  return {
    name: `running each expired ${named(count)}`,
    qemu: count <= 10_000 ? { row: `timer-run-${count}`, count: 2 * count } : undefined,
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
