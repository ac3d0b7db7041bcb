import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from './own-process.ts';

it('koffi maps less memory in a Worker, since that stays when the Worker ends', async () => {
  const { stdout } = await runAlone(join(import.meta.dirname, 'koffi-child.ts'));
  expect(stdout).toBe('main 2048+1024 KiB, worker 1024+256 KiB\n');
});
