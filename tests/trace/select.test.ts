import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { parsePatterns } from '../../src/trace/events-file.ts';
import { matchesGlob } from '../../src/trace/glob.ts';
import { selectEvents } from '../../src/trace/select.ts';

/** The definition, letter by letter. */
function matches(pattern: string, name: string): boolean {
  if (pattern === '') return name === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*')
    return matches(rest, name) || (name !== '' && matches(pattern, name.slice(1)));
  return (
    name !== '' && (pattern[0] === '?' || pattern[0] === name[0]) && matches(rest, name.slice(1))
  );
}

describe('globs', () => {
  it('* and ? are wildcards, all other characters stand for themselves', () => {
    const letters = (more: string[]) =>
      fc
        .array(fc.constantFrom('a', 'b', '.', '[', '\\', '$', ...more), { maxLength: 6 })
        .map((l) => l.join(''));
    fc.assert(
      fc.property(letters(['*', '?']), letters([]), (pattern, name) => {
        expect(matchesGlob(pattern, name)).toBe(matches(pattern, name));
      }),
    );
  });
});

describe('the selection of events', () => {
  it('selects all events by default', () => {
    expect(selectEvents([])).toEqual({ names: EVENT_NAMES, unmatched: [] });
  });

  it('GLOB adds and -GLOB takes out, in order', () => {
    const { names } = selectEvents(['poll_*', '-poll_r*', 'poll_return']);
    expect(names).toEqual(['poll_shrink', 'poll_grow', 'poll_add', 'poll_enter', 'poll_return']);
  });

  it('a list that begins with -GLOB starts with all events', () => {
    const { names } = selectEvents(['-*', 'timer_del']);
    expect(names).toEqual(['timer_del']);
    expect(selectEvents(['-poll_*']).names).toEqual(
      EVENT_NAMES.filter((n) => !n.startsWith('poll_')),
    );
  });

  it('reports patterns that match no event', () => {
    expect(selectEvents(['aoi_*', '-tmier_del', 'timer_del']).unmatched).toEqual([
      'aoi_*',
      'tmier_del',
    ]);
  });
});

describe('a file of events to trace', () => {
  it('has one pattern per line; # begins a comment, empty lines are skipped', () => {
    expect(
      parsePatterns('# the chain\n\n signalfd_* \r\n-signalfd_read\n#timer_del\nchild_reap'),
    ).toEqual(['signalfd_*', '-signalfd_read', 'child_reap']);
  });
});
