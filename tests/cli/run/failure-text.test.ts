import { expect, it } from 'vitest';
import { failureLines } from '../../../src/cli/run/reporters/failure-text.ts';
import type { Failure } from '../../../src/scenario/run/judge.ts';
import { NOTHING_RAN } from '../../../src/scenario/run/not-run.ts';

function linesFor(failure: Failure): string[] {
  const common = { ...NOTHING_RAN, file: 'f', name: 'f', host: 'sim' as const, seed: 1 };
  const results = [{ ...common, status: 3 as const, failures: [failure] }];
  const outcome = {
    file: 'f',
    name: 'f',
    results,
    differences: [],
    leftOut: [],
    seed: 1,
    run: null,
  };
  return failureLines({ ...outcome, status: 3, wallMs: 0, command: null });
}

it('the stack of a fault of ours is lines', () => {
  const message = 'TypeError: no \x1b[1m\n    at one (a.js:1)\n    at two (b.js:2)';
  expect(linesFor({ kind: 'error', message, at: null })).toEqual([
    'TypeError: no \\x1b[1m (sim)',
    '      at one (a.js:1)',
    '      at two (b.js:2)',
  ]);
});

it('the text of a file makes no lines', () => {
  expect(linesFor({ kind: 'abort', message: 'a\nb', at: null })).toEqual(['a\\nb (sim)']);
});
