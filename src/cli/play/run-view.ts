/** A recording with what the views ask of it: texts, phases, things that events mention. */

import { CATALOGUE, EV, EVENT_NAMES, type EventDef, type EventId } from '../../trace/catalogue.ts';
import type { TraceRecord } from '../../trace/read.ts';
import { formatEvent, type TraceValue } from '../../trace/tracer.ts';
import { fdName, type LiveText, liveText, type Names } from '../log/live-text.ts';
import type { Recording } from './protocol.ts';

/** Something that can be clicked, and that events mention. */
export interface Thing {
  readonly kind: 'fd' | 'bottom half' | 'timer' | 'child' | 'signal' | 'event';
  /** The value of the argument: a number, or a name. */
  readonly key: number | string;
  readonly label: string;
}

/** The width of a step. */
export const STEPS = ['event', 'call', 'phase', 'iteration'] as const;
export type Step = (typeof STEPS)[number];

const ITERATIONS: ReadonlySet<EventId> = new Set<EventId>([
  EV.main_loop_wait_begin,
  EV.aio_poll_begin,
]);
const BH_EVENTS = /bh/;
const TIMER_EVENTS = /^timer_/;

export class RunView {
  readonly recording: Recording;
  readonly #names: Names;
  /** Iteration and phase after each event. */
  readonly #iterations: Int32Array;
  readonly #phases: string[] = [];

  constructor(recording: Recording) {
    this.recording = recording;
    this.#iterations = new Int32Array(recording.ids.length);
    this.#names = this.#walk();
  }

  get length(): number {
    return this.recording.ids.length;
  }

  id(event: number): EventId {
    return this.recording.ids[event] as EventId;
  }

  args(event: number): readonly TraceValue[] {
    return this.recording.args[event] ?? [];
  }

  /** The thread of an event; '' if there is only one. */
  thread(event: number): string {
    const { threads, threadOf } = this.recording;
    return threads.length === 1 ? '' : threads[threadOf[event]!]!;
  }

  name(event: number): string {
    return EVENT_NAMES[this.id(event)]!;
  }

  iteration(event: number): number {
    return this.#iterations[event] ?? 0;
  }

  phase(event: number): string {
    return this.#phases[event] ?? '';
  }

  /** The line of the live log. */
  text(event: number): LiveText {
    return liveText(this.id(event), this.args(event), this.#names);
  }

  /** All of the event as QEMU's log would have it, for a search. */
  searched(event: number): string {
    const { func, text } = this.text(event);
    const line = formatEvent(this.id(event), this.args(event));
    return `${this.name(event)} ${func} ${text} ${line}`.toLowerCase();
  }

  /** Whether a step of this width ends at the event. */
  ends(step: Step, event: number): boolean {
    if (step === 'event') return true;
    const id = this.id(event);
    if (ITERATIONS.has(id)) return true;
    if (step === 'iteration') return false;
    if (id === EV.main_loop_phase) return true;
    if (step === 'phase') return false;
    return id === EV.poll_enter || this.name(event).endsWith('_begin');
  }

  /** The next event at which such a step ends, forth (1) or back (-1); the last or first if none. */
  next(step: Step, from: number, by: 1 | -1): number {
    let at = from + by;
    while (at > 0 && at < this.length - 1 && !this.ends(step, at)) at += by;
    return Math.max(0, Math.min(this.length - 1, at));
  }

  mentions(event: number, { kind, key }: Thing): boolean {
    const name = this.name(event);
    if (kind === 'event') return name === key;
    const { args: defs }: EventDef = CATALOGUE[name as keyof typeof CATALOGUE];
    const args = this.args(event);
    return defs.some(([arg], i) => {
      const value = args[i];
      if (kind === 'fd') {
        const isReady = arg === 'ready' && String(value).split(' ').includes(String(key));
        return isReady || (arg === 'fd' && value === key);
      }
      if (kind === 'child') return arg === 'pid' && value === key;
      if (kind === 'signal') return arg === 'signo' && value === key;
      const isOfKind = kind === 'timer' ? TIMER_EVENTS.test(name) : BH_EVENTS.test(name);
      return isOfKind && arg === 'name' && value === key;
    });
  }

  /** The things that an event is about. */
  thingsOf(event: number): Thing[] {
    const things: Thing[] = [];
    const name = this.name(event);
    const { args: defs }: EventDef = CATALOGUE[name as keyof typeof CATALOGUE];
    const args = this.args(event);
    defs.forEach(([arg], i) => {
      const value = args[i] as number | string;
      if (arg === 'fd') things.push({ kind: 'fd', key: value, label: `fd ${value}` });
      if (arg === 'pid') things.push({ kind: 'child', key: value, label: `pid ${value}` });
      if (arg === 'signo') things.push({ kind: 'signal', key: value, label: `signal ${value}` });
      if (arg === 'name' && TIMER_EVENTS.test(name))
        things.push({ kind: 'timer', key: value, label: `timer ${value}` });
      if (arg === 'name' && BH_EVENTS.test(name))
        things.push({ kind: 'bottom half', key: value, label: `bottom half ${value}` });
    });
    return [...things, { kind: 'event', key: name, label: name }];
  }

  /** The events as the report's analysis takes them. */
  records(): TraceRecord[] {
    const { threads, threadOf } = this.recording;
    return Array.from({ length: this.length }, (_, i) => {
      const name = EVENT_NAMES[this.id(i)]!;
      const { args: defs }: EventDef = CATALOGUE[name];
      const args: Record<string, number | string> = {};
      defs.forEach(([arg], k) => {
        args[arg] = this.args(i)[k] ?? 0;
      });
      const event = { name, timeNs: this.recording.times[i]!, args };
      const tid = threadOf[i]!;
      return tid === 0 ? event : { ...event, tid, thread: threads[tid]! };
    });
  }

  #walk(): Names {
    const fds = new Map<number, string>();
    const coroutines = new Map<number, string>();
    let [iteration, phase] = [0, ''];
    for (let i = 0; i < this.length; i++) {
      const [id, args] = [this.id(i), this.args(i)];
      const isMain = this.recording.threadOf[i] === 0;
      if (id === EV.aio_set_fd_handler && args[2] !== 0)
        fds.set(Number(args[1]), fdName(String(args[3])));
      if (id === EV.coroutine_create) coroutines.set(Number(args[0]), String(args[1]));
      if (isMain && ITERATIONS.has(id)) {
        iteration++;
        phase = 'prepare';
      }
      if (id === EV.main_loop_phase) phase = String(args[0]);
      if (isMain && id === EV.aio_bh_poll && phase !== 'dispatch' && phase !== '')
        phase = 'dispatch';
      if (isMain && id === EV.poll_enter) phase = 'poll';
      if (id === EV.main_loop_wait_end || (isMain && id === EV.aio_poll_end)) phase = '';
      this.#iterations[i] = iteration;
      this.#phases.push(phase);
    }
    return { fds, coroutines };
  }
}
