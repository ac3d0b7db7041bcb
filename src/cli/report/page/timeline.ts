import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { Facts } from '../facts.ts';
import { follow } from '../links.ts';
import { type Axis, type AxisKind, makeAxis, usualAxis } from './axis.ts';
import { axisButton } from './axis-button.ts';
import { button, el } from './dom.ts';
import { draw } from './draw.ts';
import { type Layout, layOut, SHADES, type Shade, spanOf } from './layout.ts';
import { type Palette, readPalette } from './palette.ts';
import { nearest } from './rows.ts';
import { tooltipLines } from './tooltip.ts';
import { sliceBegunBy } from './view.ts';

/** Distance within which the pointer hits a thin box, in pixels. */
const NEAR = 4;
const STEP = 1.6;
/** Events on both sides of one that is shown. */
const SIDE_STEPS = 12;
/** Share of the width that an arrow key pans by. */
const PAN = 0.2;

/** The timeline: a canvas to zoom, pan, hover and click. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #model: Facts;
  #axis: Axis;
  #layout: Layout;
  readonly #canvas = el('canvas', {
    role: 'img',
    label: 'Timeline of the run. Arrow keys pan, plus and minus zoom, 0 shows all.',
  });
  readonly #tooltip = el('div', { class: 'tooltip', role: 'tooltip' });
  readonly #zoom: ZoomBehavior<HTMLCanvasElement, unknown>;
  readonly #whole = scaleLinear();
  readonly #onSelect: (node: number) => void;
  #palette: Palette;
  #x: ScaleLinear<number, number>;
  #width = 0;
  #lit: ReadonlySet<number> = new Set();
  #selected = -1;
  #matches: readonly number[] = [];
  #drawAsked = false;

  /** @param onSelect called with the node that was clicked, or -1 for a click beside all nodes */
  constructor(model: Facts, onSelect: (node: number) => void, kind = usualAxis(model)) {
    this.#model = model;
    this.#axis = makeAxis(model, kind);
    this.#layout = layOut(model, this.#axis);
    this.#onSelect = onSelect;
    this.#canvas.tabIndex = 0;
    this.element = el('div', { class: 'timeline' }, this.#canvas, this.#tooltip);
    this.#x = this.#whole;
    this.#palette = readPalette();
    this.#zoom = zoom<HTMLCanvasElement, unknown>().on(
      'zoom',
      ({ transform }: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        this.#x = transform.rescaleX(this.#whole);
        this.#hideTooltip();
        this.#redraw();
      },
    );
    this.#fitAxis();
    select(this.#canvas).call(this.#zoom).on('dblclick.zoom', null);
    this.#listen();
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  /** Buttons that do the same as the wheel and the keys, and one for the axis. */
  buttons(): HTMLElement {
    return el(
      'span',
      { class: 'buttons' },
      axisButton(this),
      button('−', () => this.#scale(1 / STEP), { label: 'zoom out' }),
      button('+', () => this.#scale(STEP), { label: 'zoom in' }),
      button('All', () => this.fit(), { label: 'show the whole run' }),
    );
  }

  /** Shows the whole run. */
  fit(): void {
    select(this.#canvas).call(this.#zoom.transform, zoomIdentity);
  }

  /** The kinds of boxes that there are. */
  shades(): ReadonlySet<Shade> {
    return new Set(this.#layout.rows.flatMap(({ shades }) => [...shades].map((i) => SHADES[i]!)));
  }

  get axis(): AxisKind {
    return this.#axis.kind;
  }

  /** Shows the whole run on the other axis. */
  set axis(kind: AxisKind) {
    this.#axis = makeAxis(this.#model, kind);
    this.#layout = layOut(this.#model, this.#axis);
    this.#fitAxis();
    this.#width = 0;
    this.#resize();
    this.fit();
  }

  /** Shows a node and a span of time, with a margin on both sides. */
  show(node: number, startNs: number, endNs: number): void {
    const { from, to } = this.#axis;
    const at = this.#axis.of(node);
    const slice = sliceBegunBy(this.#model, node);
    if (slice !== null && slice.startNs === startNs && slice.endNs === endNs) {
      const { start, end } = spanOf(this.#model, this.#axis, slice);
      this.#showSpan(start, end);
    } else this.#showSpan(Math.min(from(startNs), at), Math.max(to(endNs), at));
  }

  /** Shows a node and some time on both of its sides. */
  showAround(node: number, sideNs: number): void {
    const at = this.#axis.of(node);
    const side = this.#axis.kind === 'time' ? sideNs : SIDE_STEPS;
    this.#showSpan(at - side, at + side);
  }

  #fitAxis(): void {
    const { start, end, finest } = this.#axis;
    const margin = Math.max(1, end - start) * 0.01;
    this.#whole.domain([start - margin, end + margin]);
    this.#zoom.scaleExtent([1, Math.max(1, (end - start) / finest)]);
    this.#canvas.style.height = `${this.#layout.height}px`;
  }

  #showSpan(start: number, end: number): void {
    const room = Math.max((end - start) * 0.15, this.#axis.finest * 5);
    const [from, to] = [this.#whole(start - room), this.#whole(end + room)];
    const most = this.#zoom.scaleExtent()[1];
    const k = Math.max(1, Math.min(most, this.#width / (to - from)));
    const middle = (from + to) / 2;
    const transform = zoomIdentity.translate(this.#width / 2 - k * middle, 0).scale(k);
    select(this.#canvas).call(this.#zoom.transform, transform);
  }

  /** Lights up a node with all its causes and effects; -1 lights up nothing. */
  light(node: number): void {
    this.#selected = node;
    const { links } = this.#model;
    this.#lit =
      node < 0
        ? new Set()
        : new Set([...follow(links, node, 'causes'), ...follow(links, node, 'effects')]);
    this.#redraw();
  }

  /** Marks the matches of a search. */
  mark(nodes: readonly number[]): void {
    this.#matches = nodes;
    this.#redraw();
  }

  /** Draws again after a change of the theme. */
  recolor(): void {
    this.#palette = readPalette();
    this.#redraw();
  }

  #listen(): void {
    const canvas = this.#canvas;
    canvas.addEventListener('click', (event) => {
      this.#onSelect(this.#nodeAt(event.offsetX, event.offsetY));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 0) this.#hover(event.offsetX, event.offsetY);
    });
    canvas.addEventListener('pointerleave', () => this.#hideTooltip());
    canvas.addEventListener('dblclick', (event) => {
      const node = this.#nodeAt(event.offsetX, event.offsetY);
      const slice = this.#model.slices[this.#model.around[node] ?? -1];
      if (slice === undefined) return;
      const { start, end } = spanOf(this.#model, this.#axis, slice);
      this.#showSpan(start, end);
    });
    canvas.addEventListener('keydown', (event) => {
      if (this.#key(event.key)) event.preventDefault();
    });
  }

  /** Carries out a key. Returns whether it has a meaning here. */
  #key(key: string): boolean {
    switch (key) {
      case 'ArrowLeft':
        this.#pan(PAN);
        return true;
      case 'ArrowRight':
        this.#pan(-PAN);
        return true;
      case '+':
      case '=':
        this.#scale(STEP);
        return true;
      case '-':
        this.#scale(1 / STEP);
        return true;
      case '0':
        this.fit();
        return true;
      case 'Escape':
        this.#onSelect(-1);
        return true;
      default:
        return false;
    }
  }

  #scale(factor: number): void {
    select(this.#canvas).call(this.#zoom.scaleBy, factor);
  }

  #pan(share: number): void {
    const { k } = zoomTransform(this.#canvas);
    select(this.#canvas).call(this.#zoom.translateBy, (share * this.#width) / k, 0);
  }

  #resize(): void {
    const width = this.element.clientWidth;
    if (width === 0 || width === this.#width) return;
    const before = this.#width;
    this.#width = width;
    const ratio = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(this.#layout.height * ratio);
    this.#whole.range([0, width]);
    const limits: [[number, number], [number, number]] = [
      [0, 0],
      [width, this.#layout.height],
    ];
    this.#zoom.extent(limits).translateExtent(limits);
    const { x, k } = zoomTransform(this.#canvas);
    const shift = before === 0 ? x : (x * width) / before;
    const transform = zoomIdentity.translate(shift, 0).scale(k);
    select(this.#canvas).call(this.#zoom.transform, transform);
  }

  #redraw(): void {
    if (this.#drawAsked) return;
    this.#drawAsked = true;
    requestAnimationFrame(() => {
      this.#drawAsked = false;
      if (this.#width > 0) this.#drawNow();
    });
  }

  #drawNow(): void {
    const context = this.#canvas.getContext('2d', { alpha: false })!;
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const boxes = draw(context, {
      model: this.#model,
      layout: this.#layout,
      palette: this.#palette,
      axis: this.#axis,
      x: this.#x,
      width: this.#width,
      lit: this.#lit,
      selected: this.#selected,
      matches: this.#matches,
    });
    const [from, to] = this.#x.domain();
    const axis = this.#axis.kind;
    Object.assign(this.#canvas.dataset, { boxes, from, to, axis, lit: this.#lit.size });
    this.#canvas.dataset.marked = String(this.#matches.length);
  }

  /** The node under the pointer, or a thin one near it; -1 for none. */
  #nodeAt(px: number, py: number): number {
    const row = this.#layout.rows.find(({ y, height }) => py >= y && py < y + height);
    if (row === undefined) return -1;
    const at = this.#x.invert(px);
    const near = this.#x.invert(px + NEAR) - at;
    const found = nearest(row, at, near);
    return found < 0 ? -1 : row.nodes[found]!;
  }

  #hover(px: number, py: number): void {
    const node = this.#nodeAt(px, py);
    if (node < 0) {
      this.#hideTooltip();
      return;
    }
    const lines = tooltipLines(this.#model, node);
    this.#tooltip.replaceChildren(...lines.map((line, i) => el(i === 0 ? 'b' : 'div', {}, line)));
    this.#tooltip.style.display = 'block';
    const room = this.#width - this.#tooltip.offsetWidth - 4;
    this.#tooltip.style.left = `${Math.max(4, Math.min(px + 14, room))}px`;
    this.#tooltip.style.top = `${py + 18}px`;
  }

  #hideTooltip(): void {
    this.#tooltip.style.display = 'none';
  }
}
