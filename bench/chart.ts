import { axisBottom, axisLeft } from 'd3-axis';
import { type ScaleLogarithmic, scaleLog } from 'd3-scale';
import { type BaseType, type Selection, select } from 'd3-selection';
import { parseHTML } from 'linkedom';

export type Svg = Selection<BaseType, unknown, null, undefined>;

/** Colours that differ on light and dark pages, and for people who do not see red or green. */
export const COLOURS = ['#0a84d0', '#d9730d', '#b0529c', '#2a9d6e', '#8a8f98'] as const;

const STYLE = `
  svg { background: #fff; color: #24292f; font: 12px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #d6dae0 } }
  text { fill: currentColor }
  .tick line { stroke: currentColor; opacity: 0.15 }
  .domain { stroke: none }
  .title { font-weight: 600; font-size: 13px }
`;

/** Makes an empty drawing with a title. */
export function drawing(title: string, width: number, height: number): Svg {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = select(document.body)
    .append('svg')
    .attr('xmlns', 'http://www.w3.org/2000/svg')
    .attr('viewBox', `0 0 ${width} ${height}`)
    .attr('width', width)
    .attr('height', height)
    .attr('role', 'img')
    .attr('aria-label', title) as unknown as Svg;
  svg.append('style').text(STYLE);
  svg.append('text').attr('class', 'title').attr('x', 12).attr('y', 20).text(title);
  return svg;
}

/**
 * A logarithmic scale over all values.
 * @param range in pixels
 */
export function logScale(
  values: readonly number[],
  range: readonly [number, number],
): ScaleLogarithmic<number, number> {
  return scaleLog([Math.min(...values), Math.max(...values)], range);
}

/** Powers of ten, if they are enough ticks. */
function ticks(scale: ScaleLogarithmic<number, number>): number[] {
  const [low, high] = scale.domain() as [number, number];
  const powers: number[] = [];
  for (let p = Math.ceil(Math.log10(low)); p <= Math.log10(high) + 1e-9; p++) powers.push(10 ** p);
  return powers.length > 1 ? powers : scale.ticks(4);
}

export function shortNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** Draws lines across the drawing, with their values below. */
export function bottomAxis(
  svg: Svg,
  scale: ScaleLogarithmic<number, number>,
  top: number,
  bottom: number,
): void {
  const axis = axisBottom(scale)
    .tickValues(ticks(scale))
    .tickFormat((v) => shortNumber(Number(v)));
  svg
    .append('g')
    .attr('transform', `translate(0,${bottom})`)
    .call(axis.tickSize(top - bottom).tickPadding(8));
  // d3 puts the text at the outer end of the tick, but here ticks go up.
  svg.selectAll('.tick text').attr('y', 8);
}

export function leftAxis(
  svg: Svg,
  scale: ScaleLogarithmic<number, number>,
  left: number,
  right: number,
): void {
  const axis = axisLeft(scale)
    .tickValues(ticks(scale))
    .tickFormat((v) => shortNumber(Number(v)));
  svg
    .append('g')
    .attr('transform', `translate(${left},0)`)
    .call(axis.tickSize(left - right));
}

export function legend(svg: Svg, names: readonly string[], left: number, y: number): void {
  let x = left;
  for (const [i, name] of names.entries()) {
    svg
      .append('circle')
      .attr('cx', x)
      .attr('cy', y - 4)
      .attr('r', 5)
      .attr('fill', COLOURS[i]!);
    svg
      .append('text')
      .attr('x', x + 10)
      .attr('y', y)
      .text(name);
    x += 34 + 7 * name.length;
  }
}

export function written(svg: Svg): string {
  return `${svg.node()!.outerHTML}\n`;
}
