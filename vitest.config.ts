import { defineConfig } from 'vitest/config';

// No test measures time: a limit ends one that hangs, and is far from what a busy machine takes.
const LIMIT_MS = 180_000;

export default defineConfig({
  test: {
    pool: 'forks',
    include: ['tests/**/*.test.ts'],
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    globalSetup: ['tests/support/build.ts'],
  },
});
