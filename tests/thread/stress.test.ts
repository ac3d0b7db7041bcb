import { describe, expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

/** A million in all. */
const EACH = 62_500;

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
