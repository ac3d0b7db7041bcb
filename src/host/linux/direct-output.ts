/**
 * stdout and stderr of a Worker. Node's own go through the event loop of the main thread, so
 * nothing appears while that is in a loop of ours, and much is lost if the process exits then.
 */

import { writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { POLLOUT } from '../constants.ts';
import { c } from './libc.ts';
import { LinuxBuffer } from './memory.ts';

/**
 * Makes process.stdout, process.stderr and console of this Worker write to the descriptors. Each
 * write is done when write() returns. The streams stay Node's: the main thread sends them messages,
 * and only they know what these mean.
 */
export function writeDirectly(): void {
  for (const [stream, fd] of [
    [process.stdout, 1],
    [process.stderr, 2],
  ] as const) {
    const output = new DirectOutput(fd);
    const own: Pick<Writable, '_write'> & { _writev: null } = {
      _write: (chunk, encoding, done) => output.write(chunk, encoding, done),
      _writev: null,
    };
    Object.assign(stream, own);
  }
}

class DirectOutput {
  readonly #fd: number;
  readonly #poll = new LinuxBuffer(8);

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(
    chunk: string | Buffer,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    try {
      for (let at = 0; at < bytes.length; ) at += this.#writeSome(bytes, at);
      done();
    } catch (error) {
      // Nobody reads it any more: the thread goes on, as with Node's own stdout of a Worker.
      done((error as NodeJS.ErrnoException).code === 'EPIPE' ? null : (error as Error));
    }
  }

  /** Returns how much was written: 0 if a pipe that does not block was full, after waiting for it. */
  #writeSome(chunk: Buffer, at: number): number {
    try {
      return writeSync(this.#fd, chunk, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      this.#poll.i32[0] = this.#fd;
      this.#poll.i32[1] = POLLOUT;
      c.poll(this.#poll.address, 1, -1);
      return 0;
    }
  }
}
