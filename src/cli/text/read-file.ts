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
import { POLLIN } from '../../host/constants.ts';
import { ENXIO } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { pollOne } from '../../host/poll-one.ts';
import { someWriter } from '../exit/write-all.ts';

/** The reason why a file is not read, in words. */
export class Unreadable extends Error {}

/** A terminal gives this much only with much patience, and /dev/zero at once. */
const MOST_BYTES_OF_DEVICE = 16 * 2 ** 20;
const PIECE = 1 << 16;

const STDERR = 2;
/** After this time somebody who watches may wonder what a pipe waits for. */
const SAID_AFTER_NS = 0.5e9;

/**
 * Reads a file whole.
 * @param own the process's own host, to say what is waited for; null on a system that has none
 * @param most bytes: reading ends soon after that many
 * @throws Unreadable if it is a directory or a socket, or would never end or never begin; Node's
 *   error if it cannot be read
 */
export function readNamedFile(
  own: Host | null,
  path: string,
  most = Number.POSITIVE_INFINITY,
): Buffer {
  const fd = openNow(path);
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new Unreadable('it is a directory, expected a file');
    const isPlain = stat.isFile() && stat.size > 0 && stat.size <= most;
    return isPlain ? readFileSync(fd) : readPieces(new WriterWait(own, path, fd, stat), stat, most);
  } finally {
    closeSync(fd);
  }
}

/** Opens without waiting: opening a FIFO that nobody writes would never return. */
function openNow(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    if (path === '-' && code === 'ENOENT') {
      throw new Unreadable('there is no file of that name: write /dev/stdin for stdin');
    }
    if (errno !== -ENXIO) throw error;
    throw new Unreadable('it is a socket, or a device that is not there: expected a file');
  }
}

function readPieces(writer: WriterWait, stat: Stats, most: number): Buffer {
  const isDevice = stat.isCharacterDevice() || stat.isBlockDevice();
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    while (length <= most) {
      const piece = Buffer.alloc(PIECE);
      const n = readPiece(writer.from, piece);
      if (n === 0) break;
      if (n < 0) {
        writer.wait();
        continue;
      }
      pieces.push(piece.subarray(0, n));
      length += n;
      if (isDevice && length > MOST_BYTES_OF_DEVICE) {
        throw new Unreadable('it is a device that does not end, expected a file');
      }
    }
  } finally {
    writer.close();
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

/**
 * The wait for what a pipe's writer, or a person at a terminal, has not written yet; it says so once.
 * Both come to an end. The kernel's log never does.
 */
class WriterWait {
  /** The descriptor to read: `fd`, or one that waits by itself. */
  from: number;
  readonly #own: Host | null;
  readonly #path: string;
  readonly #fd: number;
  readonly #isTerminal: boolean;
  readonly #mayEnd: boolean;
  #isSaid = false;

  constructor(own: Host | null, path: string, fd: number, stat: Stats) {
    this.#own = own;
    this.#path = path;
    this.#fd = fd;
    this.from = fd;
    this.#isTerminal = isatty(fd);
    this.#mayEnd = stat.isFIFO() || this.#isTerminal;
  }

  /** @throws Unreadable if it would never end */
  wait(): void {
    if (!this.#mayEnd) throw new Unreadable('it has no end, but waits for more: expected a file');
    if (this.#isTerminal) this.#say('is read from the terminal: Ctrl-D ends it');
    if (this.#own === null) this.from = openSync(this.#path, 'r');
    else if (!this.#isReady(this.#own)) this.#say('waits for its writer');
  }

  #isReady(own: Host): boolean {
    return pollOne(own, this.#fd, POLLIN, this.#isSaid ? -1 : SAID_AFTER_NS) !== 0;
  }

  #say(text: string): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    someWriter(this.#own, STDERR)(`qemu-loop: ${this.#path} ${text}\n`);
  }

  close(): void {
    if (this.from !== this.#fd) closeSync(this.from);
  }
}
