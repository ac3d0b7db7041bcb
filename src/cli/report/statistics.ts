import type { Facts } from './facts.ts';
import { sleptNs } from './polls.ts';
import { isCallback, type Slice, type SliceKind } from './slices.ts';

/** Distribution of a set of durations, ns. */
export interface Spread {
  readonly count: number;
  readonly totalNs: number;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

export interface PhaseRow extends Spread {
  readonly name: string;
}

/** One fd handler, bottom half, timer, signal handler or coroutine, by its name. */
export interface CallbackRow {
  /** The index of its thread. */
  readonly thread: number;
  readonly kind: SliceKind;
  readonly name: string;
  readonly calls: number;
  /** Time that it ran, with the callbacks inside it. */
  readonly busyNs: number;
  /** Time that it was scheduled, expired or ready, and not called yet. */
  readonly scheduledNs: number;
  /** The rest of the trace's time. */
  readonly idleNs: number;
  readonly maxNs: number;
  /** The event that began its longest call. */
  readonly longest: number;
}

export interface Statistics {
  readonly spanNs: number;
  /** The main thread's, as all that follows up to asleepNs. */
  readonly iterations: number;
  readonly polls: number;
  /** Polls that returned with something ready. */
  readonly wakeups: number;
  readonly asleepNs: number;
  readonly phases: readonly PhaseRow[];
  readonly callbacks: readonly CallbackRow[];
  /** From poll_return to the handler of a ready fd. */
  readonly wakeToRun: readonly number[];
  /** From qemu_bh_schedule to the call. */
  readonly scheduleToRun: readonly number[];
  /** The children that were reaped. */
  readonly deathToReap: readonly number[];
}

export function statistics(facts: Facts): Statistics {
  const { slices, children, startNs, endNs } = facts;
  const polls = facts.polls.filter(({ thread }) => thread === 0);
  return {
    spanNs: endNs - startNs,
    iterations: slices.filter(({ kind }) => kind === 'iteration').length,
    polls: polls.length,
    wakeups: polls.filter(({ ret }) => ret > 0).length,
    asleepNs: polls.reduce((sum, poll) => sum + sleptNs(poll), 0),
    phases: phases(slices),
    callbacks: callbacks(facts),
    wakeToRun: waits(facts, 'fd'),
    scheduleToRun: waits(facts, 'bh'),
    deathToReap: children.filter(({ reap }) => reap >= 0).map(({ latencyNs }) => latencyNs),
  };
}

/** Sums up a set of durations. */
export function spread(durations: readonly number[]): Spread {
  const sorted = Float64Array.from(durations).sort();
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const totalNs = sorted.reduce((sum, ns) => sum + ns, 0);
  const half = sorted.length >> 1;
  const medianNs = sorted.length % 2 === 1 ? at(0.5) : (at(0.5) + (sorted[half] ?? 0)) / 2;
  return { count: sorted.length, totalNs, medianNs, p99Ns: at(0.99), maxNs: at(1) };
}

const PHASES = ['prepare', 'poll', 'check', 'dispatch', 'timers'];

function phases(slices: readonly Slice[]): PhaseRow[] {
  const durations = new Map<string, number[]>(PHASES.map((name) => [name, []]));
  for (const { kind, name, startNs, endNs } of slices) {
    if (kind === 'phase') durations.get(name)?.push(endNs - startNs);
  }
  return [...durations].map(([name, list]) => ({ name, ...spread(list) }));
}

function callbacks(facts: Facts): CallbackRow[] {
  const rows = new Map<string, { -readonly [K in keyof CallbackRow]: CallbackRow[K] }>();
  const spanNs = facts.endNs - facts.startNs;
  for (const slice of facts.slices) {
    if (!isCallback(slice.kind)) continue;
    const { thread, kind, name, begin } = slice;
    const key = `${thread} ${kind} ${name}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = {
        thread,
        kind,
        name,
        calls: 0,
        busyNs: 0,
        scheduledNs: 0,
        idleNs: 0,
        maxNs: -1,
        longest: begin,
      };
      rows.set(key, row);
    }
    const ns = slice.endNs - slice.startNs;
    row.calls++;
    row.busyNs += ns;
    row.scheduledNs += waitNs(facts, slice);
    if (ns > row.maxNs) {
      row.maxNs = ns;
      row.longest = begin;
    }
  }
  for (const row of rows.values()) row.idleNs = Math.max(0, spanNs - row.busyNs - row.scheduledNs);
  return [...rows.values()].sort((a, b) => b.busyNs - a.busyNs);
}

/** Time for which a callback could have been called before it was. */
function waitNs({ events, links }: Facts, { kind, begin, startNs }: Slice): number {
  const { args } = events[begin]!;
  if (kind === 'timer') return Math.max(0, Number(args.now) - Number(args.expire_time));
  const cause = links.causesOf(begin).find((l) => l.kind === 'schedules' || l.kind === 'readies');
  return cause === undefined ? 0 : startNs - events[cause.from]!.timeNs;
}

function waits(facts: Facts, kind: SliceKind): number[] {
  const { slices, links } = facts;
  const asked = slices.filter(
    (slice) =>
      slice.kind === kind &&
      links.causesOf(slice.begin).some((l) => l.kind === 'schedules' || l.kind === 'readies'),
  );
  return asked.map((slice) => waitNs(facts, slice));
}
