import type { Lane } from '../lane.ts';
import { askMate } from './remotes.ts';

/** A context of any thread, by what actions do to it. */
export interface SomeContext {
  notify(): void;
  disableExternal(): void;
  enableExternal(): void;
  setPollParams(maxNs: number, grow: number, shrink: number): void;
}

/** A context by its name, in whichever thread it is. */
export function contextOf(lane: Lane, name: string): SomeContext {
  const own = lane.contexts.get(name);
  if (own !== undefined) return own;
  const { crew } = lane.machine;
  if (crew === null) throw new Error(`thread ${lane.name} has no context '${name}'`);
  const mate = crew.mate(name);
  const call = { object: -1, a: 0, b: 0, c: 0 };
  return {
    notify: () => mate.context.notify(),
    disableExternal: () => mate.context.disableExternal(),
    enableExternal: () => mate.context.enableExternal(),
    setPollParams: (a, b, c) => askMate(mate, { ...call, name: 'poll_params', a, b, c }),
  };
}
