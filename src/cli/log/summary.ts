import { visible } from '../../trace/visible.ts';
import { endText } from '../exit/exit-status.ts';
import { BOLD, childColor, cut, GREEN, paint, RED, type Style, wrap } from '../text/style.ts';
import { count, formatDuration } from '../text/units.ts';

/** A child's line in the summary. */
export interface ChildRow {
  readonly number: number;
  readonly command: string;
  pid: number;
  startNs: number;
  endNs: number;
  /** CLD_*; 0 until it has ended. */
  code: number;
  status: number;
  utimeNs: number;
  stimeNs: number;
  maxrssKiB: number;
}

/** A child that has not been started. */
export function newRow(command: string, number: number): ChildRow {
  return {
    number,
    command,
    pid: 0,
    startNs: 0,
    endNs: 0,
    code: 0,
    status: 0,
    utimeNs: 0,
    stimeNs: 0,
    maxrssKiB: 0,
  };
}

/** The number of digits kept of a time for the median. */
const DIGITS = 4;

/**
 * Death-to-reap times; each may be an upper bound. An adopter reaps for years, so only the count of
 * each time is kept, by its first digits.
 */
export class Latencies {
  readonly #counts = new Map<number, number>();
  #n = 0;
  #bounds = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  add(ns: number, isBound: boolean): void {
    const key = Number(ns.toPrecision(DIGITS));
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#n++;
    this.#min = Math.min(this.#min, ns);
    this.#max = Math.max(this.#max, ns);
    if (isBound) this.#bounds++;
  }

  /** All that it has counted, to be set again. */
  counts(): number[] {
    return [this.#n, this.#bounds, this.#min, this.#max, ...[...this.#counts].flat()];
  }

  /** Sets what `counts` has returned. */
  set([n = 0, bounds = 0, min = 0, max = 0, ...pairs]: readonly number[]): void {
    [this.#n, this.#bounds, this.#min, this.#max] = [n, bounds, min, max];
    this.#counts.clear();
    for (let i = 0; i < pairs.length; i += 2) this.#counts.set(pairs[i]!, pairs[i + 1]!);
  }

  /** The number of different times kept: at most 9,000 for each power of ten. */
  get kept(): number {
    return this.#counts.size;
  }

  /** Min, median (to four digits) and max in ns, or undefined if nothing was reaped. */
  figures(): { min: number; median: number; max: number; bounds: number } | undefined {
    if (this.#n === 0) return undefined;
    return { min: this.#min, median: this.#median(), max: this.#max, bounds: this.#bounds };
  }

  /** The middle time; the mean of the two in the middle if their number is even. */
  #median(): number {
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const at = (place: number): number => {
      let rest = place;
      for (const [ns, n] of sorted) {
        if (rest < n) return Math.min(Math.max(ns, this.#min), this.#max);
        rest -= n;
      }
      return this.#max;
    };
    return (at((this.#n - 1) >> 1) + at(this.#n >> 1)) / 2;
  }
}

/** The result of a run. */
export class Summary {
  readonly children: readonly ChildRow[];
  readonly latencies = new Latencies();
  orphans = 0;
  startNs = 0;
  endNs = 0;
  iterations = 0;
  wakeups = 0;
  sigchlds = 0;
  reaped = 0;
  signals = 0;
  sigfd = 'native';
  status = 0;
  /** The reason for the status, for a person. */
  why = '';

  constructor(children: readonly ChildRow[]) {
    this.children = children;
  }

  /** Children reaped without a SIGCHLD of their own. */
  get coalesced(): number {
    return Math.max(0, this.reaped - this.sigchlds);
  }

  /** From the start to the end of the last child, or to now if one still runs. */
  get elapsedNs(): number {
    const hasEnded = this.children.every(({ code }) => code !== 0);
    const last = Math.max(0, ...this.children.map(({ endNs }) => endNs));
    return (hasEnded && last > 0 ? last : this.endNs) - this.startNs;
  }

  json(): Record<string, unknown> {
    const latency = this.latencies.figures();
    return {
      children: this.children.map((row) => ({
        ...row,
        end: row.code === 0 ? null : endText(row.code, row.status),
      })),
      orphans: this.orphans,
      iterations: this.iterations,
      wakeups: this.wakeups,
      signals: this.signals,
      sigchlds: this.sigchlds,
      reaped: this.reaped,
      coalesced: this.coalesced,
      death_to_reap_ns: latency ?? null,
      elapsed_ns: this.elapsedNs,
      sigfd: this.sigfd,
      status: this.status,
      why: this.why,
    };
  }
}

/** If there are more children than this, only those that failed are listed. */
const LISTED = 16;

export function summaryText(summary: Summary, style: Style): string {
  const { children } = summary;
  const elapsed = formatDuration(summary.elapsedNs);
  const lines = [
    paint(style, BOLD, `${count(children.length, 'child', 'children')} in ${elapsed}`),
  ];
  const failed = children.filter((row) => row.code !== 1 || row.status !== 0);
  const listed = (children.length <= LISTED ? children : failed).slice(0, LISTED);
  const widest = Math.max(0, ...listed.map((row) => rowText(row).length));
  for (const row of listed) lines.push(rowLine(row, widest, style));
  if (listed.length < children.length) {
    lines.push(
      `  and ${children.length - listed.length} more, ${children.length - failed.length} of all exited with 0`,
    );
  }
  if (summary.orphans > 0) lines.push(`  ${count(summary.orphans, 'orphan')} adopted and reaped`);
  for (const line of loopLines(summary)) {
    lines.push(`  ${wrap(visible(line), 2, 4, style.width)}`);
  }
  return `${lines.join('\n')}\n`;
}

function rowText(row: ChildRow): string {
  if (row.code !== 0) return endText(row.code, row.status);
  return row.pid === 0 ? 'not started' : 'left running';
}

function rowLine(row: ChildRow, widest: number, style: Style): string {
  const good = row.code === 1 && row.status === 0;
  const head = `[${row.number}]`;
  const end = rowText(row).padEnd(widest);
  const ran = row.code === 0 ? '' : ` after ${formatDuration(row.endNs - row.startNs)}`.padEnd(15);
  const used = 2 + head.length + 1 + end.length + ran.length + 2;
  const command = visible(row.command.replace(/\s+/g, ' '));
  // The command is left out if there is hardly any room for it.
  const room = style.width === 0 ? 0 : style.width - used;
  const shown = style.width !== 0 && room < 8 ? '' : `  ${cut(command, room)}`;
  return `  ${paint(style, childColor(row.number), head)} ${paint(style, good ? GREEN : RED, end)}${ran}${shown}`;
}

function loopLines(summary: Summary): string[] {
  const { iterations, wakeups, sigchlds, reaped, coalesced } = summary;
  const lines = [
    `main loop: ${count(iterations, 'iteration')}, ${count(wakeups, 'wake-up')}; ` +
      `${sigchlds} SIGCHLD read, ${reaped} reaped (${coalesced} coalesced)`,
  ];
  const latency = summary.latencies.figures();
  if (latency !== undefined) {
    const sign = latency.bounds > 0 ? '≤ ' : '';
    const [min, median, max] = [latency.min, latency.median, latency.max].map(formatDuration);
    lines.push(`death to reap: ${sign}min ${min}, median ${median}, max ${max}`);
  }
  lines.push(`exit status ${summary.status}: ${summary.why}`);
  return lines;
}
