import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { testDirectory } from './terminal.ts';

/** Makes a FIFO that is removed after the test. */
export function fifo(): string {
  const path = join(testDirectory(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}
