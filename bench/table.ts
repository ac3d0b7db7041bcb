import { middle, type Result, type Side } from './result.ts';
import type { Unit } from './row.ts';

type Value = (result: Result) => number | undefined;

interface Peer {
  readonly head: string;
  readonly value: Value;
}

const side =
  (name: Side): Value =>
  (result) =>
    middle(result, name);

const PEERS: readonly Peer[] = [
  { head: 'QEMU recorded', value: (result) => result.qemuNs },
  { head: 'QEMU here', value: side('qemu') },
  { head: 'plain C', value: side('c') },
  { head: 'Node', value: side('node') },
  { head: 'GLib', value: side('glib') },
  { head: 'tini', value: side('tini') },
  { head: 'catatonit', value: side('catatonit') },
];

/**
 * A head and a row for each result. A column that is empty in all of them is left
 * out. Ratios are of what was measured, ns mostly: below 1 is better.
 */
export function cells(results: readonly Result[]): string[][] {
  const columns: string[][] = [['work', ...results.map((r) => r.name)]];
  const add = (head: string, cell: (r: Result) => string): void => {
    const column = results.map(cell);
    if (column.some((text) => text !== '')) columns.push([head, ...column]);
  };
  add('ours', (r) => shown(middle(r, 'ours'), r.unit));
  add('min–max', spread);
  for (const { head, value } of PEERS) {
    add(head, (r) => shown(value(r), r.unit));
    add('ours/', (r) => ratio(middle(r, 'ours'), value(r)));
  }
  return ['work', ...results].map((_, i) => columns.map((column) => column[i]!));
}

/** For a terminal: right-aligned but for the names. */
export function textTable(results: readonly Result[]): string {
  const rows = cells(results);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const pad = (cell: string, i: number): string =>
    i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

export function markdownTable(results: readonly Result[]): string {
  const [head, ...rows] = cells(results);
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const rule = head!.map((_, i) => (i === 0 ? '---' : '--:'));
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
  const scale = inUnit(value, unit);
  return scale.toLocaleString('en', { maximumFractionDigits: scale < 100 ? 1 : 0 });
}

function inUnit(value: number, unit: Unit): number {
  if (unit === 'per second') return 1e9 / value;
  if (unit === 'µs') return value / 1e3;
  return unit === 'ms' ? value / 1e6 : value;
}

function ratio(ours: number | undefined, other: number | undefined): string {
  if (ours === undefined || other === undefined) return '';
  const value = ours / other;
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}
