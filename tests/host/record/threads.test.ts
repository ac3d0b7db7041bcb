/** Threads that are recorded on the real host: each has its turns again. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../own-process.ts';

const child = join(import.meta.dirname, 'threads-child.ts');
const module = join(import.meta.dirname, 'threads-module.mjs');

interface Output<T> {
  readonly recorded: T;
  readonly replayed: T;
  readonly ended: string | null;
}

async function outputOf<T>(which: string): Promise<Output<T>> {
  const ended = await runAlone(child, which, module);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(ended.stdout) as Output<T>;
}

it('what they share by plain stores is the same in a replay, store by store', async () => {
  const { recorded, replayed, ended } = await outputOf<{ all: number; who: string }>('count');
  expect(ended).toBeNull();
  // Nothing is lost, since one runs at a time; and they took turns.
  expect(recorded.all).toBe(500);
  expect(recorded.who.split(',').slice(0, 500)).toHaveLength(500);
  expect(replayed).toEqual(recorded);
});

it('one that an error ends in its turn does not keep it', async () => {
  const { recorded, replayed, ended } = await outputOf<[message: string, goesOn: boolean]>('die');
  expect(ended).toBeNull();
  expect(recorded[0]).toContain('process.exit(1) ended the thread');
  expect(recorded[1]).toBe(true);
  expect(replayed).toEqual(recorded);
});

it('one that makes another call is named', async () => {
  const { ended } = await outputOf('differ');
  expect(ended).toMatch(/^thread 'a', call \d+: recorded gettid\(\), now getppid\(\)$/);
});
