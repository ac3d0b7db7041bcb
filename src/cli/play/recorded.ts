/** A run that was recorded by the command: a story of several threads, which a page cannot run. */

import { CATALOGUE, EV, type EventDef } from '../../trace/catalogue.ts';
import { type PackedTrace, unpackTrace } from '../report/pack.ts';
import { findThreads } from '../report/threads.ts';
import type { Recording } from './protocol.ts';

/** A scenario with the trace of its run. */
export interface RecordedStory {
  readonly path: string;
  readonly text: string;
  /** The scenario's name. */
  readonly name: string;
  readonly trace: PackedTrace;
}

const RECORDED =
  'a run with several threads was recorded by the command, since a page has no shared memory. Save the file to change it, and `qemu-loop run FILE`.';

/** The recording of such a story, as the engine would give it, without an order log. */
export function recordingOf({ name, trace }: RecordedStory): Recording {
  const { events } = unpackTrace(trace);
  const { threads, threadOf } = findThreads(events);
  const startNs = events[0]?.timeNs ?? 0;
  return {
    name,
    about: '',
    drive: 'main_loop',
    seed: 0,
    ids: Uint16Array.from(events, (event) => EV[event.name]),
    times: Float64Array.from(events, ({ timeNs }) => timeNs - startNs),
    args: events.map((event) => {
      const { args }: EventDef = CATALOGUE[event.name];
      return args.map(([arg]) => event.args[arg]);
    }),
    threads: threads.map((thread) => thread.name),
    threadOf,
    entries: [],
    status: 0,
    failures: [],
    notes: [RECORDED],
    iterations: events.filter((event) => event.name === 'main_loop_wait_end').length,
    elapsedNs: (events.at(-1)?.timeNs ?? startNs) - startNs,
  };
}
