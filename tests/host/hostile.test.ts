import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENOSYS } from '../../src/host/errno.ts';
import { unshare } from '../support/needs.ts';
import { runUnder } from './own-process.ts';

const child = join(import.meta.dirname, 'hostile-child.ts');

async function told(...wrapper: string[]): Promise<unknown> {
  const ended = await runUnder(wrapper, child);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(ended.stdout);
}

describe('LinuxHost', () => {
  it('masks threads, and puts their masks back, while the queue of signals is full', async () => {
    const all = { block: 'blocked', restored: 0, children: ['ours'] };
    expect(await told('prlimit', '--sigpending=0')).toEqual(all);
  });

  it("takes another pid namespace's /proc for none: its numbers mean other processes", async (context) => {
    const start = unshare(context, '--pid --fork').split(' ');
    const none = { block: -ENOSYS, restored: null, children: [] };
    expect(await told(...start)).toEqual(none);
  });
});
