import { shown } from '../host/arguments.ts';
import { POLLOUT } from '../host/constants.ts';
import type { Disposable } from '../host/host.ts';
import { IoChannel } from './channel.ts';
import { HIGH_WATER_MARK } from './connection-handlers.ts';
import type { IoLoop } from './io-loop.ts';
import { Output } from './output.ts';

/** Our end of a pipe that is a child's stdin. */
export class ChildInput implements Disposable {
  /** After a write returned false: all is written. */
  onDrain: (() => void) | null = null;
  readonly #channel: IoChannel;
  readonly #output: Output;
  readonly #encoder = new TextEncoder();
  #watch: Disposable | null = null;
  #owesDrain = false;
  #ended = false;

  /** @internal */
  constructor(loop: IoLoop, fd: number) {
    this.#channel = new IoChannel(loop, fd);
    this.#output = new Output(this.#channel);
  }

  /**
   * Writes bytes, or text as UTF-8: at once as far as that goes, the rest when the child has read.
   * Returns false if 64 KiB or more wait: then stop until onDrain. A child that reads no more, or has
   * ended, closes it, and the rest is dropped.
   * @throws Error after end, TypeError for other data
   */
  write(data: Uint8Array | string): boolean {
    const bytes = typeof data === 'string' ? this.#encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`write: the data is ${shown(data)}: expected a Uint8Array or a string`);
    }
    if (this.closed) return false;
    if (this.#ended) throw new Error('write: the input has been ended by end()');
    if (this.#output.write(bytes, false) < 0) {
      this.dispose();
      return false;
    }
    this.#watchWrites();
    if (this.#output.size < HIGH_WATER_MARK) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Bytes that wait to be written. */
  get queued(): number {
    return this.#output.size;
  }

  /** Ends it, once all is written: the child reads the end. */
  end(): void {
    this.#ended = true;
    if (this.#output.size === 0) this.dispose();
  }

  get closed(): boolean {
    return this.#channel.fd < 0;
  }

  /** Closes it at once. */
  dispose(): void {
    this.#channel.close();
  }

  #watchWrites(): void {
    if (this.#output.size > 0) this.#watch ??= this.#channel.addWatch(POLLOUT, this.#flush);
    else {
      this.#watch?.dispose();
      this.#watch = null;
    }
  }

  readonly #flush = (): void => {
    const failed = this.#output.flush() < 0;
    if (failed || (this.#ended && this.#output.size === 0)) {
      this.dispose();
      return;
    }
    this.#watchWrites();
    if (this.#output.size > 0 || !this.#owesDrain) return;
    this.#owesDrain = false;
    this.onDrain?.();
  };
}
