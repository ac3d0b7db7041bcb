/** The timeline of a scenario, as the driver's outside world does it. */

import type { Action, TimelineEntry } from '../model.ts';

export interface OutsideEntry {
  /** Since the start, ns. */
  readonly at: number;
  readonly actions: readonly Action[];
}

/** The actions after a `wait_for` are an entry of their own; those of one time keep their order. */
export function outsideEntries(timeline: readonly TimelineEntry[]): OutsideEntry[] {
  const entries = timeline.flatMap(({ timeNs, do: actions }) => {
    const parts: { at: number; actions: Action[] }[] = [{ at: timeNs, actions: [] }];
    for (const action of actions) {
      const last = parts.at(-1)!;
      if (action.op === 'wait_for') parts.push({ at: last.at + action.ns, actions: [] });
      else last.actions.push(action);
    }
    return parts.filter((part) => part.actions.length > 0);
  });
  return entries.sort((a, b) => a.at - b.at);
}
