/** The command starts by the code that V8 made of its bundles when they were built. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command, Running, root } from '../support/run.ts';

test.each([
  ['--version', ['command']],
  ['check scenarios/lost-child.yaml', ['command', 'scenarios']],
])('%s compiles nothing', async (args, bundles) => {
  const program = `
    process.argv = [process.execPath, '${command}', ...'${args}'.split(' ')];
    const loaded = require('${command}');
    process.on('exit', () => {
      for (const [name, { script }] of loaded)
        require('node:fs').writeSync(2, name + ' ' + script.cachedDataRejected + '\\n');
    });`;
  const { status, stderr } = await new Running(process.execPath, ['-e', program]).end();
  expect(stderr).toBe(bundles.map((name) => `${name} false\n`).join(''));
  expect(status).toBe(0);
});

test.each(['command.cache', 'scenarios.cache', 'cjs/core-code.cache'])(
  '%s names no folder of the machine that built it',
  (name) => {
    const kept = readFileSync(join(root, 'dist', name), 'latin1');
    expect(kept).toContain('qemu-loop/dist/');
    expect(kept).not.toContain(`${root}/`);
  },
);
