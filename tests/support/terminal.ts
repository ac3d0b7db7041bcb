/** Runs shell scripts on a terminal of their own. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { command, Running } from './run.ts';

/** Makes a directory that is removed after the test. */
export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tty-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/**
 * Runs a script, in which $QL is qemu-loop. Bytes written to its stdin are typed on the
 * terminal. While the returned process is stopped, nobody reads the terminal.
 */
export function onTerminal(script: string, columns = 80, rows = 24): Running {
  const file = join(testDirectory(), 'script.sh');
  writeFileSync(file, `stty cols ${columns} rows ${rows} -echo; trap : INT\n${script}\n`);
  const env = { QL: `${process.execPath} ${command}`, TERM: 'xterm', SHELL: '/bin/sh' };
  return new Running('script', ['-qec', `sh ${file}`, '/dev/null'], { env });
}
