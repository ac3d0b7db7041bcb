import { type Facts, nodeNs } from '../facts.ts';
import { isCallback } from '../slices.ts';

export type AxisKind = 'time' | 'steps';

/** The horizontal axis of the timeline: time in ns, or one step for each event. */
export interface Axis {
  readonly kind: AxisKind;
  readonly start: number;
  readonly end: number;
  /** The least span that fills the whole width. */
  readonly finest: number;
  /** The length of what happens at once. */
  readonly instant: number;
  /** The place of a node. */
  of(node: number): number;
  /** The place of the first thing at this time or later. */
  from(ns: number): number;
  /** The place behind the last thing at this time or earlier. */
  to(ns: number): number;
  tick(place: number, step: number): string;
}

export function makeAxis(model: Facts, kind: AxisKind): Axis {
  return kind === 'time' ? timeAxis(model) : stepAxis(model);
}

function timeAxis(model: Facts): Axis {
  const { startNs, endNs } = model;
  return {
    kind: 'time',
    start: startNs,
    end: endNs,
    finest: 200,
    instant: 0,
    of: (node) => nodeNs(model, node),
    from: (ns) => ns,
    to: (ns) => ns,
    tick: (place, step) => tickText(place - startNs, step),
  };
}

/** A death stands where the event after it does. */
function stepAxis(model: Facts): Axis {
  const { events } = model;
  const before = (ns: number, isBefore: (eventNs: number, ns: number) => boolean): number => {
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(events[middle]!.timeNs, ns)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const from = (ns: number): number => before(ns, (a, b) => a < b);
  return {
    kind: 'steps',
    start: 0,
    end: events.length,
    finest: 4,
    instant: 1,
    of: (node) => (node < events.length ? node : from(nodeNs(model, node))),
    from,
    to: (ns) => before(ns, (a, b) => a <= b),
    tick: (place) => (Number.isInteger(place) ? `event ${place}` : ''),
  };
}

/** Uses as many digits as it takes to tell the ticks apart. */
function tickText(ns: number, step: number): string {
  const units: [string, number][] = [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
    ['ns', 1],
  ];
  const [unit, size] = units.find(([, least]) => Math.abs(ns) >= least) ?? units[3]!;
  const digits = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step / size || 1) - 1e-9)));
  return `${(ns / size).toFixed(digits)} ${unit}`;
}

/** About as many as can be told apart when the whole run is shown. */
const COLUMNS = 500;
/** Fewer columns than this with anything in them, and time says little. */
const FEWEST_COLUMNS = 10;
/** Something of this share of the run can be seen. */
const SEEN = 0.01;

/**
 * The axis to begin with. Steps if time says little: nearly all events share a few places, and
 * nothing that takes time can be seen but sleep.
 */
export function usualAxis({ events, slices, children, bql, startNs, endNs }: Facts): AxisKind {
  const span = endNs - startNs;
  if (span === 0) return 'steps';
  const least = span * SEEN;
  const isSeen = ({ startNs: from, endNs: to }: { startNs: number; endNs: number }): boolean =>
    to - from >= least;
  if (slices.some((slice) => isCallback(slice.kind) && isSeen(slice))) return 'time';
  if (bql.waits.some((wait) => wait.behind.length > 0 && isSeen(wait))) return 'time';
  if (children.some(({ deathNs, latencyNs }) => deathNs !== null && latencyNs >= least)) {
    return 'time';
  }
  const columns = new Set<number>();
  for (const { timeNs } of events) columns.add(Math.floor(((timeNs - startNs) / span) * COLUMNS));
  return columns.size < Math.min(FEWEST_COLUMNS, events.length) ? 'steps' : 'time';
}
