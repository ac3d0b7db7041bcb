/** Reads the files that a command line names, whatever the names refer to. */

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
} from 'node:fs';
import { isatty } from 'node:tty';
import { ENXIO } from '../../host/errno.ts';

/** The reason why a file is not read, in words. */
export class Unreadable extends Error {}

/** A terminal gives this much only with much patience, and /dev/zero at once. */
const MOST_BYTES_OF_DEVICE = 16 * 2 ** 20;
const PIECE = 1 << 16;

/**
 * Reads a file whole.
 * @param most bytes: reading ends soon after that many
 * @throws Unreadable if it is a directory or a socket, or would never end or never begin; Node's
 *   error if it cannot be read
 */
export function readNamedFile(path: string, most = Number.POSITIVE_INFINITY): Buffer {
  const fd = openNow(path);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Unreadable('it is a directory, expected a file');
    const isPlain = stat.isFile() && stat.size > 0 && stat.size <= most;
    return isPlain ? readFileSync(fd) : readPieces(path, fd, stat, most);
  } finally {
    closeSync(fd);
  }
}

/** Opens without waiting: opening a FIFO that nobody writes would never return. */
function openNow(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno !== -ENXIO) throw error;
    throw new Unreadable('it is a socket, or a device that is not there: expected a file');
  }
}

function readPieces(path: string, fd: number, stat: Stats, most: number): Buffer {
  const isDevice = stat.isCharacterDevice() || stat.isBlockDevice();
  const pieces: Buffer[] = [];
  let length = 0;
  let from = fd;
  try {
    while (length <= most) {
      const piece = Buffer.alloc(PIECE);
      const n = readPiece(from, piece);
      if (n === 0) break;
      if (n < 0) {
        from = openToWait(path, fd, stat);
        continue;
      }
      pieces.push(piece.subarray(0, n));
      length += n;
      if (isDevice && length > MOST_BYTES_OF_DEVICE) {
        throw new Unreadable('it is a device that does not end, expected a file');
      }
    }
  } finally {
    if (from !== fd) closeSync(from);
  }
  if (length === 0 && stat.isFIFO()) {
    throw new Unreadable('it is a FIFO, and nobody writes into it');
  }
  return Buffer.concat(pieces, length);
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

/** A pipe's writer and a person come to an end. The kernel's log never does. */
function openToWait(path: string, fd: number, stat: Stats): number {
  if (stat.isFIFO() || isatty(fd)) return openSync(path, 'r');
  throw new Unreadable('it has no end, but waits for more: expected a file');
}
