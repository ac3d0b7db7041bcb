import type { Model } from '../model.ts';
import type { Slice } from '../slices.ts';

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
  'event',
  'life',
  'zombie',
] as const;
export type Shade = (typeof SHADES)[number];

/** Boxes on one line that do not overlap. */
export interface Row {
  readonly y: number;
  readonly height: number;
  /** Time, ns. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Indexes into SHADES. */
  readonly shades: Uint8Array;
  /** The node that each box stands for. */
  readonly nodes: Int32Array;
}

interface Box {
  readonly start: number;
  readonly end: number;
  readonly shade: Shade;
  readonly node: number;
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
export function layOut(model: Model): Layout {
  const rows: Row[] = [];
  const bands: Band[] = [];
  let y = AXIS;
  const band = (name: string, lines: Box[][], height: number): number => {
    const top = y + HEADING;
    lines.forEach((boxes, i) => {
      rows.push(row(boxes, top + i * height, height));
    });
    bands.push({ name, y, height: HEADING + lines.length * height });
    y = top + lines.length * height + 4;
    return top;
  };
  const loopTop = band('main loop', byDepth(model.slices), LINE);
  const eventsTop = band('events', [instants(model)], TICKS);
  const { lanes, laneOf } = childLanes(model);
  const lane = Math.max(3, Math.min(LINE, LANES_HEIGHT / Math.max(1, lanes.length)));
  const childTop = lanes.length > 0 ? band('children', lanes, lane) : 0;
  const yOfChild = (child: number): number => childTop + (laneOf[child]! + 0.5) * lane;
  const byPid = childEvents(model);
  return {
    rows,
    bands,
    height: y + 4,
    yOf: (node) => {
      const child = node >= model.events.length ? node - model.events.length : byPid.get(node);
      if (child !== undefined) return yOfChild(child);
      const slice = model.slices[model.around[node] ?? -1];
      if (slice === undefined) return eventsTop + TICKS / 2;
      return loopTop + (Math.min(slice.depth, MOST_DEPTH - 1) + 0.5) * LINE;
    },
  };
}

/** Maps the start and reap events of children to the children. */
function childEvents({ children }: Model): Map<number, number> {
  const found = new Map<number, number>();
  children.forEach(({ spawn, reap }, i) => {
    if (spawn >= 0) found.set(spawn, i);
    if (reap >= 0) found.set(reap, i);
  });
  return found;
}

function row(boxes: readonly Box[], y: number, height: number): Row {
  return {
    y,
    height,
    starts: Float64Array.from(boxes, ({ start }) => start),
    ends: Float64Array.from(boxes, ({ end }) => end),
    shades: Uint8Array.from(boxes, ({ shade }) => SHADES.indexOf(shade)),
    nodes: Int32Array.from(boxes, ({ node }) => node),
  };
}

function byDepth(slices: readonly Slice[]): Box[][] {
  const lines: Box[][] = [[]];
  for (const { depth, kind, startNs, endNs, begin } of slices) {
    if (depth >= MOST_DEPTH) continue;
    while (lines.length <= depth) lines.push([]);
    lines[depth]!.push({ start: startNs, end: endNs, shade: kind, node: begin });
  }
  return lines;
}

/** Events that begin and end nothing. */
function instants({ events, slices, around }: Model): Box[] {
  const found: Box[] = [];
  events.forEach(({ timeNs }, i) => {
    const slice = slices[around[i]!];
    if (slice !== undefined && (slice.begin === i || slice.end === i)) return;
    found.push({ start: timeNs, end: timeNs, shade: 'event', node: i });
  });
  return found;
}

/** Puts the children into as few lines as possible without overlap, until the lines run out. */
function childLanes(model: Model): { lanes: Box[][]; laneOf: number[] } {
  const { children, events, startNs, endNs } = model;
  const lanes: Box[][] = [];
  const laneOf: number[] = [];
  const order = children.map((child) => {
    const from = events[child.spawn]?.timeNs ?? child.deathNs ?? startNs;
    return { child, from, to: events[child.reap]?.timeNs ?? endNs };
  });
  order.sort((a, b) => a.from - b.from);
  for (const { child, from, to } of order) {
    let at = lanes.findIndex((lane) => (lane.at(-1)?.end ?? 0) <= from);
    if (at < 0) at = lanes.length < MOST_LANES ? lanes.push([]) - 1 : -1;
    // No line is free any more: it is only in the list of children.
    laneOf[child.index] = at < 0 ? MOST_LANES - 1 : at;
    if (at < 0) continue;
    const death = child.deathNs ?? to;
    const node = child.spawn >= 0 ? child.spawn : child.reap;
    lanes[at]!.push({ start: from, end: death, shade: 'life', node });
    if (death < to || child.deathNs !== null) {
      lanes[at]!.push({
        start: death,
        end: to,
        shade: 'zombie',
        node: events.length + child.index,
      });
    }
  }
  return { lanes, laneOf };
}
