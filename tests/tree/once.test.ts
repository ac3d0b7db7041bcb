import { expect, it } from 'vitest';
import { sources } from './files.ts';

/** Things that have one place, found by how their code looks. */
const PLACES: readonly (readonly [what: string, pattern: RegExp, place: string])[] = [
  [
    'flags of a bottom half',
    /\bconst BH_(?:PENDING|SCHEDULED|DELETED|ONESHOT|IDLE)\b/,
    'src/trace/bh-flags.ts',
  ],
  ['the parser of /proc/PID/stat', /lastIndexOf\('\)'\)/, 'src/host/proc.ts'],
  [
    'a Disposable that does nothing',
    /\bDisposable = \{ dispose(?:\(\)|: \(\) =>) \{\} \}/,
    'src/host/held-list.ts',
  ],
];

it.each(PLACES)('%s: one copy', (_, pattern, place) => {
  const found = sources('src').filter(({ text }) => pattern.test(text));
  expect(found.map(({ path }) => path)).toEqual([place]);
});
