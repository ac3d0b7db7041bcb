/** A recording with what the views ask of it: texts, phases, things that events mention. */

import {
  CATALOGUE,
  EV,
  EVENT_NAMES,
  type EventDef,
  type EventId,
  type EventName,
} from '../../trace/catalogue.ts';
import type { TraceRecord } from '../../trace/read.ts';
import { formatEvent, type TraceValue } from '../../trace/tracer.ts';
import { fdName, type LiveText, liveText, type Names } from '../log/live-text.ts';
import { beginsIteration, Phases } from '../report/phases.ts';
import { mentions, type Thing, thingsOf } from '../report/things.ts';
import type { Recording } from './protocol.ts';

/** The width of a step. */
export const STEPS = ['event', 'call', 'phase', 'iteration'] as const;
export type Step = (typeof STEPS)[number];

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

  name(event: number): EventName {
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
    if (beginsIteration(this.name(event))) return true;
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

  mentions(event: number, thing: Thing): boolean {
    const args = this.args(event);
    return mentions(this.name(event), (place) => args[place], thing);
  }

  /** The things that an event is about. */
  thingsOf(event: number): Thing[] {
    const args = this.args(event);
    return thingsOf(this.name(event), (place) => args[place]);
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
    const phases = new Phases();
    for (let i = 0; i < this.length; i++) {
      const [id, args] = [this.id(i), this.args(i)];
      const isMain = this.recording.threadOf[i] === 0;
      if (id === EV.aio_set_fd_handler && args[2] !== 0)
        fds.set(Number(args[1]), fdName(String(args[3])));
      if (id === EV.coroutine_create) coroutines.set(Number(args[0]), String(args[1]));
      phases.next(this.name(i), isMain, args[0]);
      this.#iterations[i] = phases.iteration;
      this.#phases.push(phases.phase);
    }
    return { fds, coroutines };
  }
}
