import { expect, it } from 'vitest';
import { sources } from './files.ts';

/** Ways around the Host: a replay would not see them, or they do not run while the loop blocks. */
const AROUND_THE_HOST: readonly RegExp[] = [
  /\bprocess\.(hrtime|kill|on|once|nextTick|stdout|stderr|stdin)\b/,
  /\bperformance\.now\b/,
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bset(Timeout|Immediate|Interval)\b/,
  /\bqueueMicrotask\b/,
  /\bconsole\./,
];
const NODE_MODULES = ['node:fs', 'node:child_process', 'node:timers', 'node:perf_hooks'];
const NONDETERMINISM: readonly RegExp[] = [/\bMath\.random\b/, /\bDate\b/, /\bperformance\b/];

/** Layers above the Host, which reach the kernel only through it. */
const ABOVE_THE_HOST = [
  'aio',
  'coroutine',
  'signal',
  'mainloop',
  'thread',
  'explore',
  'io',
  'scenario',
];
/** Code that decides only by its seed and its own clock. */
const DETERMINISTIC = ['host/sim', 'host/lenses'];

const files = sources('src');

/** The files below folders of src. @throws Error if one of the folders has none */
function below(folders: readonly string[]) {
  return folders.flatMap((folder) => {
    const found = files.filter(({ path }) => path.startsWith(`src/${folder}/`));
    if (found.length === 0) throw new Error(`src/${folder}/ has no files: is it still there?`);
    return found;
  });
}

function found(folders: readonly string[], patterns: readonly RegExp[]): string[] {
  return below(folders).flatMap(({ path, code }) => {
    const hits = patterns.filter((pattern) => pattern.test(code));
    return hits.map((pattern) => `${path}: ${pattern.source}`);
  });
}

it('nothing above the Host goes around it', () => {
  expect(found(ABOVE_THE_HOST, AROUND_THE_HOST)).toEqual([]);
});

it('nothing above the Host imports a module that goes around it', () => {
  const wrong = below(ABOVE_THE_HOST).flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => NODE_MODULES.some((name) => from.startsWith(name)))
      .map(({ from }) => `${path}: ${from}`),
  );
  expect(wrong).toEqual([]);
});

it('the simulated host and the lenses use only their own random numbers and clock', () => {
  expect(found(DETERMINISTIC, NONDETERMINISM)).toEqual([]);
});

/** Memory that threads share: the words of the wake-up protocol, of locks, and what the hosts need. */
const SHARED = [
  'src/aio/aio-context.ts',
  'src/aio/entries.ts',
  'src/aio/entry-names.ts',
  'src/aio/handles.ts',
  'src/aio/shared-bhs.ts',
  'src/aio/wake/',
  'src/explore/',
  'src/host/',
  'src/scenario/run/threads/',
  'src/thread/',
  'src/trace/trace-memory.ts',
];

it('memory that threads share is touched in few places', () => {
  const using = files.filter(({ code }) => /\bAtomics\b|\bSharedArrayBuffer\b/.test(code));
  const others = using.filter(({ path }) => !SHARED.some((place) => path.startsWith(place)));
  expect(others.map(({ path }) => path)).toEqual([]);
  // Every place still touches it.
  expect(SHARED.filter((place) => !using.some(({ path }) => path.startsWith(place)))).toEqual([]);
});

it('a thread sleeps through its host, so that a simulated kernel decides who goes on', () => {
  const using = files.filter(({ code }) => /\bAtomics\.(wait|waitAsync|notify)\b/.test(code));
  const others = using.filter(({ path }) => !path.startsWith('src/host/'));
  expect(others.map(({ path }) => path)).toEqual([]);
});

it('the words of the wake-up protocol are changed by Wakeup and Inbox alone', () => {
  const using = files.filter(({ imports }) =>
    imports.some(({ from }) => from === 'src/aio/wake/words.ts'),
  );
  // The context makes them, and the list of bottom halves makes room in them.
  expect(using.map(({ path }) => path)).toEqual([
    'src/aio/aio-context.ts',
    'src/aio/bh-owner.ts',
    'src/aio/wake/inbox.ts',
    'src/aio/wake/shared-words.ts',
    'src/aio/wake/wakeup.ts',
    'src/explore/explored-words.ts',
  ]);
});
