/** No output overwrites an input, or another output. */

import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkOutputs } from '../../../src/cli/options/output-files.ts';
import { run } from '../../support/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-outputs-'));
afterAll(() => rmSync(dir, { recursive: true }));

const TEXT = 'name: x\nsteps: [step]\n';
for (const name of ['a.yaml', 'events']) writeFileSync(join(dir, name), TEXT);
writeFileSync(join(dir, 'events'), 'aio_*\n');
mkdirSync(join(dir, 'real'));
symlinkSync('real', join(dir, 'also'));
symlinkSync('a.yaml', join(dir, 'soft.yaml'));
// To a file that is not there: over another link, a directory that is one, and its parent.
symlinkSync('dangling-2', join(dir, 'dangling'));
symlinkSync('also/../x', join(dir, 'dangling-2'));
symlinkSync('round', join(dir, 'round'));
linkSync(join(dir, 'a.yaml'), join(dir, 'hard.yaml'));

describe('is refused in one line, and nothing is written', () => {
  it.each([
    [['run', '--report', 'a.yaml', 'a.yaml'], 'the report would overwrite the scenario a.yaml'],
    [
      ['run', '--trace-file', 'json:soft.yaml', './a.yaml'],
      'a trace would overwrite the scenario ./a.yaml',
    ],
    [['run', '--report', 'hard.yaml', 'a.yaml'], 'the report would overwrite'],
    [['run', '--report', 'x', '--trace-file', 'json:./x', 'a.yaml'], 'a trace and the report go'],
    [
      ['--report', 'also/x', '--trace-file', 'json:real/x', '--spawn', ':'],
      'a trace and the report go to also/x',
    ],
    [
      ['run', '--report', 'x', '--trace-file', 'json:dangling', 'a.yaml'],
      'a trace and the report go to x',
    ],
    [
      ['--trace-file', 'simple:x', '--trace-file', 'json:x.trace-events', '--spawn', ':'],
      'two traces go to x.trace-events',
    ],
    [['--log-file', 'x', '--report', 'x', '--spawn', ':'], 'the report and the log go to x'],
    [
      ['--trace-events', 'events', '--trace-file', 'json:events', '--spawn', ':'],
      'a trace would overwrite --trace-events events',
    ],
    [['--trace-file', 'log:-', '--spawn', ':'], 'a file called -: write /dev/stdout'],
    [['run', '--report', '-', 'a.yaml'], 'a file called -: write /dev/stdout'],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await run(args, { cwd: dir });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^qemu-loop: .*\n$/);
    expect([status, stdout]).toEqual([2, '']);
    expect(readFileSync(join(dir, 'a.yaml'), 'utf8')).toBe(TEXT);
    for (const name of ['x', '-', 'real/x']) expect(existsSync(join(dir, name))).toBe(false);
  });

  it('the report of a trace', async () => {
    await run(['-q', '--trace-file', 'json:real.json', '--spawn', ':'], { cwd: dir });
    const before = readFileSync(join(dir, 'real.json'), 'utf8');
    const { status, stderr } = await run(['report', 'real.json', '-o', './real.json'], {
      cwd: dir,
    });
    expect([status, stderr]).toEqual([
      2,
      'qemu-loop: the report would overwrite the trace real.json: give it another file\n',
    ]);
    expect(readFileSync(join(dir, 'real.json'), 'utf8')).toBe(before);
  });
});

it('accepts one device for several outputs, and different files', () => {
  const to = (path: string) => ({ what: 'a trace', path });
  checkOutputs([to('/dev/null'), to('/dev/null'), to('/dev/stderr')], [to('/dev/stdin')]);
  checkOutputs([to(join(dir, 'x')), to(join(dir, 'real', 'x'))], [to(join(dir, 'a.yaml'))]);
  checkOutputs([to('/nonexistent/x')], [to('/nonexistent/x')]);
  // Opening it fails because of the loop.
  checkOutputs([to(join(dir, 'round')), to(join(dir, 'round'))], []);
});
