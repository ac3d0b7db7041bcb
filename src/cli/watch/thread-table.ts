/** The threads of a run, as their trace events and the kernel tell them. */

import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { BOLD, CYAN, DIM, GREEN, paint, type Style, YELLOW } from '../text/style.ts';
import { formatDuration } from '../text/units.ts';

/** The kernel's word for a thread: the call in which it sleeps; null if it runs. */
export interface KernelWord {
  readonly call: string | null;
}

/** Something that a thread does, until the event that ends it. */
interface Doing {
  readonly kind: 'poll' | 'spin' | 'lock' | 'call';
  readonly text: string;
  readonly sinceNs: number;
}

interface State {
  readonly name: string;
  readonly doing: Doing[];
  lastNs: number;
}

/** The arguments that name a callback. */
const CALLS: ReadonlyMap<EventId, readonly [what: string, name: number]> = new Map<
  EventId,
  readonly [what: string, name: number]
>([
  [EV.fd_handler_begin, ['fd handler', 3]],
  [EV.aio_bh_call_begin, ['bottom half', 1]],
  [EV.timer_call_begin, ['timer', 0]],
  [EV.signal_handler_begin, ['signal handler', 1]],
]);
const ENDS: ReadonlyMap<EventId, Doing['kind']> = new Map<EventId, Doing['kind']>([
  [EV.poll_return, 'poll'],
  [EV.run_poll_handlers_end, 'spin'],
  [EV.bql_locked, 'lock'],
  [EV.fd_handler_end, 'call'],
  [EV.aio_bh_call_end, 'call'],
  [EV.timer_call_end, 'call'],
  [EV.signal_handler_end, 'call'],
]);

export class ThreadTable {
  /** By thread: the main one first. */
  readonly #states: State[];
  /** The numbers of threads in the machine, which the BQL's events have. */
  readonly #numbers = new Map<number, string>();
  /** The thread that has the BQL; '' if nobody is known to. */
  #holder: string;
  /** The thread that has the processor; '' if several may have one. */
  running = '';

  /** @param names of the threads, main first, which has the BQL at the start */
  constructor(names: readonly string[]) {
    this.#states = names.map((name) => ({ name, doing: [], lastNs: 0 }));
    this.#holder = names[0]!;
    this.#numbers.set(1, names[0]!);
  }

  get count(): number {
    return this.#states.length;
  }

  /** Columns for the longest name, within reason. */
  get nameWidth(): number {
    return Math.min(12, Math.max(...this.#states.map(({ name }) => name.length)));
  }

  take(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const state = this.#states.find(({ name }) => name === thread);
    if (state === undefined) return;
    state.lastNs = timeNs;
    this.#lock(thread, id, Number(args[0]));
    const ended = ENDS.get(id);
    if (ended !== undefined) {
      const at = state.doing.findLastIndex(({ kind }) => kind === ended);
      if (at >= 0) state.doing.splice(at);
      return;
    }
    const begun = this.#begun(id, args);
    if (begun !== null) state.doing.push({ ...begun, sinceNs: timeNs });
  }

  #lock(thread: string, id: EventId, number: number): void {
    if (id !== EV.bql_lock && id !== EV.bql_locked && id !== EV.bql_unlock) return;
    this.#numbers.set(number, thread);
    if (id === EV.bql_locked) this.#holder = thread;
    if (id === EV.bql_unlock && this.#holder === thread) this.#holder = '';
  }

  #begun(id: EventId, args: readonly TraceValue[]): Omit<Doing, 'sinceNs'> | null {
    const call = CALLS.get(id);
    if (call !== undefined) return { kind: 'call', text: `runs ${call[0]} ${args[call[1]]}` };
    switch (id) {
      case EV.poll_enter: {
        const ns = Number(args[2]);
        const limit = ns < 0 ? '' : `, ${formatDuration(ns)} at most`;
        return {
          kind: 'poll',
          text: ns === 0 ? `looks (${args[0]})` : `asleep in ${args[0]}${limit}`,
        };
      }
      case EV.run_poll_handlers_begin:
        return { kind: 'spin', text: 'polls its handlers' };
      case EV.bql_lock:
        return { kind: 'lock', text: 'waits for the BQL' };
      default:
        return null;
    }
  }

  /**
   * A row for each thread.
   * @param wordOf the kernel's word for a thread, by its name; null if it has none
   */
  rows(style: Style, nowNs: number, wordOf: (name: string) => KernelWord | null): string[] {
    return this.#states.map((state) => this.#row(state, style, nowNs, wordOf(state.name)));
  }

  #row(state: State, style: Style, nowNs: number, word: KernelWord | null): string {
    const { name, doing, lastNs } = state;
    const runs = name === this.running;
    const last = doing.at(-1);
    const { text, color } = this.#said(last, word, lastNs);
    const owns = name === this.#holder ? ', has the BQL' : '';
    const sinceNs = last?.sinceNs ?? lastNs;
    const since = lastNs === 0 ? '' : formatDuration(Math.max(0, nowNs - sinceNs)).replace(' ', '');
    const mark = runs ? '▸' : ' ';
    const who = name.slice(0, this.nameWidth).padEnd(this.nameWidth);
    const head = `${mark}${since.padStart(8)} ${paint(style, runs ? BOLD : '', who)}`;
    return `${head} ${paint(style, color, text)}${owns}`;
  }

  #said(
    last: Doing | undefined,
    word: KernelWord | null,
    lastNs: number,
  ): { text: string; color: string } {
    if (word === null) return lastNs === 0 ? said('not begun', DIM) : said('ended', DIM);
    const sleeps = word.call !== null && word.call !== 'compute';
    if (last === undefined) {
      if (word.call === 'compute') return said('computes', GREEN);
      return sleeps ? said(asleep(word.call), DIM) : said('runs', GREEN);
    }
    if (last.kind === 'lock') {
      const behind = this.#holder === '' ? '' : `, which ${this.#holder} has`;
      return said(`${last.text}${behind}`, YELLOW);
    }
    if (last.kind === 'call') {
      return said(sleeps ? `${last.text}, ${asleep(word.call)}` : last.text, GREEN);
    }
    return said(last.text, last.kind === 'spin' ? CYAN : DIM);
  }
}

/** A poll of no descriptors is how a scenario's thread lets time pass. */
function asleep(call: string | null): string {
  return call === 'poll' ? 'takes its time' : `asleep in ${call}`;
}

function said(text: string, color: string): { text: string; color: string } {
  return { text, color };
}

export const THREAD_HEADING = '    since thread';
