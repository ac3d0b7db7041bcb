import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'beside-node-child.ts');

async function lines(test: string, way: string): Promise<string[]> {
  const { status, signal, stderr, stdout } = await runAlone(program, test, way);
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return stdout.trim().split('\n');
}

describe.each(['run', 'runAsync', 'embedded'])('SIGCHLD by a signalfd, in %s', (way) => {
  it('lets execSync and spawnSync end, and loses no child that ends meanwhile', async () => {
    expect(await lines('sync', way)).toEqual([
      ...['execSync 1', 'spawnSync 2', 'execSync 4', 'ours 3', 'handled true', 'execSync 5'],
    ]);
  });

  it('lets execSync end if nobody handles SIGCHLD', async () => {
    expect(await lines('sync without a handler', way)).toEqual(['execSync 1']);
  });
});

describe.each(['runAsync', 'embedded'])('SIGCHLD by a signalfd, in %s', (way) => {
  it("is handed on to Node's children, and comes to ours before and after", async () => {
    expect(await lines('exit', way)).toEqual(['theirs 1', 'ours 2', 'theirs 3', 'ours 4']);
  });

  it("is handed on to Node's children that were there before", async () => {
    expect(await lines('before the Signals', way)).toEqual(['execSync 0', 'theirs 1', 'ours 2']);
  });

  it('is handed on to those of fork', async () => {
    const said = await lines('fork', way);
    expect(said.slice(0, 2).sort()).toEqual(['fork 5', 'message hello']);
    expect(said.slice(2)).toEqual(['ours 6']);
  });

  it('is handed on to those of cluster', async () => {
    expect(await lines('cluster', way)).toEqual(['cluster 4']);
  });
});

describe('SIGCHLD by a signalfd', () => {
  it("is kept for Node's children while run blocks", async () => {
    expect(await lines('exit after run', 'run')).toEqual(['ours 2', 'run is over', 'theirs 1']);
  });

  it('lets execSync end outside of the loop', async () => {
    expect(await lines('sync outside of the loop', 'none')).toEqual(['execSync 1']);
  });
});
