/** A trace packed into the page: one list of numbers, and one of texts. Its times begin at 0. */

import { CATALOGUE, type EventDef, type EventName, isText } from '../../trace/catalogue.ts';
import type { TraceRecord } from '../../trace/read.ts';
import type { ReportTrace } from './facts.ts';
import { findThreads } from './threads.ts';

export interface PackedTrace {
  /** Names of the events that occur. */
  readonly names: readonly string[];
  readonly texts: readonly string[];
  /** The threads whose events these are, main first. */
  readonly threads: readonly { readonly tid: number; readonly name: string }[];
  /**
   * For each event: the index of its name, ns since the event before it, the index of its thread
   * if there are several, and its arguments (for a text, its index).
   */
  readonly numbers: readonly number[];
  readonly dropped: number;
  readonly truncated: boolean;
}

/** The data that the page shows. */
export interface PageData {
  /** A name for the run, for people. */
  readonly title: string;
  readonly slowNs: number;
  readonly trace: PackedTrace;
}

/** The data of a page that compares two runs. */
export interface DiffData {
  readonly title: string;
  readonly exact: boolean;
  /** A, then B. */
  readonly sides: readonly { readonly title: string; readonly trace: PackedTrace }[];
}

const MAIN = { tid: 0, name: '' };

function argsOf(name: string): EventDef['args'] {
  return CATALOGUE[name as EventName].args;
}

export function packTrace({ events, dropped, truncated }: ReportTrace): PackedTrace {
  const names = new Places();
  const texts = new Places();
  const numbers: number[] = [];
  const { threads, threadOf } = findThreads(events);
  const several = threads.length > 1;
  const firstNs = events[0]?.timeNs ?? 0;
  // As the page will have it: a large step is rounded, and that must not shift all later times.
  let pageNs = 0;
  events.forEach(({ name, timeNs, args }, i) => {
    const sinceNs = timeNs - firstNs - pageNs;
    numbers.push(names.of(name), sinceNs);
    if (several) numbers.push(threadOf[i]!);
    pageNs += sinceNs;
    for (const [arg, type] of argsOf(name)) {
      const value = args[arg] ?? 0;
      numbers.push(isText(type) ? texts.of(String(value)) : Number(value));
    }
  });
  const whose = threads.map(({ tid, name }) => ({ tid, name }));
  return { names: names.list, texts: texts.list, threads: whose, numbers, dropped, truncated };
}

export function unpackTrace(packed: PackedTrace): ReportTrace {
  const { names, texts, threads, numbers, dropped, truncated } = packed;
  const events: TraceRecord[] = [];
  let timeNs = 0;
  for (let at = 0; at < numbers.length; ) {
    const name = names[numbers[at++]!] as EventName;
    timeNs += numbers[at++]!;
    const { tid, name: thread } = threads.length > 1 ? threads[numbers[at++]!]! : MAIN;
    const args: Record<string, number | string> = {};
    for (const [arg, type] of argsOf(name)) {
      const value = numbers[at++]!;
      args[arg] = isText(type) ? texts[value]! : value;
    }
    events.push(tid === 0 ? { name, timeNs, args } : { name, timeNs, args, tid, thread });
  }
  return { events, dropped, truncated };
}

class Places {
  readonly list: string[] = [];
  readonly #places = new Map<string, number>();

  of(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.list.push(text) - 1;
      this.#places.set(text, place);
    }
    return place;
  }
}
