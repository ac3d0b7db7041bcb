import {
  bottomAxis,
  COLOURS,
  drawing,
  leftAxis,
  legend,
  logScale,
  shortNumber,
  written,
} from './chart.ts';
import { type BenchRun, middle, type Result, ratioTo, type Side } from './result.ts';

const WIDTH = 820;

/** All drawings that can be made from a run, as SVG, by name. */
export function plots(run: BenchRun): ReadonlyMap<string, string> {
  const results = run.sections.flatMap((section) => section.results);
  const drawn: [string, string | null][] = [
    ['ratio', ratioPlot(results)],
    ['idle', idlePlot(results)],
    ['timers', timerPlot(results)],
  ];
  return new Map(drawn.filter((one): one is [string, string] => one[1] !== null));
}

interface Ratio {
  readonly name: string;
  /** Ratios to QEMU's recorded figure, and to QEMU measured here. */
  readonly values: readonly (number | undefined)[];
}

function ratios(results: readonly Result[]): Ratio[] {
  return results
    .filter((r) => r.qemuNs !== undefined && middle(r, 'ours') !== undefined)
    .map((r) => ({ name: r.name, values: [ratioTo(r, 'recorded'), ratioTo(r, 'qemu')] }));
}

const ROW = 24;
const NAMES = 300;

/** A line for each row with a figure of QEMU: left of 1 ours is faster. */
function ratioPlot(results: readonly Result[]): string | null {
  const rows = ratios(results);
  if (rows.length === 0) return null;
  const top = 56;
  const bottom = top + rows.length * ROW;
  const svg = drawing('Our time divided by QEMU’s: left of 1 is faster', WIDTH, bottom + 32);
  const all = rows.flatMap(({ values }) => values.filter((v) => v !== undefined));
  const x = logScale([...all, 0.5, 2], [NAMES + 10, WIDTH - 60]).nice();
  const sides = ['QEMU recorded (another machine)', 'QEMU here'];
  const shown = sides.filter((_, i) => rows.some(({ values }) => values[i] !== undefined));
  legend(svg, shown, NAMES + 10, 42);
  bottomAxis(svg, x, top, bottom);
  const one = { x1: x(1), x2: x(1), y1: top, y2: bottom };
  const line = svg.append('line').attr('stroke', 'currentColor').attr('stroke-width', 1.5);
  for (const [name, value] of Object.entries(one)) line.attr(name, value);
  for (const [i, { name, values }] of rows.entries()) {
    const y = top + (i + 0.5) * ROW;
    svg
      .append('text')
      .attr('x', NAMES)
      .attr('y', y + 4)
      .attr('text-anchor', 'end')
      .text(name);
    for (const [side, value] of values.entries()) {
      if (value === undefined) continue;
      const dot = svg.append('circle').attr('cx', x(value)).attr('cy', y).attr('r', 5);
      dot
        .attr('fill', COLOURS[side]!)
        .append('title')
        .text(`${name}: ${shortNumber(value)}`);
    }
  }
  return written(svg);
}

interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** The rows that match `pattern`, whose first group is the count, as a line for each side. */
function seriesOf(
  results: readonly Result[],
  pattern: RegExp,
  sides: readonly (readonly [Side, string])[],
): Series[] {
  return sides
    .map(([side, name]) => {
      const points = new Map<number, number>();
      for (const result of results) {
        const count = result.name.match(pattern)?.[1]?.replaceAll(',', '');
        const ns = middle(result, side);
        if (count !== undefined && ns !== undefined) points.set(Number(count), ns);
      }
      return { name, points: [...points].sort(([a], [b]) => a - b) };
    })
    .filter(({ points }) => points.length > 1);
}

function idlePlot(results: readonly Result[]): string | null {
  const pattern = /^main_loop_wait, ([\d,]+) idle fds \+ 1 active$/;
  const all = seriesOf(results, pattern, [
    ['ours', 'ours'],
    ['qemu', 'QEMU here'],
    ['c', 'plain C, ppoll'],
    ['glib', 'GLib'],
  ]);
  return linePlot(
    'main_loop_wait: ns of an iteration with one active fd, by idle fds',
    'idle fds',
    all,
  );
}

function timerPlot(results: readonly Result[]): string | null {
  const all = seriesOf(results, /^arming anew one of ([\d,]+) timers/, [
    ['ours', 'ours'],
    ['qemu', 'QEMU here'],
    ['node', 'Node, clearTimeout + setTimeout'],
    ['glib', 'GLib (keeps no order)'],
  ]);
  return linePlot('Arming a timer anew: ns, by how many there are', 'timers', all);
}

const HEIGHT = 420;
const LEFT = 80;
const RIGHT = WIDTH - 30;
const TOP = 60;
const BOTTOM = HEIGHT - 56;

/** Draws lines; both axes are logarithmic. */
function linePlot(title: string, below: string, series: readonly Series[]): string | null {
  if (series.length === 0) return null;
  const points = series.flatMap((one) => one.points);
  const svg = drawing(title, WIDTH, HEIGHT);
  const x = logScale(
    points.map(([count]) => count),
    [LEFT, RIGHT],
  );
  const y = logScale(
    points.map(([, ns]) => ns),
    [BOTTOM, TOP],
  ).nice();
  legend(
    svg,
    series.map(({ name }) => name),
    LEFT + 6,
    44,
  );
  bottomAxis(svg, x, TOP, BOTTOM);
  leftAxis(svg, y, LEFT, RIGHT);
  svg
    .append('text')
    .attr('x', (LEFT + RIGHT) / 2)
    .attr('y', HEIGHT - 12)
    .attr('text-anchor', 'middle')
    .text(below);
  for (const [i, one] of series.entries()) {
    const places = one.points.map(([count, ns]) => [x(count), y(ns)] as const);
    svg
      .append('polyline')
      .attr('points', places.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' '))
      .attr('fill', 'none')
      .attr('stroke', COLOURS[i]!)
      .attr('stroke-width', 2);
    for (const [at, [px, py]] of places.entries()) {
      const [count, ns] = one.points[at]!;
      const dot = svg.append('circle').attr('cx', px).attr('cy', py).attr('r', 4);
      dot.attr('fill', COLOURS[i]!).append('title');
      dot
        .select('title')
        .text(`${one.name}, ${shortNumber(count)} ${below}: ${shortNumber(ns)} ns`);
    }
  }
  return written(svg);
}
