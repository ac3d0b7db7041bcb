import type { ScaleLinear } from 'd3-scale';
import type { Facts } from '../facts.ts';
import type { Links } from '../links.ts';
import type { Axis } from './axis.ts';
import { type Layout, type Row, SHADES } from './layout.ts';
import type { Palette } from './palette.ts';
import { firstFrom } from './rows.ts';
import { nodeTitle } from './view.ts';

/** The state to draw. */
export interface Scene {
  readonly model: Facts;
  readonly layout: Layout;
  readonly palette: Palette;
  readonly axis: Axis;
  /** Maps places on the axis to pixels. */
  readonly x: ScaleLinear<number, number>;
  readonly width: number;
  /** Nodes that are lit up; empty if nothing is selected. */
  readonly lit: ReadonlySet<number>;
  readonly selected: number;
  /** Nodes that the search found, in order of time. */
  readonly matches: readonly number[];
}

const LABEL_FROM = 34;
const LETTER = 6.3;
const FONT = '11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
const DIMMED = 0.28;
/** More arrows than this cannot be told apart. Those of the selection are all drawn. */
const MOST_ARROWS = 250;

/**
 * Draws the scene. Returns the number of boxes drawn, which depends on the pixels, not on
 * the events.
 */
export function draw(c: CanvasRenderingContext2D, scene: Scene): number {
  const { layout, palette, width } = scene;
  c.font = FONT;
  c.textBaseline = 'middle';
  c.fillStyle = palette.background;
  c.fillRect(0, 0, width, layout.height);
  drawAxis(c, scene);
  let boxes = 0;
  c.globalAlpha = scene.lit.size > 0 ? DIMMED : 1;
  for (const row of layout.rows) boxes += drawRow(c, scene, row, false);
  c.globalAlpha = 1;
  if (scene.lit.size > 0) for (const row of layout.rows) boxes += drawRow(c, scene, row, true);
  drawBands(c, scene);
  drawArrows(c, scene);
  drawMatches(c, scene);
  return boxes;
}

function drawAxis(c: CanvasRenderingContext2D, { x, layout, palette, axis, width }: Scene): void {
  c.textAlign = 'left';
  const ticks = x.ticks(Math.max(2, Math.floor(width / 130)));
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  for (const tick of ticks) {
    const at = Math.round(x(tick)) + 0.5;
    c.strokeStyle = palette.line;
    c.beginPath();
    c.moveTo(at, 0);
    c.lineTo(at, layout.height);
    c.stroke();
    c.fillStyle = palette.faint;
    c.fillText(axis.tick(tick, step), at + 4, 11);
  }
}

function drawBands(c: CanvasRenderingContext2D, { layout, palette, width }: Scene): void {
  c.textAlign = 'left';
  for (const { name, y } of layout.bands) {
    c.strokeStyle = palette.line;
    c.beginPath();
    c.moveTo(0, y + 0.5);
    c.lineTo(width, y + 0.5);
    c.stroke();
    c.fillStyle = palette.faint;
    c.fillText(name, 4, y + 9);
  }
}

/** Draws a row. Boxes narrower than a pixel are merged if they share one. */
function drawRow(c: CanvasRenderingContext2D, scene: Scene, row: Row, onlyLit: boolean): number {
  const { x, palette, width, lit } = scene;
  const [from, to] = x.domain() as [number, number];
  const scale = width / (to - from);
  const { starts, ends, shades, nodes, y, height } = row;
  const gap = height > 6 ? 1 : 0;
  let boxes = 0;
  let filledTo = -1;
  for (let i = firstFrom(row, from); i < starts.length; i++) {
    const start = starts[i]!;
    if (start > to) break;
    if (onlyLit && !lit.has(nodes[i]!)) continue;
    const left = Math.max(-1, (start - from) * scale);
    const right = Math.min(width + 1, (ends[i]! - from) * scale);
    if (right < filledTo && !onlyLit) continue;
    const boxWidth = Math.max(1, right - left - (right - left > 4 ? 1 : 0));
    c.fillStyle = palette.shades[shades[i]!]!;
    c.fillRect(left, y, boxWidth, height - gap);
    boxes++;
    filledTo = Math.max(left, right, left + 1);
    if (boxWidth >= LABEL_FROM && height >= 12) {
      // Dimmed boxes, and those of sleep, are as pale as the page.
      const pale = c.globalAlpha < 1 || SHADES[shades[i]!] === 'poll';
      c.fillStyle = pale ? palette.text : '#fff';
      label(c, row.labels?.[i] ?? nodeLabel(scene, nodes[i]!), left, y + height / 2, boxWidth);
    }
    if (nodes[i] === scene.selected) outline(c, palette.lit, left, y, boxWidth, height);
  }
  return boxes;
}

function outline(
  c: CanvasRenderingContext2D,
  color: string,
  x: number,
  y: number,
  w: number,
  h: number,
): void {
  c.strokeStyle = color;
  c.lineWidth = 2;
  c.strokeRect(x - 1, y - 1, w + 2, h + 1);
  c.lineWidth = 1;
}

function nodeLabel({ model }: Scene, node: number): string {
  if (node >= model.events.length) return 'zombie';
  const { name, args } = model.events[node]!;
  if (name === 'child_spawn') return String(args.command);
  const slice = model.slices[model.around[node]!];
  return slice?.begin === node ? slice.name : nodeTitle(model, node);
}

function label(
  c: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  width: number,
): void {
  const from = Math.max(0, x);
  const room = Math.floor((x + width - from - 6) / LETTER);
  if (room < 2) return;
  const alpha = c.globalAlpha;
  c.globalAlpha = Math.max(alpha, 0.6);
  c.textAlign = 'left';
  c.fillText(text.length <= room ? text : `${text.slice(0, room - 1)}…`, from + 3, y);
  c.globalAlpha = alpha;
}

function drawArrows(c: CanvasRenderingContext2D, scene: Scene): void {
  const { model, lit, palette } = scene;
  const lighting = lit.size > 0;
  const shown = lighting ? litLinks(model.links, lit) : visibleLinks(scene);
  c.strokeStyle = lighting ? palette.lit : palette.arrow;
  c.fillStyle = c.strokeStyle;
  c.globalAlpha = lighting ? 1 : 0.55;
  for (const { from, to } of shown) arrow(c, scene, from, to);
  c.globalAlpha = 1;
}

function* litLinks(links: Links, lit: ReadonlySet<number>) {
  for (const node of lit) {
    for (const link of links.effectsOf(node)) if (lit.has(link.to)) yield link;
  }
}

/**
 * The links on screen, without those of kind "does"; none if they are too many to be told
 * apart.
 */
function visibleLinks({ model, axis, x }: Scene) {
  const [first, last] = x.domain() as [number, number];
  const found = [];
  for (const link of model.links.all) {
    if (link.kind === 'does') continue;
    if (axis.of(link.to) < first || axis.of(link.from) > last) continue;
    found.push(link);
    if (found.length > MOST_ARROWS) return [];
  }
  return found;
}

/** The place of a node at which arrows begin and end. */
function middle(axis: Axis, node: number): number {
  return axis.of(node) + axis.instant / 2;
}

function arrow(
  c: CanvasRenderingContext2D,
  { model, layout, axis, x, width }: Scene,
  from: number,
  to: number,
): void {
  const [x1, y1] = [x(middle(axis, from)), layout.yOf(from)];
  const [x2, y2] = [x(middle(axis, to)), layout.yOf(to)];
  if (Math.max(x1, x2) < 0 || Math.min(x1, x2) > width) return;
  if (Math.abs(x2 - x1) < 2 && Math.abs(y2 - y1) < 4) return;
  if (y1 === y2 && isOneBox(model, from, to)) return;
  // Far outside the canvas, clamped coordinates would distort the curve.
  const [a, b] = [Math.max(-2000, x1), Math.min(width + 2000, x2)];
  const bend = Math.max(10, Math.min(60, Math.abs(b - a) / 2));
  c.lineWidth = 1.4;
  c.beginPath();
  c.moveTo(a, y1);
  c.bezierCurveTo(a + bend, y1, b - bend, y2, b, y2);
  c.stroke();
  c.beginPath();
  c.moveTo(b, y2);
  c.lineTo(b - 6, y2 - 3.2);
  c.lineTo(b - 6, y2 + 3.2);
  c.fill();
  c.lineWidth = 1;
}

/**
 * Whether an arrow would stay within a box, or within the life of a child, and cross out its
 * name.
 */
function isOneBox({ around, events }: Facts, from: number, to: number): boolean {
  return to >= events.length || around[from] === around[to];
}

function drawMatches(
  c: CanvasRenderingContext2D,
  { axis, matches, palette, x, width, layout }: Scene,
): void {
  c.fillStyle = palette.match;
  let last = -2;
  for (const node of matches) {
    const at = x(middle(axis, node));
    if (at < 0 || at > width || at - last < 1) continue;
    c.fillRect(at - 1, 18, 2, 6);
    c.globalAlpha = 0.16;
    c.fillRect(at - 0.5, 24, 1, layout.height - 24);
    c.globalAlpha = 1;
    last = at;
  }
}
