/**
 * stdout and stderr of a Worker. Node's own go through the event loop of the main thread, so
 * nothing appears while that is in a loop of ours, and much is lost if the process exits then.
 */

import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { POLLOUT } from '../constants.ts';
import { c } from './libc.ts';
import { LinuxBuffer } from './memory.ts';

/** Makes process.stdout, process.stderr and console of this Worker write to the descriptors. */
export function writeDirectly(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = new DirectOutput(fd);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, value: stream });
  }
}

/** Each write is done when write() returns. */
class DirectOutput extends Writable {
  readonly fd: number;
  readonly #poll = new LinuxBuffer(8);

  constructor(fd: number) {
    super({ decodeStrings: true });
    this.fd = fd;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    try {
      for (let at = 0; at < chunk.length; ) at += this.#writeSome(chunk, at);
      done();
    } catch (error) {
      // Nobody reads it any more: the thread goes on, as with Node's own stdout of a Worker.
      done((error as NodeJS.ErrnoException).code === 'EPIPE' ? null : (error as Error));
    }
  }

  /** Returns how much was written: 0 if a pipe that does not block was full, after waiting for it. */
  #writeSome(chunk: Buffer, at: number): number {
    try {
      return writeSync(this.fd, chunk, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      this.#poll.i32[0] = this.fd;
      this.#poll.i32[1] = POLLOUT;
      c.poll(this.#poll.address, 1, -1);
      return 0;
    }
  }
}
