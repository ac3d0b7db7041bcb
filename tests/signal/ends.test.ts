import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'ends-child.ts');

describe.each(['native', 'compat'])('a process with sigfd %s ends by itself', (mode) => {
  it.each(['all put back', 'nothing put back', 'not read, nothing put back'])('%s', async (how) => {
    const stdout = how.startsWith('not read') ? 'not read\n' : '151 calls\n';
    const ended = { status: 0, signal: null, stderr: '', stdout };
    expect(await runAlone(program, how, mode)).toEqual(ended);
  });
});

describe('differences between native and compat', () => {
  it('SIGTERM with its default action is dropped by a signalfd', async () => {
    expect(await runAlone(program, 'default', 'native')).toMatchObject({
      ...{ status: 0, stdout: 'dropped\n' },
    });
  });

  it('SIGTERM with its default action ends the process in compat', async () => {
    expect(await runAlone(program, 'default', 'compat')).toMatchObject({ signal: 'SIGTERM' });
  });

  it.each(['native', 'compat'])(
    'what was not read is dropped when %s is put back',
    async (sigfd) => {
      const { status, stderr } = await runAlone(program, 'not read, put back', sigfd);
      expect([status, stderr]).toEqual([0, '']);
    },
  );

  it.each(['native', 'compat'])('a worker with %s ends when its loop is woken', async (sigfd) => {
    const ended = { status: 0, signal: null, stderr: '', stdout: 'blocked: \n' };
    expect(await runAlone(program, 'worker that is woken', sigfd)).toEqual(ended);
  });

  it('compat serves a loop in a worker thread', async () => {
    const ended = { status: 0, signal: null, stderr: '', stdout: '151 calls\n' };
    expect(await runAlone(program, 'worker', 'compat')).toEqual(ended);
  });
});
