/** The program of docs/tracing.md is whole: it passes the type checker, runs, and does what it says. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTrace } from '../../src/trace/read.ts';
import { Running, root } from '../support/run.ts';

const text = readFileSync(join(root, 'docs', 'tracing.md'), 'utf8');
const program = /```ts\n([\s\S]*?)```/.exec(text)![1]!;
let dir: string;

/** A project that has qemu-loop installed. */
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-docs-'));
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(root, join(dir, 'node_modules', 'qemu-loop'));
  symlinkSync(join(root, 'node_modules', '@types'), join(dir, 'node_modules', '@types'));
  writeFileSync(join(dir, 'program.mts'), program);
  const config = { extends: join(root, 'tsconfig.json'), include: ['program.mts'], exclude: [] };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
});

afterAll(() => rmSync(dir, { recursive: true }));

it('its program has no type errors', async () => {
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const { status, stdout } = await new Running(process.execPath, [tsc, '-p', dir]).end();
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});

it('its program runs, and the trace can be read back', async () => {
  // It has no types in it, so that it is a module as it stands.
  writeFileSync(join(dir, 'program.mjs'), program);
  const { status, stdout, stderr } = await new Running(process.execPath, ['program.mjs'], {
    cwd: dir,
  }).end();
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'called: hello, lost: 0\n',
    stderr: '',
  });
  const bytes = readFileSync(join(dir, 'run.json'));
  const { time } = JSON.parse(bytes.toString().split('\n')[0]!) as { time: number };
  expect(new Date(time).getFullYear(), 'of the calendar').toBeGreaterThan(2000);
  const shape = /`\{(format[^}]*)\}`/.exec(text)![1]!.split(', ');
  expect(Object.keys(readTrace(bytes)).sort()).toEqual(shape.sort());
});
