import type { Facts } from '../facts.ts';
import { threadName } from '../findings/names.ts';
import type { Slice } from '../slices.ts';
import type { PoolWorker } from '../workers.ts';
import type { Axis } from './axis.ts';

/** The look of a box: a key of the palette. */
export const SHADES = [
  'iteration',
  'phase',
  'aio_poll',
  'poll',
  'spin',
  'fd',
  'bh',
  'timer',
  'signal',
  'coroutine',
  'lock',
  'hold',
  'contended',
  'await',
  'alone',
  'work',
  'event',
  'life',
  'zombie',
] as const;
export type Shade = (typeof SHADES)[number];

/** Boxes on one line that do not overlap. */
export interface Row {
  readonly y: number;
  readonly height: number;
  /** Places on the axis. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Indexes into SHADES. */
  readonly shades: Uint8Array;
  /** The node that each box stands for. */
  readonly nodes: Int32Array;
  /** The name of each box; null if it is the node's. */
  readonly labels: readonly string[] | null;
}

interface Box {
  readonly start: number;
  readonly end: number;
  readonly shade: Shade;
  readonly node: number;
}

/** A row to be. */
interface Line {
  readonly boxes: Box[];
  readonly height: number;
  readonly labels?: string[];
}

/** A group of rows under one name. */
export interface Band {
  readonly name: string;
  readonly y: number;
  readonly height: number;
}

export interface Layout {
  readonly rows: readonly Row[];
  readonly bands: readonly Band[];
  readonly height: number;
  /** The height at which an arrow from or to a node ends. */
  yOf(node: number): number;
}

const AXIS = 26;
const LINE = 19;
const TICKS = 13;
const HEADING = 16;
const MOST_DEPTH = 12;
const MOST_LANES = 96;
const LANES_HEIGHT = 288;

/** Lays everything out vertically. Horizontal places depend on the zoom. */
export function layOut(model: Facts, axis: Axis): Layout {
  const rows: Row[] = [];
  const bands: Band[] = [];
  let y = AXIS;
  const band = (name: string, lines: readonly Line[]): number => {
    const top = y + HEADING;
    let at = top;
    for (const line of lines) {
      rows.push(row(line, at));
      at += line.height;
    }
    bands.push({ name, y, height: at - y });
    y = at + 4;
    return top;
  };
  const threads = model.threads.map((_, i) => layOutThread(model, axis, i, band));
  if (model.bql.holds.length > 0 && model.threads.length > 1) band('the BQL', [holds(model, axis)]);
  for (const worker of model.workers) band(worker.name, [works(worker, axis)]);
  const { lanes, laneOf } = childLanes(model, axis);
  const lane = Math.max(3, Math.min(LINE, LANES_HEIGHT / Math.max(1, lanes.length)));
  const lines = lanes.map((boxes) => ({ boxes, height: lane }));
  const childTop = lanes.length > 0 ? band('children', lines) : 0;
  const yOfChild = (child: number): number => childTop + (laneOf[child]! + 0.5) * lane;
  const byPid = childEvents(model);
  return {
    rows,
    bands,
    height: y + 4,
    yOf: (node) => {
      const child = node >= model.events.length ? node - model.events.length : byPid.get(node);
      if (child !== undefined) return yOfChild(child);
      const { top, eventsTop } = threads[model.threadOf[node]!]!;
      const slice = model.slices[model.around[node] ?? -1];
      if (slice === undefined) return eventsTop + TICKS / 2;
      return top + (Math.min(slice.depth, MOST_DEPTH - 1) + 0.5) * LINE;
    },
  };
}

type AddBand = (name: string, lines: readonly Line[]) => number;

/** The lane of a thread: its slices by depth, and below them its events without a length. */
function layOutThread(
  model: Facts,
  axis: Axis,
  thread: number,
  band: AddBand,
): { readonly top: number; readonly eventsTop: number } {
  const depths = byDepth(model, axis, thread).map((boxes) => ({ boxes, height: LINE }));
  const events = { boxes: instants(model, axis, thread), height: TICKS };
  const name = threadName(model, thread);
  if (model.threads.length === 1) {
    const top = band(name, depths);
    return { top, eventsTop: band('events', [events]) };
  }
  const top = band(name, [...depths, events]);
  return { top, eventsTop: top + depths.length * LINE };
}

/** The holds of the BQL. Those that others wait for are marked. */
function holds(model: Facts, axis: Axis): Line {
  const waited = new Set(model.bql.waits.flatMap(({ behind }) => behind));
  const boxes = model.bql.holds.map((hold): Box => {
    const start = hold.begin >= 0 ? axis.of(hold.begin) : axis.start;
    const end = hold.end >= 0 ? axis.of(hold.end) : axis.end;
    const node = hold.begin >= 0 ? hold.begin : Math.max(hold.end, 0);
    return { start, end, shade: waited.has(hold) ? 'contended' : 'hold', node };
  });
  const labels = model.bql.holds.map(({ thread }) => threadName(model, thread));
  return { boxes, height: LINE, labels };
}

/** The work of a worker of a thread pool; the traced times of it are those of no event. */
function works({ works }: PoolWorker, axis: Axis): Line {
  const boxes = works.map(({ fromNs, toNs, event }): Box => {
    const start = axis.from(fromNs);
    return { start, end: Math.max(start, axis.to(toNs)), shade: 'work', node: event };
  });
  return { boxes, height: LINE, labels: works.map(({ name }) => name) };
}

/** Maps the start and reap events of children to the children. */
function childEvents({ children }: Facts): Map<number, number> {
  const found = new Map<number, number>();
  children.forEach(({ spawn, reap }, i) => {
    if (spawn >= 0) found.set(spawn, i);
    if (reap >= 0) found.set(reap, i);
  });
  return found;
}

function row({ boxes, height, labels }: Line, y: number): Row {
  return {
    y,
    height,
    starts: Float64Array.from(boxes, ({ start }) => start),
    ends: Float64Array.from(boxes, ({ end }) => end),
    shades: Uint8Array.from(boxes, ({ shade }) => SHADES.indexOf(shade)),
    nodes: Int32Array.from(boxes, ({ node }) => node),
    labels: labels ?? null,
  };
}

function byDepth(model: Facts, axis: Axis, thread: number): Box[][] {
  const lines: Box[][] = [[]];
  for (const slice of model.slices) {
    const { depth, kind, begin } = slice;
    if (slice.thread !== thread || depth >= MOST_DEPTH) continue;
    while (lines.length <= depth) lines.push([]);
    lines[depth]!.push({ ...spanOf(model, axis, slice), shade: kind, node: begin });
  }
  return lines;
}

/** The places of a slice's beginning and end. */
export function spanOf(model: Facts, axis: Axis, slice: Slice): { start: number; end: number } {
  const start = axis.of(slice.begin);
  if (axis.kind === 'time') return { start, end: slice.endNs };
  return { start, end: Math.max(start + 1, stepEnd(model, axis, slice)) };
}

/** A slice takes in the event that ends it, unless that begins the next one. */
function stepEnd(model: Facts, axis: Axis, { end, endNs, parent }: Slice): number {
  if (end >= 0) return model.slices[model.around[end]!]?.begin === end ? end : end + 1;
  const outer = model.slices[parent];
  return outer === undefined || outer.endNs !== endNs
    ? axis.to(endNs)
    : stepEnd(model, axis, outer);
}

/** Events that begin and end nothing. */
function instants({ events, slices, around, threadOf }: Facts, axis: Axis, thread: number): Box[] {
  const found: Box[] = [];
  events.forEach((_, i) => {
    if (threadOf[i] !== thread) return;
    const slice = slices[around[i]!];
    if (slice !== undefined && (slice.begin === i || slice.end === i)) return;
    const start = axis.of(i);
    found.push({ start, end: start + axis.instant, shade: 'event', node: i });
  });
  return found;
}

/** Puts the children into as few lines as possible without overlap, until the lines run out. */
function childLanes(model: Facts, axis: Axis): { lanes: Box[][]; laneOf: number[] } {
  const { children, events } = model;
  const lanes: Box[][] = [];
  const laneOf: number[] = [];
  const order = children.map((child) => {
    const death = child.deathNs === null ? null : axis.of(events.length + child.index);
    const from = child.spawn >= 0 ? axis.of(child.spawn) : (death ?? axis.start);
    return { child, death, from, to: child.reap >= 0 ? axis.of(child.reap) : axis.end };
  });
  order.sort((a, b) => a.from - b.from);
  for (const { child, death, from, to } of order) {
    let at = lanes.findIndex((lane) => (lane.at(-1)?.end ?? 0) <= from);
    if (at < 0) at = lanes.length < MOST_LANES ? lanes.push([]) - 1 : -1;
    // No line is free any more: it is only in the list of children.
    laneOf[child.index] = at < 0 ? MOST_LANES - 1 : at;
    if (at < 0) continue;
    const node = child.spawn >= 0 ? child.spawn : child.reap;
    lanes[at]!.push({ start: from, end: death ?? to, shade: 'life', node });
    if (death === null) continue;
    lanes[at]!.push({ start: death, end: to, shade: 'zombie', node: events.length + child.index });
  }
  return { lanes, laneOf };
}
