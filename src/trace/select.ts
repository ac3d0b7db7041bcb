import { checkArray, checkString } from '../host/arguments.ts';
import { EVENT_NAMES, type EventName } from './catalogue.ts';
import { matchesGlob } from './glob.ts';

export interface Selection {
  readonly names: readonly EventName[];
  /** Patterns that match no event. */
  readonly unmatched: readonly string[];
}

/**
 * The events that patterns choose, in order of the catalogue. `GLOB` adds and `-GLOB` removes; the
 * last pattern that matches an event decides. A list that begins with `-GLOB`, or is empty, begins
 * with all events.
 */
export function selectEvents(patterns: readonly string[]): Selection {
  checkArray(patterns, 'selectEvents: the patterns', 'an array of strings');
  for (const pattern of patterns) checkString(pattern, 'selectEvents: a pattern');
  const all = patterns[0]?.startsWith('-') ?? true;
  const chosen = new Set<EventName>(all ? EVENT_NAMES : []);
  const unmatched: string[] = [];
  for (const pattern of patterns) {
    const removes = pattern.startsWith('-');
    const glob = removes ? pattern.slice(1) : pattern;
    const names = EVENT_NAMES.filter((name) => matchesGlob(glob, name));
    if (names.length === 0) unmatched.push(glob);
    for (const name of names) {
      if (removes) chosen.delete(name);
      else chosen.add(name);
    }
  }
  return { names: EVENT_NAMES.filter((name) => chosen.has(name)), unmatched };
}
