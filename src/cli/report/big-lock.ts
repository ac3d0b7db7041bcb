import type { TraceRecord } from '../../trace/read.ts';
import type { Threads } from './threads.ts';

/** A span in which a thread has the BQL. Events are given by index, -1 for none. */
export interface Hold {
  readonly thread: number;
  /** The event bql_locked; -1 if it was before the trace, or by bql_trylock. */
  readonly begin: number;
  /** The event bql_unlock; -1 if the trace ends first. */
  readonly end: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** A span in which a thread waits for the BQL. */
export interface LockWait {
  readonly thread: number;
  /** The event bql_lock. */
  readonly begin: number;
  /** The event bql_locked; -1 if the trace ends first. */
  readonly end: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Those that have it meanwhile, in order; empty if it was free. */
  readonly behind: readonly Hold[];
}

export interface BigLock {
  /** In order of their beginnings. */
  readonly holds: readonly Hold[];
  /** In order of their beginnings. */
  readonly waits: readonly LockWait[];
}

/** Finds who has the BQL, and who waits for it. */
export function findBigLock(events: readonly TraceRecord[], { threadOf }: Threads): BigLock {
  const startNs = events[0]?.timeNs ?? 0;
  const lastNs = events.at(-1)?.timeNs ?? 0;
  const holds: Hold[] = [];
  const waits: Omit<LockWait, 'behind'>[] = [];
  const asked = new Map<number, number>();
  const has = new Map<number, number>();
  // The first unlock of a thread without a lock: it had the lock when the trace began.
  const seen = new Set<number>();
  events.forEach(({ name, timeNs }, i) => {
    const thread = threadOf[i]!;
    switch (name) {
      case 'bql_lock':
        asked.set(thread, i);
        return;
      case 'bql_locked': {
        const begin = asked.get(thread);
        asked.delete(thread);
        if (begin !== undefined) {
          waits.push({ thread, begin, end: i, startNs: events[begin]!.timeNs, endNs: timeNs });
        }
        has.set(thread, i);
        seen.add(thread);
        return;
      }
      case 'bql_unlock': {
        const begin = has.get(thread) ?? -1;
        has.delete(thread);
        const isFirst = begin < 0 && !seen.has(thread);
        seen.add(thread);
        if (begin < 0 && !isFirst) return;
        const fromNs = begin < 0 ? startNs : events[begin]!.timeNs;
        holds.push({ thread, begin, end: i, startNs: fromNs, endNs: timeNs });
        return;
      }
      default:
    }
  });
  for (const [thread, begin] of asked) {
    waits.push({ thread, begin, end: -1, startNs: events[begin]!.timeNs, endNs: lastNs });
  }
  for (const [thread, begin] of has) {
    holds.push({ thread, begin, end: -1, startNs: events[begin]!.timeNs, endNs: lastNs });
  }
  holds.sort((a, b) => a.startNs - b.startNs || a.begin - b.begin);
  waits.sort((a, b) => a.begin - b.begin);
  return { holds, waits: waits.map((wait) => ({ ...wait, behind: behind(wait, holds) })) };
}

/** Others' holds that overlap a wait. */
function behind(
  { thread, startNs, endNs }: Omit<LockWait, 'behind'>,
  holds: readonly Hold[],
): Hold[] {
  const found: Hold[] = [];
  for (let i = firstHold(holds, startNs); i < holds.length; i++) {
    const hold = holds[i]!;
    if (hold.startNs >= endNs) break;
    if (hold.thread !== thread && hold.endNs > startNs) found.push(hold);
  }
  return found;
}

/** Holds do not overlap: their ends are in order too. */
function firstHold(holds: readonly Hold[], timeNs: number): number {
  let [low, high] = [0, holds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds[middle]!.endNs <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Time of a wait in which others had the lock, ns: by thread, the longest first. */
export function blamed({ startNs, endNs, behind }: LockWait): [thread: number, ns: number][] {
  const spans = new Map<number, number>();
  for (const hold of behind) {
    const ns = Math.min(hold.endNs, endNs) - Math.max(hold.startNs, startNs);
    spans.set(hold.thread, (spans.get(hold.thread) ?? 0) + ns);
  }
  return [...spans].sort((a, b) => b[1] - a[1]);
}

/** One thread's waits for the BQL. */
export interface ContentionRow {
  readonly thread: number;
  /** How often it took the lock. */
  readonly locks: number;
  /** How often another thread had it. */
  readonly waits: number;
  /** Time that these waits took in all, ns. */
  readonly waitedNs: number;
  readonly longest: LockWait | null;
  /** Whom it waited for: thread, times, time. */
  readonly behind: readonly {
    readonly thread: number;
    readonly waits: number;
    readonly ns: number;
  }[];
  /** Time that it had the lock, ns. */
  readonly heldNs: number;
}

/** The waits and holds of each thread, the one that waited most first. */
export function contention({ holds, waits }: BigLock): ContentionRow[] {
  const threads = [...new Set([...holds, ...waits].map(({ thread }) => thread))];
  const rows = threads.map((thread) => row(thread, holds, waits));
  return rows.sort((a, b) => b.waitedNs - a.waitedNs || b.heldNs - a.heldNs);
}

function row(thread: number, holds: readonly Hold[], all: readonly LockWait[]): ContentionRow {
  const own = holds.filter((hold) => hold.thread === thread);
  const waits = all.filter((wait) => wait.thread === thread && wait.behind.length > 0);
  const behind = new Map<number, { waits: number; ns: number }>();
  let longest: LockWait | null = null;
  let waitedNs = 0;
  for (const wait of waits) {
    const ns = lengthNs(wait);
    waitedNs += ns;
    if (longest === null || ns > lengthNs(longest)) longest = wait;
    for (const [other, otherNs] of blamed(wait)) {
      const sum = behind.get(other) ?? { waits: 0, ns: 0 };
      behind.set(other, { waits: sum.waits + 1, ns: sum.ns + otherNs });
    }
  }
  return {
    thread,
    locks: all.filter((wait) => wait.thread === thread).length,
    waits: waits.length,
    waitedNs,
    longest,
    behind: [...behind]
      .map(([other, sum]) => ({ thread: other, ...sum }))
      .sort((a, b) => b.ns - a.ns),
    heldNs: own.reduce((sum, hold) => sum + lengthNs(hold), 0),
  };
}

export function lengthNs({ startNs, endNs }: { startNs: number; endNs: number }): number {
  return endNs - startNs;
}
