import { AioContext, LinuxHost, QEMU_CLOCK_REALTIME, type QemuTimer } from '../src/index.ts';
import { op } from './measure.ts';
import { nodeArm, nodeDelete, nodeExpire, nodeRearm } from './node-timers.ts';
import { cannot, type Measure, type ProgramRow, type Row } from './row.ts';
import { median } from './statistics.ts';

const host = new LinuxHost();
const FAR_NS = 1e15;
/** Of rows that arm all their timers for each measurement: how many operations one has. */
const OPERATIONS = 200_000;
/** QEMU's list is walked through for each arming. */
const QEMU_STEPS = 50_000_000;
/** With more, what is quadratic takes minutes. */
const QEMU_MOST = 10_000;
const NODE_MOST = 100_000;
const TOO_MANY_FOR_NODE = cannot('with 1,000,000 timers Node takes minutes');

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

function nodes(make: (count: number) => Measure, count: number): Measure {
  return count <= NODE_MOST ? make(count) : TOO_MANY_FOR_NODE;
}

/** Of work that walks through QEMU's list for each of all timers. */
function quadratic(work: string, count: number): Measure | ProgramRow {
  if (count > QEMU_MOST)
    return cannot(`one by one, ${count.toLocaleString('en')} timers take minutes`);
  return { row: `timer-${work}-${count}`, count: OPERATIONS };
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
    limit: 'ours: a heap’s depth; QEMU: the list’s length',
    qemu: { row: `timer-rearm-${count}`, count: Math.ceil(QEMU_STEPS / count) },
    glib: { row: `timer-rearm-${count}`, count: 20_000 },
    ours: op(() => {
      i = (i + 1) % count;
      timers[i]!.modNs(next());
    }),
    node: nodes(nodeRearm, count),
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
    qemu: quadratic('arm', count),
    node: nodes(nodeArm, count),
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
    node: nodes(nodeDelete, count),
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
    limit: 'ours: a heap put in order again; QEMU: the head of a list',
    qemu: { row: `timer-run-${count}`, count: OPERATIONS },
    glib: { row: `timer-run-${count}`, count: OPERATIONS },
    node: nodes(nodeExpire, count),
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
