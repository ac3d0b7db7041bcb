import { middle, type Result, ratioTo, SIDES, type Side } from './result.ts';
import type { Unit } from './row.ts';

export const HEADS: Readonly<Record<Side, string>> = {
  ours: 'ours',
  qemu: 'QEMU here',
  c: 'plain C',
  node: 'Node',
  glib: 'GLib',
  tini: 'tini',
  catatonit: 'catatonit',
};

/** Marks a side that could not be measured; whyNot gives the reason. */
const NONE = '–';

const recorded = (result: Result): number | undefined => ratioTo(result, 'recorded');

/**
 * A head, and a row for each result. Columns that are empty in all rows are left out. Ratios
 * are of the measured values, mostly ns: below 1 is better.
 * @param factor the slowness of this machine, to scale QEMU's recorded figures
 */
export function cells(results: readonly Result[], factor?: number): string[][] {
  const columns: string[][] = [['work', ...results.map((r) => r.name)]];
  const add = (head: string, cell: (r: Result) => string): void => {
    const column = results.map(cell);
    if (column.some((text) => text !== '')) columns.push([head, ...column]);
  };
  const over = (head: string, value: (result: Result) => number | undefined): void =>
    add(head, (r) => shownRatio(value(r)));
  for (const side of SIDES) {
    add(HEADS[side], (r) => shown(middle(r, side), r.unit) || (r.why?.[side] ? NONE : ''));
    if (side === 'ours') add('min–max', spread);
    else over('ours/', (r) => ratioTo(r, side));
    if (side !== 'qemu') continue;
    add('QEMU recorded', (r) => shown(r.qemuNs, r.unit));
    over('ours/', recorded);
    if (factor !== undefined) over('scaled', (r) => recorded(r) && recorded(r)! / factor);
  }
  add('limit', (r) => r.limit ?? '');
  return ['work', ...results].map((_, i) => columns.map((column) => column[i]!));
}

/** The reasons for missing values, each once. */
export function whyNot(results: readonly Result[]): string[] {
  const lines = results.flatMap(({ why = {} }) =>
    SIDES.filter((side) => why[side] !== undefined).map((side) => `${HEADS[side]}: ${why[side]}`),
  );
  return [...new Set(lines)];
}

const LEFT = ['work', 'limit'];

/** A table for a terminal, with numbers right-aligned. */
export function textTable(results: readonly Result[], factor?: number): string {
  const rows = cells(results, factor);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const left = rows[0]!.map((head) => LEFT.includes(head));
  const pad = (cell: string, i: number): string =>
    left[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

export function markdownTable(results: readonly Result[], factor?: number): string {
  const [head, ...rows] = cells(results, factor);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rule = head!.map((name) => (LEFT.includes(name) ? '---' : '--:'));
  return [line(head!), line(rule), ...rows.map(line)].join('\n');
}

function spread({ rounds, unit }: Result): string {
  const { ours } = rounds;
  if (ours === undefined || ours.length < 2) return '';
  const ends = [Math.min(...ours), Math.max(...ours)];
  if (unit === 'per second') ends.reverse();
  return ends.map((end) => scaled(end, unit)).join('–');
}

function shown(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '';
  const text = scaled(value, unit);
  if (unit === 'per second') return `${text}/s`;
  return unit === 'µs' || unit === 'ms' ? `${text} ${unit}` : text;
}

function scaled(value: number, unit: Unit): string {
  if (unit === 'bytes' && value >= 1e6) return `${(value / 1e6).toFixed(1)} MB`;
  const scale = inUnit(value, unit);
  const isTime = unit === 'ms' || unit === 'µs';
  if (isTime && scale < 1) return scale.toLocaleString('en', { maximumSignificantDigits: 2 });
  return scale.toLocaleString('en', { maximumFractionDigits: scale < 100 ? 1 : 0 });
}

function inUnit(value: number, unit: Unit): number {
  if (unit === 'per second') return 1e9 / value;
  if (unit === 'µs') return value / 1e3;
  return unit === 'ms' ? value / 1e6 : value;
}

/** A ratio, with as many digits as matter. */
export function shownRatio(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2);
}
