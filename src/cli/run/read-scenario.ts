/**
 * Reads a scenario's file, whatever its name refers to; failures are reported as problems of the
 * file.
 */

import { isUtf8 } from 'node:buffer';
import type { QemuVersion } from '../../aio/profile.ts';
import { errnoMessage, errnoName } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { MOST_CHARACTERS } from '../../scenario/limits.ts';
import { type Loaded, loadScenario } from '../../scenario/load.ts';
import type { Problem } from '../../scenario/problem.ts';
import { readNamedFile, Unreadable } from '../text/read-file.ts';

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
    text = decode(readNamedFile(own, file, MOST_BYTES));
  } catch (error) {
    const problem: Problem = { file, line: 1, column: 1, message: reasonOf(error) };
    return { scenario: null, problems: [problem], text: '' };
  }
  return { ...loadScenario(text, file, qemu), text };
}

/** UTF-8 has at most three bytes per character of JavaScript's. */
const MOST_BYTES = 3 * MOST_CHARACTERS;

/** Editors of Windows save UTF-16; its text would be full of zeros, and the problems about those. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xfe ? bytes[1] === 0xff : bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isUtf16) throw new Unreadable('it is UTF-16: save it as UTF-8');
  // A long file that was read in part may end within a character, and is too long anyway.
  const isWhole = bytes.length <= MOST_BYTES;
  if (isWhole && !isUtf8(bytes)) throw new Unreadable('it is not text in UTF-8: save it as such');
  return bytes.toString('utf8');
}

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  const { errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) throw error;
  return `it cannot be read: ${errnoMessage(-errno)} (${errnoName(-errno)})`;
}
