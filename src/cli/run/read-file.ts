/** The text of a scenario file, whatever its name turns out to stand for. */

import { closeSync, constants, openSync, readSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** More than any file that a person or a program wrote as a scenario. */
const MOST_BYTES = 16 << 20;
const CHUNK = 1 << 16;
/** Between two looks whether the writer of a pipe has written. */
const NAP_MS = 5;

/** A file's text, or the one line that says why it cannot be had. */
export type FileText = { readonly text: string } | { readonly problem: string };

export function readScenarioFile(path: string): FileText {
  try {
    const bytes = readBytes(path);
    if (bytes !== null) return { text: bytes.toString('utf8') };
    return { problem: `${path}: it is larger than ${MOST_BYTES >> 20} MiB, which no scenario is` };
  } catch (error) {
    return { problem: `${path}: it cannot be read: ${whyNot(error)}` };
  }
}

/** What the system says, without the call and the path that Node adds. */
export function whyNot(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  const [, text] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
  return text === undefined ? message : `${text} (${code})`;
}

/** Null where there are too many. A pipe that nobody has open to write ends at once, and holds nobody up. */
function readBytes(path: string): Buffer | null {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size <= MOST_BYTES; ) {
      const chunk = Buffer.alloc(CHUNK);
      const count = readSome(fd, chunk);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
    return null;
  } finally {
    closeSync(fd);
  }
}

function readSome(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP_MS);
    }
  }
}
