/**
 * The marks of a session that is recorded: its state between two iterations, so that a record in
 * memory can leave out what has changed nothing, such as the output of many days.
 */

import type { AioContext } from '../../aio/aio-context.ts';
import type { Host } from '../../host/host.ts';
import { marksOf } from '../../host/record/marks.ts';
import type { PollCounts } from '../log/chain.ts';
import type { Summary } from '../log/summary.ts';
import type { Outputs } from '../output/outputs.ts';
import type { SessionParts } from './session-parts.ts';

export interface MarkedParts extends SessionParts {
  readonly outputs: Outputs;
  readonly summary: Summary;
  readonly counts: PollCounts;
  readonly logState: () => readonly unknown[];
}

/** Makes the function that sets a mark if one is wanted. Call it between two iterations. */
export function sessionMarks(host: Host, parts: MarkedParts): () => void {
  const marks = marksOf(host);
  if (marks === null) return () => {};
  return () => {
    if (!marks.wantsMark) return;
    const state = stateOf(parts);
    if (state === null) return;
    parts.loop.forgetLooks();
    takeCounts(parts, marks.mark(state, countsOf(parts)));
  };
}

/** All that decides what the session does next; null while something is under way. */
function stateOf(parts: MarkedParts): string | null {
  const { loop, signals, supervisor, prefixer, outputs, summary, logState } = parts;
  const contexts = [loop.context, loop.iohandler];
  const isIdle = contexts.every(({ bottomHalves }) =>
    [...bottomHalves.entries()].every(({ flags }) => flags === 0),
  );
  if (!isIdle || prefixer?.isMidLine || outputs.waiting) return null;
  const timers = [...contexts, loop].flatMap(({ timers: { lists } }) =>
    lists.flatMap((list) => [...list].map(({ name, deadlineNs }) => [name, deadlineNs])),
  );
  const streams = prefixer?.open ?? 0;
  const { watched } = loop;
  return JSON.stringify([
    contexts.map(contextState),
    [timers, watched, signals.sigfd],
    [supervisor.state, summary.children],
    [streams, outputs.state, logState()],
  ]);
}

function contextState({ handlers, sleeper, wakeup }: AioContext): unknown[] {
  const fds = [...handlers.values()].map(({ fd, events, name }) => [fd, events, name]);
  return [fds, sleeper.kept, sleeper.isQuiet, wakeup.notifyMe];
}

/** The counts of the summary, and the times of the last polls. */
function countsOf({ loop, signals, watch, summary, counts }: MarkedParts): number[] {
  const { enterNs, returnNs, previousReturnNs } = loop.pollTimes;
  const { records, dropped, shortReads } = signals.counts;
  return [
    loop.iterations,
    enterNs,
    returnNs,
    previousReturnNs,
    counts.polls,
    counts.wakeups,
    watch.sigchlds,
    watch.reaped,
    records,
    dropped,
    shortReads,
    summary.orphans,
    ...summary.latencies.counts(),
  ];
}

function takeCounts(parts: MarkedParts, taken: readonly number[]): void {
  const { loop, signals, watch, summary, counts } = parts;
  const [iterations, enterNs, returnNs, previousReturnNs, polls, wakeups, ...others] = taken;
  const [sigchlds, reaped, records, dropped, shortReads, orphans, ...latencies] = others;
  if (iterations === loop.iterations) return;
  loop.iterations = iterations!;
  Object.assign(loop.pollTimes, { enterNs, returnNs, previousReturnNs });
  Object.assign(counts, { polls, wakeups });
  Object.assign(watch, { sigchlds, reaped });
  Object.assign(signals.counts, { records, dropped, shortReads });
  summary.orphans = orphans!;
  summary.latencies.set(latencies);
}
