import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear, scaleLog } from 'd3-scale';
import { create } from 'd3-selection';
import { formatDuration } from '../../text/units.ts';
import { spread } from '../statistics.ts';
import { el } from './dom.ts';

const WIDTH = 360;
const HEIGHT = 170;
const MARGIN = { top: 8, right: 26, bottom: 24, left: 40 };
const BARS_PER_DECADE = 6;

/** Draws the distribution of durations on a logarithmic scale. */
export function histogram(title: string, help: string, durations: readonly number[]): HTMLElement {
  const { count, medianNs, p99Ns, maxNs } = spread(durations);
  const facts =
    count === 0
      ? 'none in this trace'
      : `${count}; median ${formatDuration(medianNs)}, 99 % ${formatDuration(p99Ns)}, longest ${formatDuration(maxNs)}`;
  const words = el('figcaption', {}, el('b', {}, title), ` – ${help}: ${facts}`);
  return el('figure', {}, words, ...(count === 0 ? [] : [chart(title, durations)]));
}

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

function bins(durations: readonly number[]): Bin[] {
  const place = (ns: number): number => Math.floor(Math.log10(Math.max(1, ns)) * BARS_PER_DECADE);
  const counts = new Map<number, number>();
  for (const ns of durations) counts.set(place(ns), (counts.get(place(ns)) ?? 0) + 1);
  const edge = (at: number): number => 10 ** (at / BARS_PER_DECADE);
  return [...counts].map(([at, count]) => ({ from: edge(at), to: edge(at + 1), count }));
}

function chart(title: string, durations: readonly number[]): SVGSVGElement {
  const all = bins(durations);
  const least = Math.min(...all.map(({ from }) => from));
  const most = Math.max(...all.map(({ to }) => to));
  const x = scaleLog([least, Math.max(most, least * 100)], [MARGIN.left, WIDTH - MARGIN.right]);
  const highest = Math.max(...all.map(({ count }) => count));
  const y = scaleLinear([0, highest], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(3);
  const svg = create('svg')
    .attr('viewBox', `0 0 ${WIDTH} ${HEIGHT}`)
    .attr('role', 'img')
    .attr('aria-label', `histogram: ${title}`);
  svg
    .selectAll('rect')
    .data(all)
    .join('rect')
    .attr('x', ({ from }) => x(from) + 0.5)
    .attr('width', ({ from, to }) => Math.max(1, x(to) - x(from) - 1))
    .attr('y', ({ count }) => Math.min(y(count), y(0) - 1))
    .attr('height', ({ count }) => Math.max(1, y(0) - y(count)))
    .append('title')
    .text(({ from, to, count }) => `${count}: ${formatDuration(from)} to ${formatDuration(to)}`);
  const decades = x
    .ticks()
    .filter((ns) => Number.isInteger(Math.round(Math.log10(ns) * 1e6) / 1e6));
  svg
    .append('g')
    .attr('transform', `translate(0,${HEIGHT - MARGIN.bottom})`)
    .call(
      axisBottom<number>(x)
        .tickValues(decades)
        .tickFormat((ns) => formatDuration(ns)),
    );
  const whole = y.ticks(3).filter(Number.isInteger);
  svg
    .append('g')
    .attr('transform', `translate(${MARGIN.left},0)`)
    .call(axisLeft<number>(y).tickValues(whole).tickFormat(String));
  return svg.node()!;
}
