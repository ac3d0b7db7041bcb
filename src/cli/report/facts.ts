/** The facts of a trace, which its findings and statistics are drawn from. */

import type { TraceRecord } from '../../trace/read.ts';
import { type BigLock, findBigLock } from './big-lock.ts';
import { type Child, findChildren } from './children.ts';
import { CpuTimes } from './cpu-times.ts';
import { findExclusive } from './exclusive.ts';
import { findLinks, type Links } from './links.ts';
import { fdNames, findPolls, type Poll } from './polls.ts';
import { findSlices, type Slice } from './slices.ts';
import { findThreads, type Threads } from './threads.ts';
import { findWorkers, type PoolWorker } from './workers.ts';

/** A trace as it was read. */
export interface ReportTrace {
  /** In order of time. */
  readonly events: readonly TraceRecord[];
  /** Number of events that were lost. */
  readonly dropped: number;
  /** Whether the trace ends in the middle of an event. */
  readonly truncated: boolean;
}

export interface ModelOptions {
  /** A callback that holds the loop for this long is a finding, ns. */
  readonly slowNs: number;
}

/** The input of the findings. */
export interface Facts extends ReportTrace, ModelOptions, Threads {
  readonly startNs: number;
  readonly endNs: number;
  readonly slices: readonly Slice[];
  /** For each event, the innermost slice around it; -1 for none. */
  readonly around: Int32Array;
  readonly children: readonly Child[];
  readonly links: Links;
  readonly polls: readonly Poll[];
  readonly fdNames: ReadonlyMap<number, string>;
  readonly bql: BigLock;
  /** vCPUs that run alone, and who waits for that or behind it. */
  readonly exclusive: BigLock;
  readonly cpu: CpuTimes;
  readonly workers: readonly PoolWorker[];
}

export function findFacts(trace: ReportTrace, options: ModelOptions): Facts {
  const { events } = trace;
  const threads = findThreads(events);
  const found = findSlices(events, threads);
  const bql = findBigLock(events, threads);
  const exclusive = findExclusive(events, threads);
  const children = findChildren(events, found);
  return {
    ...trace,
    ...options,
    startNs: events[0]?.timeNs ?? 0,
    endNs: events.at(-1)?.timeNs ?? 0,
    ...threads,
    ...found,
    children,
    bql,
    exclusive,
    cpu: new CpuTimes(events, threads),
    workers: findWorkers(events),
    links: findLinks(events, { ...found, ...threads, bql, exclusive }, children),
    polls: findPolls(events, found),
    fdNames: fdNames(events),
  };
}

/** The time of a node: an event, or a death. */
export function nodeNs({ events, children }: Facts, node: number): number {
  return events[node]?.timeNs ?? children[node - events.length]?.deathNs ?? 0;
}
