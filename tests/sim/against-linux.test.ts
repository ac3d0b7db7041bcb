import { release } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const SEEDS = 400;
const CALLS = 300;

/** From then on eventfd refuses writes of more than 8 bytes, and so does the simulated host. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const tooOld = major < 6 || (major === 6 && minor < 6);

it.skipIf(tooOld)(
  'descriptors, epoll and signals do as the real kernel does, in random calls',
  async () => {
    const runner = join(import.meta.dirname, 'against-linux.ts');
    const ended = await runAlone(runner, '1', String(SEEDS), String(CALLS));
    expect(ended).toEqual({
      status: 0,
      signal: null,
      stdout: `${SEEDS * CALLS} calls agree\n`,
      stderr: '',
    });
  },
);
