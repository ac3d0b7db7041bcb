/** A shell script on a terminal of its own. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { command, Running } from './run.ts';

/** A directory that goes with the test. */
export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tty-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/**
 * Runs a script, in which $QL is qemu-loop. What is written to its stdin is typed on
 * the terminal; while the process that this returns is stopped nobody reads that.
 */
export function onTerminal(script: string, columns = 80, rows = 24): Running {
  const file = join(testDirectory(), 'script.sh');
  writeFileSync(file, `stty cols ${columns} rows ${rows} -echo; trap : INT\n${script}\n`);
  const env = { QL: `${process.execPath} ${command}`, TERM: 'xterm', SHELL: '/bin/sh' };
  return new Running('script', ['-qec', `sh ${file}`, '/dev/null'], { env });
}
