/**
 * Reads a scenario's file, whatever its name refers to; failures are reported as problems of the
 * file.
 */

import { isUtf8 } from 'node:buffer';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs';
import { ENXIO, errnoMessage, errnoName } from '../../host/errno.ts';
import { MOST_CHARACTERS } from '../../scenario/limits.ts';
import { type Loaded, loadScenario } from '../../scenario/load.ts';
import type { Problem } from '../../scenario/problem.ts';

export interface ReadScenario extends Loaded {
  /** Empty if the file cannot be read. */
  readonly text: string;
}

/** Reads a file and checks it. Never throws because of the file. */
export function readScenario(file: string): ReadScenario {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    const problem: Problem = { file, line: 1, column: 1, message: reasonOf(error) };
    return { scenario: null, problems: [problem], text: '' };
  }
  return { ...loadScenario(text, file), text };
}

/** The reason why a file cannot be read. */
class Unreadable extends Error {}

/** Opens without waiting: opening a FIFO that nobody writes would never return. */
function readText(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Unreadable('it is a directory, expected a file');
    return decode(isEndless(stat) ? readSome(file, fd, stat) : readFileSync(fd));
  } finally {
    closeSync(fd);
  }
}

/** Editors of Windows save UTF-16; its text would be full of zeros, and the problems about those. */
function decode(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xfe ? bytes[1] === 0xff : bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isUtf16) throw new Unreadable('it is UTF-16: save it as UTF-8');
  // A long file that was read in part may end within a character, and is too long anyway.
  const isWhole = bytes.length <= MOST_BYTES;
  if (isWhole && !isUtf8(bytes)) throw new Unreadable('it is not text in UTF-8: save it as such');
  return bytes.toString('utf8');
}

/** Whether its size is not known in advance, or is too large to read whole. */
function isEndless(stat: Stats): boolean {
  return !stat.isFile() || stat.size === 0 || stat.size > MOST_BYTES;
}

/** UTF-8 has at most three bytes per character of JavaScript's. */
const MOST_BYTES = 3 * MOST_CHARACTERS;
const PIECE = 1 << 16;

/** Reads from a pipe or device, up to more than a scenario may have. */
function readSome(file: string, fd: number, stat: Stats): Buffer {
  const pieces: Buffer[] = [];
  let length = 0;
  let from = fd;
  try {
    while (length <= MOST_BYTES) {
      const piece = Buffer.alloc(PIECE);
      const n = readPiece(from, piece);
      // There is a writer: wait for it.
      if (n < 0) from = from === fd ? openSync(file, 'r') : from;
      else if (n === 0) break;
      else length += pieces[pieces.push(piece.subarray(0, n)) - 1]!.length;
    }
  } finally {
    if (from !== fd) closeSync(from);
  }
  if (length === 0 && stat.isFIFO()) {
    throw new Unreadable('it is a FIFO, and nobody writes into it');
  }
  return Buffer.concat(pieces);
}

/** The number of bytes read; -1 if there are none yet. */
function readPiece(fd: number, piece: Buffer): number {
  try {
    return readSync(fd, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return -1;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  const { errno } = error as NodeJS.ErrnoException;
  if (errno === undefined) throw error;
  if (-errno === ENXIO) return 'it is a socket, or a device that is not there: expected a file';
  return `it cannot be read: ${errnoMessage(-errno)} (${errnoName(-errno)})`;
}
