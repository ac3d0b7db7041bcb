import { describe, expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';
import { COUNTS } from './counts.ts';

/** As in ring-child.ts: each thread also takes one number from here on. */
const HOPS = 20_000;
const EACH = COUNTS.bottomHalves / 4;

describe('bottom halves from four threads', () => {
  it.each(['sleeping', 'polling', 'nested', 'main-loop'])(
    'none is lost, and none runs twice: %s',
    async (mode) => {
      const ended = await runAlone('tests/thread/stress-child.ts', mode, `${EACH}`);
      expect(ended.stderr).toBe('');
      expect(ended.stdout).toBe(`${4 * EACH} calls of ${4 * EACH}, 0 without a schedule\n`);
      expect(ended.status).toBe(0);
    },
  );
});

it('contexts of four threads call each other: main, worker, worker, worker, and themselves', async () => {
  const ended = await runAlone('tests/thread/ring-child.ts');
  expect(ended.stderr).toBe('');
  expect(Number(/^(\d+) hops\n$/.exec(ended.stdout)?.[1])).toBe(HOPS + 4);
  expect(ended.status).toBe(0);
});
