export interface Result {
  readonly name: string;
  readonly ours: number;
  readonly oursMin: number;
  readonly oursMax: number;
  readonly c: number | undefined;
  readonly node: number | undefined;
  readonly qemu: number | undefined;
  readonly perSecond: boolean;
}

const HEAD = [
  'work',
  'ours',
  'min–max',
  'QEMU',
  'ours/QEMU',
  'plain C',
  'ours/C',
  'Node',
  'ours/Node',
];

/** Rows as text, right-aligned but for the names. Ratios are of times: below 1 is faster. */
export function table(results: readonly Result[]): string {
  const rows = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}

function cells(r: Result): string[] {
  const show = (ns: number | undefined): string =>
    ns === undefined ? '' : r.perSecond ? `${number(1e9 / ns)}/s` : number(ns);
  const spread = r.perSecond
    ? `${number(1e9 / r.oursMax)}–${number(1e9 / r.oursMin)}`
    : `${number(r.oursMin)}–${number(r.oursMax)}`;
  return [
    r.name,
    show(r.ours),
    spread,
    show(r.qemu),
    ratio(r.ours, r.qemu),
    show(r.c),
    ratio(r.ours, r.c),
    show(r.node),
    ratio(r.ours, r.node),
  ];
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function ratio(ours: number, other: number | undefined): string {
  if (other === undefined) return '';
  const value = ours / other;
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}
