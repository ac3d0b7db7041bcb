/** Whether two events of two runs say the same, although pids, object numbers and times differ. */

import { CATALOGUE, type EventDef } from '../../../trace/catalogue.ts';
import type { TraceRecord } from '../../../trace/read.ts';

/** Arguments that differ in each run on the real kernel: times, and the number of the iteration. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  'iteration',
  'max_ns',
  'expire_time',
  'now',
  'utime',
  'stime',
  'latency',
  'bound',
]);
/** Events all of whose numbers are times. */
const TIMED_EVENTS: ReadonlySet<string> = new Set(['poll_shrink', 'poll_grow']);
/** Arguments with ids that the kernel gives out. */
const KERNEL_IDS: ReadonlyMap<string, string> = new Map([
  ['pid', 'process'],
  ['self', 'thread'],
  ['owner', 'thread'],
]);
/** Numbers of objects; all others are those of coroutines. */
const OBJECTS: ReadonlySet<string> = new Set(['bh', 'node', 'mutex']);

/**
 * Compares the events of a run with those of another, in their order. An id of one run stands for the
 * id of the other that it met first.
 */
export class SameEvent {
  readonly #exact: boolean;
  readonly #pairs = new Map<string, number>();

  /** @param exact whether ids, and times since the start, have to be equal too */
  constructor(exact: boolean) {
    this.#exact = exact;
  }

  /** @param aNs time since the start of its run, ns; of the other, bNs */
  test(a: TraceRecord, aNs: number, b: TraceRecord, bNs: number): boolean {
    if (a.name !== b.name) return false;
    if (this.#exact && aNs !== bNs) return false;
    const { args }: EventDef = CATALOGUE[a.name];
    let same = true;
    for (const [arg, type] of args) {
      const [one, other] = [a.args[arg]!, b.args[arg]!];
      if (!this.#agree(a.name, arg, type, one, other)) same = false;
    }
    return same;
  }

  #agree(
    event: string,
    arg: string,
    type: string,
    a: number | string,
    b: number | string,
  ): boolean {
    if (this.#exact || typeof a === 'string' || typeof b === 'string') return a === b;
    if (INCIDENTAL.has(arg) || (TIMED_EVENTS.has(event) && type === 'int64')) return true;
    // Whether it sleeps, and for ever, is the same in each run; how long is not.
    if (arg === 'timeout') return Math.sign(a) === Math.sign(b);
    const kind = type === 'ptr' ? (OBJECTS.has(arg) ? arg : 'coroutine') : KERNEL_IDS.get(arg);
    return kind === undefined ? a === b : this.#areSameId(kind, a, b);
  }

  #areSameId(kind: string, a: number, b: number): boolean {
    if (a === 0 || b === 0) return a === b;
    const there = `${kind} a ${a}`;
    const here = `${kind} b ${b}`;
    const [mate, matesMate] = [this.#pairs.get(there), this.#pairs.get(here)];
    if (mate === undefined && matesMate === undefined) {
      this.#pairs.set(there, b);
      this.#pairs.set(here, a);
    }
    return (mate ?? b) === b && (matesMate ?? a) === a;
  }
}
