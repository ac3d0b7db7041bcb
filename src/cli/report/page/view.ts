import { CATALOGUE, EV, type EventDef } from '../../../trace/catalogue.ts';
import { formatEvent } from '../../../trace/tracer.ts';
import { formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { threadName } from '../findings/names.ts';
import { KIND_NAMES } from '../findings/slow.ts';
import type { Model } from '../model.ts';
import { endOf } from '../story.ts';

/** The actions that the parts of the page use of each other. */
export interface View {
  readonly model: Model;
  /** Lights up an event or a death, with its causes and effects. */
  select(node: number): void;
  /** Selects a node, and shows this span of the timeline. */
  show(node: number, startNs: number, endNs: number): void;
}

/** The time since the trace began, to the µs. */
export function clock({ startNs }: Facts, timeNs: number): string {
  const ns = timeNs - startNs;
  if (ns < 1e6) return formatDuration(ns);
  return ns < 1e9 ? `${(ns / 1e6).toFixed(3)} ms` : `${(ns / 1e9).toFixed(6)} s`;
}

/** The arguments of an event, in the format of QEMU's log. */
export function eventText(model: Facts, event: number): string {
  const { name, args } = model.events[event]!;
  const def: EventDef = CATALOGUE[name];
  return formatEvent(
    EV[name],
    def.args.map(([arg]) => args[arg]),
  );
}

/** Titles of events of the BQL and of vCPUs that run alone, after the thread's name. */
const LOCK_TITLES: Readonly<Record<string, string>> = {
  bql_locked: 'has the BQL',
  bql_unlock: 'gives the BQL back',
  start_exclusive_wait: 'waits for another vCPU to leave its program',
  end_exclusive: 'runs alone no more',
  cpu_exec_end: 'leaves its program, as another vCPU wants',
};

/** The thread of an event, if there are several: ` in io0`. */
export function inThread({ threads, threadOf }: Facts, event: number): string {
  return threads.length === 1 ? '' : ` in ${threads[threadOf[event]!]!.name}`;
}

/** A short name for a node. */
export function nodeTitle(model: Facts, node: number): string {
  const event = model.events[node];
  if (event === undefined) {
    const child = model.children[node - model.events.length];
    return child === undefined ? '' : `death of ${child.name} (pid ${child.pid}): ${endOf(child)}`;
  }
  const slice = sliceBegunBy(model, node);
  if (slice !== null) {
    const kind = KIND_NAMES[slice.kind];
    const isWhole = slice.kind === 'iteration' || slice.kind === 'await';
    return kind === slice.name || isWhole ? slice.name : `${kind} ${slice.name}`;
  }
  const lock = LOCK_TITLES[event.name];
  if (lock !== undefined) return `${threadName(model, model.threadOf[node]!)} ${lock}`;
  const about = event.args.name;
  return about === undefined || about === '' ? event.name : `${event.name} ${about}`;
}

/** The slice that an event begins. */
export function sliceBegunBy({ slices, around }: Facts, event: number) {
  const slice = slices[around[event] ?? -1];
  return slice !== undefined && slice.begin === event ? slice : null;
}
