/** Works out the report from a trace. Pure: it depends on the events alone. */

import type { TraceRecord } from '../../trace/read.ts';
import { type Child, findChildren } from './children.ts';
import { checkAll } from './findings/all.ts';
import type { Check } from './findings/finding.ts';
import { findLinks, type Links } from './links.ts';
import { fdNames, findPolls, type Poll } from './polls.ts';
import { findSlices, type Slice } from './slices.ts';
import { type Statistics, statistics } from './statistics.ts';

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
export interface Facts extends ReportTrace, ModelOptions {
  readonly startNs: number;
  readonly endNs: number;
  readonly slices: readonly Slice[];
  /** For each event, the innermost slice around it; -1 for none. */
  readonly around: Int32Array;
  readonly children: readonly Child[];
  readonly links: Links;
  readonly polls: readonly Poll[];
  readonly fdNames: ReadonlyMap<number, string>;
}

export interface Model extends Facts {
  readonly statistics: Statistics;
  readonly checks: readonly Check[];
}

export function buildModel(trace: ReportTrace, options: ModelOptions): Model {
  const { events } = trace;
  const found = findSlices(events);
  const children = findChildren(events, found);
  const facts: Facts = {
    ...trace,
    ...options,
    startNs: events[0]?.timeNs ?? 0,
    endNs: events.at(-1)?.timeNs ?? 0,
    ...found,
    children,
    links: findLinks(events, found, children),
    polls: findPolls(events, found),
    fdNames: fdNames(events),
  };
  return { ...facts, statistics: statistics(facts), checks: checkAll(facts) };
}

/** The time of a node: an event, or a death. */
export function nodeNs({ events, children }: Facts, node: number): number {
  return events[node]?.timeNs ?? children[node - events.length]?.deathNs ?? 0;
}
