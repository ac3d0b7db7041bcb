/** The threads of a run, as their trace events and the kernel tell them. */

import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { BOLD, CYAN, DIM, GREEN, paint, type Style, YELLOW } from '../text/style.ts';
import { formatDuration } from '../text/units.ts';

/** The kernel's word for a thread: the call in which it sleeps; null if it runs. */
export interface KernelWord {
  readonly call: string | null;
  /** The action of a scenario in which it sleeps; null for none. */
  readonly action: string | null;
}

/** Something that a thread does, until the event that ends it. */
interface Doing {
  readonly kind: 'poll' | 'spin' | 'lock' | 'await' | 'call';
  /** The call of a poll; what else it does. */
  readonly text: string;
  /** How long a poll may sleep: 0 not at all, below 0 without limit; 0 for all else. */
  readonly limitNs: number;
  readonly sinceNs: number;
}

/** A thread at one moment. */
export interface ThreadState {
  readonly name: string;
  /** The time of its last event; 0 if it has had none. */
  readonly lastNs: number;
  /** Null if the kernel knows no such thread. */
  readonly word: KernelWord | null;
  readonly last: Doing | null;
}

/** All threads at one moment. */
export interface ThreadsMoment {
  /** The thread that has the BQL; '' if nobody is known to. */
  readonly holder: string;
  /** The thread that has the processor; '' if several may have one. */
  readonly running: string;
  readonly states: readonly ThreadState[];
}

interface State {
  readonly name: string;
  readonly doing: Doing[];
  /** The vCPUs whose programs it waits for. */
  readonly awaited: Set<string>;
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
  [EV.start_exclusive_end, 'await'],
  [EV.cpu_exec_start_end, 'await'],
  [EV.fd_handler_end, 'call'],
  [EV.aio_bh_call_end, 'call'],
  [EV.timer_call_end, 'call'],
  [EV.signal_handler_end, 'call'],
]);

export class ThreadTable {
  /** By thread: the main one first. */
  readonly #states: State[];
  /** The threads by their numbers in the machine, which events have. */
  readonly numbers = new Map<number, string>();
  /** The thread that has the BQL; '' if nobody is known to. */
  #holder: string;
  /** The thread that has the processor; '' if several may have one. */
  running = '';

  /** @param names of the threads, main first, which has the BQL at the start */
  constructor(names: readonly string[]) {
    this.#states = names.map((name) => ({ name, doing: [], awaited: new Set(), lastNs: 0 }));
    this.#holder = names[0]!;
    this.numbers.set(1, names[0]!);
  }

  /** The thread that has the BQL; '' if nobody is known to. */
  get holder(): string {
    return this.#holder;
  }

  /** The threads, the main one first. */
  get states(): Omit<ThreadState, 'word'>[] {
    return this.#states.map(({ name, lastNs, doing, awaited }) => ({
      name,
      lastNs,
      last: whomToo(doing.at(-1) ?? null, awaited),
    }));
  }

  take(thread: string, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const state = this.#states.find(({ name }) => name === thread);
    if (state === undefined) return;
    state.lastNs = timeNs;
    this.#lock(thread, id, Number(args[0]));
    this.#programs(state, id, args);
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
    this.numbers.set(number, thread);
    if (id === EV.bql_locked) this.#holder = thread;
    if (id === EV.bql_unlock && this.#holder === thread) this.#holder = '';
  }

  #behind(owner: TraceValue | undefined, alone: string): string {
    return Number(owner) === 0 ? alone : `waits for ${this.#nameOf(owner)}, which runs alone`;
  }

  /** vCPUs that one waits for which is to run alone, until they have left their programs. */
  #programs(state: State, id: EventId, args: readonly TraceValue[]): void {
    const other = (): string => this.#nameOf(args[1]);
    if (id === EV.start_exclusive_wait) state.awaited.add(other());
    else if (id === EV.start_exclusive_end) state.awaited.clear();
    else if (id === EV.cpu_exec_end) {
      this.#states.find(({ name }) => name === other())?.awaited.delete(state.name);
    }
  }

  #nameOf(number: TraceValue | undefined): string {
    return this.numbers.get(Number(number)) ?? `thread ${number}`;
  }

  #begun(id: EventId, args: readonly TraceValue[]): Omit<Doing, 'sinceNs'> | null {
    const call = CALLS.get(id);
    if (call !== undefined)
      return { kind: 'call', text: `runs ${call[0]} ${args[call[1]]}`, limitNs: 0 };
    switch (id) {
      case EV.poll_enter:
        return { kind: 'poll', text: String(args[0]), limitNs: Number(args[2]) };
      case EV.run_poll_handlers_begin:
        return { kind: 'spin', text: 'polls its handlers', limitNs: 0 };
      case EV.bql_lock:
        return { kind: 'lock', text: 'waits for the BQL', limitNs: 0 };
      case EV.start_exclusive_begin:
        return { kind: 'await', text: this.#behind(args[1], 'is to run alone'), limitNs: 0 };
      case EV.cpu_exec_start_begin:
        return { kind: 'await', text: this.#behind(args[1], 'waits to begin'), limitNs: 0 };
      default:
        return null;
    }
  }
}

/** Adds the programs that are still to be left, if it waits for that. */
function whomToo(last: Doing | null, awaited: ReadonlySet<string>): Doing | null {
  if (last?.kind !== 'await' || awaited.size === 0) return last;
  const whose = awaited.size === 1 ? 'its program' : 'their programs';
  return { ...last, text: `waits for ${[...awaited].join(' and ')} to leave ${whose}` };
}

/** Columns for the longest name, within reason; 0 without threads. */
export function nameWidth(threads: ThreadsMoment | null): number {
  if (threads === null) return 0;
  return Math.min(12, Math.max(...threads.states.map(({ name }) => name.length)));
}

/** A row for each thread. */
export function threadRows(threads: ThreadsMoment | null, style: Style, nowNs: number): string[] {
  if (threads === null) return [];
  return threads.states.map((state) => threadRow(state, threads, style, nowNs));
}

function threadRow(
  state: ThreadState,
  threads: ThreadsMoment,
  style: Style,
  nowNs: number,
): string {
  const { name, last, lastNs } = state;
  const runs = name === threads.running;
  const narrow = style.width < NARROW;
  const { text, color } = said(state, threads.holder, narrow);
  const owns = name !== threads.holder ? '' : narrow ? ', has BQL' : ', has the BQL';
  const sinceNs = last?.sinceNs ?? lastNs;
  const since = lastNs === 0 ? '' : formatDuration(Math.max(0, nowNs - sinceNs)).replace(' ', '');
  const mark = runs ? '▸' : ' ';
  const width = nameWidth(threads);
  const who = name.slice(0, width).padEnd(width);
  const head = `${mark}${since.padStart(8)} ${paint(style, runs ? BOLD : '', who)}`;
  return `${head} ${paint(style, color, text)}${owns}`;
}

interface Said {
  readonly text: string;
  readonly color: string;
}

/** On narrower terminals the thread that another one waits for comes first. */
const NARROW = 60;

function said({ last, lastNs, word }: ThreadState, holder: string, narrow: boolean): Said {
  if (word === null) return { text: lastNs === 0 ? 'not begun' : 'ended', color: DIM };
  const sleeps = word.call !== null && word.call !== 'compute';
  if (last === null) {
    if (word.call === 'compute') return { text: 'computes', color: GREEN };
    return sleeps ? { text: asleep(word), color: DIM } : { text: 'runs', color: GREEN };
  }
  switch (last.kind) {
    case 'lock': {
      if (holder === '') return { text: last.text, color: YELLOW };
      const text = narrow ? `waits for ${holder}'s BQL` : `${last.text}, which ${holder} has`;
      return { text, color: YELLOW };
    }
    case 'call':
      return { text: sleeps ? `${last.text}, ${asleep(word)}` : last.text, color: GREEN };
    case 'await':
      return { text: last.text, color: YELLOW };
    case 'spin':
      return { text: last.text, color: CYAN };
    default:
      return { text: pollText(last), color: DIM };
  }
}

function pollText({ text, limitNs }: Doing): string {
  if (limitNs === 0) return `looks (${text})`;
  return `asleep in ${text}${limitNs < 0 ? '' : `, ${formatDuration(limitNs)} at most`}`;
}

/** A poll of no descriptors is how a scenario's thread lets time pass. */
function asleep({ call, action }: KernelWord): string {
  if (action !== null) return `in ${action}`;
  return call === 'poll' ? 'takes its time' : `asleep in ${call}`;
}

export const THREAD_HEADING = '    since thread';
