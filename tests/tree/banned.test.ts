import { expect, it } from 'vitest';
import { sources } from './files.ts';

/** Around the Host: what replay would not see, and what does not run while the loop blocks. */
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

/** Files of tools that people run, and what they need it for. */
const ALLOWED: Readonly<Record<string, string>> = {
  'src/scenario/read.ts': 'reads the file that a person names, before there is a loop',
};

const files = sources('src');

function found(folders: readonly string[], patterns: readonly RegExp[]): string[] {
  return files
    .filter(({ path }) => folders.some((folder) => path.startsWith(`src/${folder}/`)))
    .flatMap(({ path, code }) => {
      const hits = patterns.filter((pattern) => pattern.test(code));
      return hits.map((pattern) => `${path}: ${pattern.source}`);
    });
}

it('nothing in aio, signal, mainloop and scenario goes around the Host', () => {
  expect(found(['aio', 'signal', 'mainloop', 'scenario'], AROUND_THE_HOST)).toEqual([]);
});

it('nor imports what does', () => {
  const wrong = files
    .filter(({ path }) => /^src\/(aio|signal|mainloop|scenario)\//.test(path))
    .filter(({ path }) => ALLOWED[path] === undefined)
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => NODE_MODULES.some((name) => from.startsWith(name)))
        .map(({ from }) => `${path}: ${from}`),
    );
  expect(wrong).toEqual([]);
});

it('the simulated host draws no number and reads no clock but its own', () => {
  expect(found(['host/sim', 'host/faults', 'host/lens'], NONDETERMINISM)).toEqual([]);
});

it('the words of the wake-up protocol are touched in one file, and a child before its execve in one', () => {
  const using = files.filter(({ code }) =>
    /\bWords\b|\bAtomics\b|\bSharedArrayBuffer\b/.test(code),
  );
  expect(using.map(({ path }) => path)).toEqual([
    'src/aio/wakeup.ts',
    'src/host/linux/clone-steps.ts',
  ]);
});
