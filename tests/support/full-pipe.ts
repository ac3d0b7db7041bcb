import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { fifo } from './fifo.ts';

/** A pipe that somebody has opened and does not read, full. */
export function fullPipe(): string {
  const path = fifo();
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch {
    // It is full.
  }
  return path;
}
