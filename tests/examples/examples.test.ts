import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../tree/files.ts';

const run = promisify(execFile);

/** The whole output of each. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  'beside-node.mjs': /^child: not started\nchild: running\nchild: ended with 3\n$/,
  'coroutine-pipeline.mjs': /^ {2}0 ms {2}made 1\n[\s\S]* {1}50 ms {2}used 5\n$/,
  'echo.mjs': /^echo: hello\nclosed\n$/,
  'iothread.mjs': /^(part \d: \d+ bytes\n){2,}\d+ lines, counted by thread io0\n$/,
  'pipes.mjs': /^sum: 3\nsum: 42\nstderr: over\nended with 3\n$/,
  'poller.mjs': /^read: tick 1\nread: tick 2\nread: tick 3\n$/,
  'scenario.mjs':
    /^\d+ of 50 seeds held: quick exited 0, slow exited 1\n\d+ of 50 seeds held: slow exited 1, quick exited 0\n$/,
  'signal-logger.mjs':
    /^pid \d+: send [^\n]*\nSIGUSR1 from this process, value 42\nSIGTERM from this process, value 0\n$/,
  'supervisor.mjs': /^(service: try (\d)\nsupervisor: try \2 ended with [01]\n){3}$/,
  'worker.mjs': /^worker: hello, driven by uv_poll\ntick 1\ntick 2\ntick 3\n$/,
};

describe('examples', () => {
  const files = readdirSync(join(ROOT, 'examples')).sort();

  it('each is tested', () => {
    expect(files).toEqual(Object.keys(PRINTED).sort());
  });

  it.each(Object.entries(PRINTED))('%s runs to its end', async (file, printed) => {
    const { stdout, stderr } = await run(process.execPath, [
      join(ROOT, 'examples', file),
      '--self',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(printed);
  });
});
