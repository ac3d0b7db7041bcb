/**
 * Reads a scenario's file, whatever its name refers to; failures are reported as problems of the
 * file.
 */

import type { QemuVersion } from '../../aio/profile.ts';
import { errnoMessage, errnoName } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { MOST_CHARACTERS } from '../../scenario/limits.ts';
import { type Loaded, loadScenario } from '../../scenario/load.ts';
import type { Problem } from '../../scenario/problem.ts';
import { Unreadable } from '../text/read-file.ts';
import { readText } from '../text/read-text.ts';

export interface ReadScenario extends Loaded {
  /** Empty if the file cannot be read. */
  readonly text: string;
}

/**
 * Reads a file and checks it. Never throws because of the file.
 * @param own the process's own host; null on a system that has none
 * @param qemu overrides the file's
 */
export function readScenario(own: Host | null, file: string, qemu?: QemuVersion): ReadScenario {
  let text: string;
  try {
    text = readText(own, file, MOST_CHARACTERS);
  } catch (error) {
    const problem: Problem = { file, line: 1, column: 1, message: reasonOf(error) };
    return { scenario: null, problems: [problem], text: '' };
  }
  return { ...loadScenario(text, file, qemu), text };
}

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  const { errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) throw error;
  return `it cannot be read: ${errnoMessage(-errno)} (${errnoName(-errno)})`;
}
