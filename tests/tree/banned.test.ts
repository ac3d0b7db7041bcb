import { expect, it } from 'vitest';
import { sources } from './files.ts';

/** Around the Host: what a replay would not see, and what does not run while the loop blocks. */
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

/** What stands above the Host, and reaches the kernel through it alone. */
const ABOVE_THE_HOST = ['aio', 'coroutine', 'signal', 'mainloop', 'scenario'];
/** What decides by its seed and its own clock. */
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

it('nor imports what does', () => {
  const wrong = below(ABOVE_THE_HOST).flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => NODE_MODULES.some((name) => from.startsWith(name)))
      .map(({ from }) => `${path}: ${from}`),
  );
  expect(wrong).toEqual([]);
});

it('the simulated host and the lenses draw no number and read no clock but their own', () => {
  expect(found(DETERMINISTIC, NONDETERMINISM)).toEqual([]);
});

it('memory that threads share is touched in one room, and a child before its execve in one file', () => {
  const using = files.filter(({ code }) => /\bAtomics\b|\bSharedArrayBuffer\b/.test(code));
  expect(using.map(({ path }) => path)).toEqual(['src/host/linux/clone-steps.ts']);
});

it('the words of the wake-up protocol are changed by Wakeup alone', () => {
  const using = files.filter(({ imports }) =>
    imports.some(({ from }) => from === 'src/aio/wake/words.ts'),
  );
  // The context makes them, and the list of bottom halves makes room in them.
  expect(using.map(({ path }) => path)).toEqual([
    'src/aio/aio-context.ts',
    'src/aio/bh-list.ts',
    'src/aio/wake/wakeup.ts',
  ]);
});
