import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'node-process.ts');

describe.each(['uv_poll', 'epoll_wait.async'])('a process whose loop is driven by %s', (kind) => {
  const lines = async (test: string): Promise<string[]> => {
    const { status, stderr, stdout } = await runAlone(program, test, kind);
    expect({ status, stderr }).toEqual({ status: test === 'exits' ? 3 : 0, stderr: '' });
    return stdout.trim().split('\n');
  };

  it('gives errors of callbacks to uncaughtException, and goes on', async () => {
    expect(await lines('errors')).toEqual([
      'before',
      'uncaught: of a callback',
      ...['tick', 'promise', 'after', 'tick', 'promise', 'over'],
    ]);
  });

  it('ends by an error that nobody handles', async () => {
    const { status, stderr } = await runAlone(program, 'dies', kind);
    expect(status).toBe(1);
    expect(stderr).toContain('Error: nobody handles it');
  });

  it('has the AsyncLocalStorage of runAsync in its callbacks', async () => {
    expect(await lines('storage')).toEqual(['of runAsync']);
  });

  it('lets the process end while it sleeps, after unref', async () => {
    expect(await lines('unref')).toEqual(['the last timer', 'exit 0']);
  });

  it('keeps the process alive', async () => {
    expect(await lines('ref')).toEqual(['a timer of the loop', 'over']);
  });

  it('lets process.exit through', async () => {
    expect(await lines('exits')).toEqual(['exit 3']);
  });

  it('serves http, fetches, and runs children of Node beside the loop', async () => {
    expect(await lines('node')).toEqual(['hello', 'execFile', 'execFileSync', 'over']);
  });
});
