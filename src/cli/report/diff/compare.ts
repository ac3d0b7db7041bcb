/** Compares two runs event by event. Pure: the command and the page come to the same result. */

import { CATALOGUE, type EventDef, isText } from '../../../trace/catalogue.ts';
import type { TraceRecord } from '../../../trace/read.ts';
import type { ReportTrace } from '../facts.ts';
import { findThreads } from '../threads.ts';
import { align } from './align.ts';
import { SameEvent } from './same-event.ts';

export const SAME = 0;
/** In both runs, with other arguments. */
export const CHANGED = 1;
export const ONLY_A = 2;
export const ONLY_B = 3;

export interface DiffOptions {
  /** Whether times, pids and the numbers of objects count too. */
  readonly exact: boolean;
}

/** Rows of two runs beside each other. Lists of the same length belong together. */
export interface TraceDiff {
  /** The event of each run; -1 if the row has none. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** SAME, CHANGED, ONLY_A or ONLY_B. */
  readonly kinds: Uint8Array;
  /** The first row that is not the same; -1 if all are. */
  readonly first: number;
  /** Number of rows by kind. */
  readonly counts: readonly [same: number, changed: number, onlyA: number, onlyB: number];
}

export function diffTraces(a: ReportTrace, b: ReportTrace, options: DiffOptions): TraceDiff {
  const keys = new Keys();
  const [aKeys, bKeys] = [keys.of(a.events), keys.of(b.events)];
  const rows = paired(align(aKeys, bKeys), a.events, b.events);
  const same = new SameEvent(options.exact);
  const kinds = new Uint8Array(rows.a.length);
  const counts: [number, number, number, number] = [0, 0, 0, 0];
  const [aStart, bStart] = [a.events[0]?.timeNs ?? 0, b.events[0]?.timeNs ?? 0];
  for (let row = 0; row < kinds.length; row++) {
    const one = a.events[rows.a[row]!];
    const other = b.events[rows.b[row]!];
    let kind = CHANGED;
    if (one === undefined) kind = ONLY_B;
    else if (other === undefined) kind = ONLY_A;
    else {
      const says = same.test(one, one.timeNs - aStart, other, other.timeNs - bStart);
      if (says && aKeys[rows.a[row]!] === bKeys[rows.b[row]!]) kind = SAME;
    }
    kinds[row] = kind;
    counts[kind]!++;
  }
  return { ...rows, kinds, counts, first: kinds.findIndex((kind) => kind !== SAME) };
}

/** A number for each event that is equal for those that belong together: name, thread, and names in it. */
class Keys {
  readonly #numbers = new Map<string, number>();

  of(events: readonly TraceRecord[]): Int32Array {
    const { threads, threadOf } = findThreads(events);
    return Int32Array.from(events, ({ name, args }, i) => {
      // A thread without a name has its id for one, which the other run does not know.
      const thread = threads[threadOf[i]!]!.name.replace(/^thread \d+$/, 'thread');
      const parts: string[] = [thread, name];
      const { args: defs }: EventDef = CATALOGUE[name];
      for (const [arg, type] of defs) {
        if (isText(type) && arg !== 'ready' && arg !== 'command') parts.push(String(args[arg]));
      }
      const key = parts.join('\0');
      const known = this.#numbers.get(key);
      if (known !== undefined) return known;
      this.#numbers.set(key, this.#numbers.size);
      return this.#numbers.size - 1;
    });
  }
}

interface Rows {
  readonly a: number[];
  readonly b: number[];
}

/** Puts events of one name beside each other that are alone, one after the other. */
function paired(
  rows: Rows,
  aEvents: readonly TraceRecord[],
  bEvents: readonly TraceRecord[],
): Rows {
  const out: Rows = { a: [], b: [] };
  const put = (a: number, b: number): void => {
    out.a.push(a);
    out.b.push(b);
  };
  for (let row = 0; row < rows.a.length; ) {
    const [a, b]: [number[], number[]] = [[], []];
    for (; row < rows.a.length && (rows.a[row]! < 0 || rows.b[row]! < 0); row++) {
      if (rows.a[row]! >= 0) a.push(rows.a[row]!);
      else b.push(rows.b[row]!);
    }
    let next = 0;
    for (const event of a) {
      const isPair = next < b.length && aEvents[event]!.name === bEvents[b[next]!]!.name;
      put(event, isPair ? b[next++]! : -1);
    }
    for (; next < b.length; next++) put(-1, b[next]!);
    if (row < rows.a.length) put(rows.a[row]!, rows.b[row++]!);
  }
  return out;
}
