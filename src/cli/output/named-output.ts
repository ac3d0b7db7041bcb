/** Files that a command line names for its output. A FIFO among them may have to wait for its reader. */

import { accessSync, constants, writeFileSync } from 'node:fs';
import {
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_WRONLY,
} from '../../host/constants.ts';
import { ENXIO, errnoMessage, errnoName } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { CliError, EXIT_INTERNAL, whyOf } from '../exit/errors.ts';
import { isToldToEnd, someWriter } from '../exit/write-all.ts';
import { isFifo, mayWait, PipeOutput } from './pipe-output.ts';

const STDERR = 2;
/** After this time somebody who watches may wonder. */
const SAID_AFTER_NS = 0.5e9;
/** Between two looks at a pipe that nobody has opened yet: nothing else tells. */
const LOOK_NS = 20e6;

/** A file on a command line, and its role: `the report`. */
export interface NamedFile {
  readonly what: string;
  readonly path: string;
}

/** A wait for the reader of a pipe, which says so after a moment. */
export class ReaderWait {
  readonly #host: Host;
  readonly #file: NamedFile;
  readonly #startNs: number;
  readonly #waitNs: number;
  #isSaid = false;

  constructor(host: Host, file: NamedFile, waitNs: number) {
    this.#host = host;
    this.#file = file;
    this.#startNs = host.clockNs(CLOCK_MONOTONIC);
    this.#waitNs = waitNs;
  }

  /** Whether it goes on: nobody has told us to end, and the time is not over. */
  get goesOn(): boolean {
    if (isToldToEnd(this.#host)) return false;
    const ns = this.#host.clockNs(CLOCK_MONOTONIC) - this.#startNs;
    // Even if the time is over: a busy machine may not have let us look in between.
    if (Math.min(ns, this.#waitNs) >= SAID_AFTER_NS) this.#say();
    return ns < this.#waitNs;
  }

  #say(): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    const { what, path } = this.#file;
    someWriter(this.#host, STDERR)(`qemu-loop: ${what} ${path} waits for its reader\n`);
  }
}

/** Waits until the reader has taken all, or the wait is over. */
export function drain(output: PipeOutput, wait: ReaderWait): void {
  output.flush();
  while (output.waiting > 0 && wait.goesOn) {
    output.awaitRoom(LOOK_NS);
    output.flush();
  }
}

/**
 * Finds out early whether a file can be written, and makes it empty. A pipe is not opened, since its
 * reader would see an end when it is closed.
 * @throws CliError
 */
export function prepareFile(own: Host | null, file: NamedFile): void {
  if (own === null || !mayWait(own, file.path)) attempt(file, () => writeFileSync(file.path, ''));
  else if (isFifo(own, file.path)) attempt(file, () => accessSync(file.path, constants.W_OK));
  else opened(own, file).close();
}

/**
 * @param own the process's own host; null on a system that has none
 * @param waitNs the time for the reader of a pipe
 * @throws CliError
 */
export function writeNamedFile(
  own: Host | null,
  file: NamedFile,
  text: string,
  waitNs = Number.POSITIVE_INFINITY,
): void {
  if (own === null || !mayWait(own, file.path)) {
    attempt(file, () => writeFileSync(file.path, text));
    return;
  }
  const output = opened(own, file);
  output.write(new TextEncoder().encode(text));
  drain(output, new ReaderWait(own, file, waitNs));
  const { errno, isOpen, waiting } = output;
  output.close();
  if (errno !== 0) throw cannotWrite(file, ofErrno(errno));
  if (!isOpen) throw cannotWrite(file, 'nobody has opened it to read');
  if (waiting > 0) throw cannotWrite(file, 'it was not read in time');
}

/** @throws CliError if it can never be opened */
function opened(own: Host, file: NamedFile): PipeOutput {
  const output = new PipeOutput(own, file.path);
  const refused = output.open();
  if (refused < 0) throw cannotWrite(file, ofErrno(refused));
  return output;
}

/**
 * Calls open once each FIFO among the files has a reader, so that opening it does not block without a
 * word. It is held open meanwhile: its reader would see an end.
 * @param own the process's own host; null on a system that has none
 */
export function withReaders<T>(own: Host | null, files: readonly NamedFile[], open: () => T): T {
  if (own === null) return open();
  const held = files.map((file) => heldOpen(own, file));
  try {
    return open();
  } finally {
    for (const fd of held) if (fd >= 0) own.close(fd);
  }
}

/** Returns a negative number if it is no pipe, or cannot be opened. */
function heldOpen(own: Host, file: NamedFile): number {
  if (!mayWait(own, file.path)) return -1;
  const wait = new ReaderWait(own, file, Number.POSITIVE_INFINITY);
  const nothing = own.alloc(8);
  for (;;) {
    const fd = own.open(file.path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    if (fd !== -ENXIO || !isFifo(own, file.path) || !wait.goesOn) return fd;
    own.poll(nothing, 0, LOOK_NS);
  }
}

function attempt(file: NamedFile, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw cannotWrite(file, whyOf(error));
  }
}

function ofErrno(errno: number): string {
  return `${errnoMessage(errno)} (${errnoName(errno)})`;
}

function cannotWrite({ what, path }: NamedFile, why: string): CliError {
  return new CliError(`cannot write ${what} ${path}: ${why}`, EXIT_INTERNAL);
}
