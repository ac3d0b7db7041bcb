import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { nativeSources, YAML } from './tests/support/native-sources.ts';
import { SlowFirst } from './tests/support/slow-first.ts';

// No test measures time: a limit ends one that hangs, and is far from what a busy machine takes.
// Reliability tests at their full size (CONTRIBUTING.md) take longer.
const LIMIT_MS = process.env.QEMU_LOOP_RELIABILITY === undefined ? 180_000 : 3_700_000;

export default defineConfig({
  plugins: [nativeSources()],
  resolve: { alias: { yaml: YAML } },
  test: {
    server: { deps: { external: [/\/qemu-loop-sources-[^/]*\//] } },
    pool: 'forks',
    // Processes that many files share: a start costs more than most files. What masks signals or
    // blocks the loop runs in a process of its own by itself (tests/host/own-process.ts).
    isolate: false,
    sequence: { sequencer: SlowFirst },
    // More than processors: many files wait for processes, for a grace, or for what they started.
    maxWorkers: Math.ceil(1.5 * Math.max(2, availableParallelism())),
    include: ['tests/**/*.test.ts'],
    testTimeout: LIMIT_MS,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: LIMIT_MS,
    // Real threads and processes run beside others' work there. A test that needs its second try is
    // named in the report, and is a fault to be found.
    retry: process.env.CI === undefined ? 0 : 1,
    globalSetup: ['tests/support/build.ts'],
    setupFiles: [
      ...(process.env.QEMU_LOOP_TEST_TIMES === undefined ? [] : ['tests/support/costs.ts']),
      'tests/support/no-leaks.ts',
    ],
  },
});
