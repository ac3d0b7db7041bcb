import { POLLIN } from '../host/constants.ts';
import { EAGAIN, EMSGSIZE, HostError } from '../host/errno.ts';
import type { Disposable } from '../host/host.ts';
import { IoChannel } from './channel.ts';
import { MAX_LINE } from './connection-handlers.ts';
import type { IoLoop } from './io-loop.ts';
import { CHUNK, IoMemory } from './io-memory.ts';
import { LineSplitter } from './line-splitter.ts';

/** The functions that get a child's output, as it comes. Without any, it is read and dropped. */
export interface ChildOutputHandlers {
  /** Bytes have come; the array is the callee's. */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
  /** A line has come, without its \n or \r\n. Only one of onBytes and onLine may be given. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** All has come, or an error has ended it. Not called after dispose. */
  readonly onEnd?: ((error: HostError | null) => void) | undefined;
  /** The most bytes of a line; by default 1 MiB. A longer one ends the output with EMSGSIZE. */
  readonly maxLine?: number | undefined;
}

/** Our end of a pipe that is a child's stdout or stderr: its bytes or lines go to callbacks. */
export class ChildOutput implements Disposable {
  readonly #channel: IoChannel;
  readonly #handlers: ChildOutputHandlers;
  readonly #lines: LineSplitter | null;
  readonly #over: () => void;
  #watch: Disposable | null = null;

  /** @param over called once, when it has ended or failed; not after dispose @internal */
  constructor(loop: IoLoop, fd: number, handlers: ChildOutputHandlers, over: () => void) {
    this.#channel = new IoChannel(loop, fd);
    this.#handlers = handlers;
    this.#lines =
      handlers.onLine === undefined ? null : new LineSplitter(handlers.maxLine ?? MAX_LINE);
    this.#over = over;
    this.resume();
  }

  /** Stops reading: the child waits once the pipe is full. Lines that have come are still told. */
  pause(): void {
    this.#watch?.dispose();
    this.#watch = null;
  }

  resume(): void {
    if (!this.closed) this.#watch ??= this.#channel.addWatch(POLLIN, this.#read);
  }

  get closed(): boolean {
    return this.#channel.fd < 0;
  }

  /** Closes our end: the child gets SIGPIPE or EPIPE if it writes more. Nothing is called any more. */
  dispose(): void {
    this.#channel.close();
  }

  readonly #read = (): void => {
    const { incoming } = IoMemory.of(this.#channel.ctx);
    const n = this.#channel.read(incoming, 0, CHUNK);
    if (n === -EAGAIN) return;
    if (n < 0) this.#end(new HostError(n, "read of a child's output"));
    else if (n === 0) this.#end(null);
    else this.#give(incoming.u8.slice(0, n));
  };

  #give(bytes: Uint8Array): void {
    const { onBytes, onLine } = this.#handlers;
    if (this.#lines === null) {
      onBytes?.(bytes);
      return;
    }
    const fits = this.#lines.take(
      bytes,
      (line) => onLine!(line),
      () => !this.closed,
    );
    if (!fits) this.#end(new HostError(EMSGSIZE, "a line of a child's output"));
  }

  #end(error: HostError | null): void {
    const rest = error === null ? (this.#lines?.rest() ?? null) : null;
    try {
      if (rest !== null) this.#handlers.onLine!(rest);
    } finally {
      if (!this.closed) this.#close(error);
    }
  }

  #close(error: HostError | null): void {
    this.#channel.close();
    try {
      this.#handlers.onEnd?.(error);
    } finally {
      this.#over();
    }
  }
}
