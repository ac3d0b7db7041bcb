import { QEMU_CLOCK_REALTIME } from '../aio/clock.ts';
import type { QemuTimer } from '../aio/timer.ts';
import { shown } from '../host/arguments.ts';
import { POLLIN, POLLOUT, SHUT_WR, SO_ERROR, SOL_SOCKET } from '../host/constants.ts';
import { EAGAIN, EMSGSIZE, ENOTCONN, ETIMEDOUT, HostError } from '../host/errno.ts';
import type { Disposable } from '../host/host.ts';
import type { SocketAddress } from '../host/sockaddr.ts';
import { IoChannel } from './channel.ts';
import {
  type ConnectAttempt,
  type ConnectionHandlers,
  checkHandlers,
  HIGH_WATER_MARK,
  MAX_LINE,
} from './connection-handlers.ts';
import type { IoLoop } from './io-loop.ts';
import { CHUNK, IoMemory } from './io-memory.ts';
import { LineSplitter } from './line-splitter.ts';
import { Output } from './output.ts';
import { credentialsOf, nameOf, type PeerCredentials } from './peer.ts';

/**
 * A connected socket: bytes or lines in, bytes or text out. It reads from `start` on, and while it
 * is not paused. It closes itself when both sides have ended, or after an error. QEMU:
 * QIOChannelSocket.
 */
export class Connection implements Disposable {
  /** The channel below, for watches of one's own. */
  readonly channel: IoChannel;
  readonly #output: Output;
  readonly #encoder = new TextEncoder();
  #handlers: ConnectionHandlers | null = null;
  #lines: LineSplitter | null = null;
  #reading: Disposable | null = null;
  #writing: Disposable | null = null;
  #timer: QemuTimer | null = null;
  #idleMs = 0;
  #highWaterMark = HIGH_WATER_MARK;
  /** Null once it is connected. */
  #attempt: ConnectAttempt | null;
  #paused = false;
  /** Whether the peer has ended its side, and we ours. */
  #peerEnded = false;
  #ended = false;
  /** Whether the peer has been told so. */
  #shut = false;
  #owesDrain = false;
  #closed = false;
  /** An error of a write, which is reported from the loop. */
  #error = 0;

  /**
   * Takes a connected socket over. See also connect, Listener and adoptFd.
   * @param isNonblocking whether the caller knows that it is
   * @param attempt if it is not connected yet
   * @throws HostError (EBADF) if fd is not open
   */
  constructor(
    loop: IoLoop,
    fd: number,
    isNonblocking = false,
    attempt: ConnectAttempt | null = null,
  ) {
    this.channel = new IoChannel(loop, fd, isNonblocking);
    this.#output = new Output(this.channel);
    this.#attempt = attempt;
  }

  /**
   * Begins to read, with these handlers; or goes on with others.
   * @throws TypeError, RangeError for wrong handlers
   */
  start(handlers: ConnectionHandlers): this {
    checkHandlers(handlers);
    this.#handlers = handlers;
    this.#highWaterMark = handlers.highWaterMark ?? HIGH_WATER_MARK;
    const isOfLines = handlers.onLine !== undefined;
    this.#lines = isOfLines
      ? (this.#lines ?? new LineSplitter(handlers.maxLine ?? MAX_LINE))
      : null;
    this.#idleMs = handlers.idleMs ?? 0;
    if (this.#idleMs > 0 && !this.#closed) {
      this.#timer ??= this.channel.ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'idle socket', () =>
        this.fail(ETIMEDOUT, 'idle socket'),
      );
      this.#timer.modIn(this.#idleMs);
    } else this.#timer?.del();
    this.#watchReads();
    return this;
  }

  /**
   * Writes bytes, or text as UTF-8: at once as far as that goes, the rest when the peer has read.
   * Returns false if highWaterMark bytes or more wait: then stop until onDrain. A connection that is
   * over drops them.
   * @throws Error after end, TypeError for other data
   */
  write(data: Uint8Array | string): boolean {
    const bytes = typeof data === 'string' ? this.#encoder.encode(data) : data;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`write: the data is ${shown(data)}: expected a Uint8Array or a string`);
    }
    if (this.#closed) return false;
    if (this.#ended) throw new Error('write: the connection has been ended by end()');
    if (bytes.length === 0) return !this.#owesDrain;
    const ret = this.#output.write(bytes, this.#attempt !== null || this.#error !== 0);
    if (ret < 0) this.#error = ret;
    this.#touch();
    this.#watchWrites();
    if (this.#output.size < this.#highWaterMark) return true;
    this.#owesDrain = true;
    return false;
  }

  /** Bytes that wait to be written. */
  get queued(): number {
    return this.#output.size;
  }

  /**
   * Ends our side, once all is written: the peer reads the end, and may still write. QEMU:
   * qio_channel_shutdown.
   */
  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    // Its close is reported from the loop, never from here.
    this.#watchWrites();
  }

  /** Stops reading, so that the peer has to wait. Lines that have come already are still told. */
  pause(): void {
    this.#paused = true;
    this.#watchReads();
  }

  resume(): void {
    this.#paused = false;
    this.#watchReads();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The peer's address; null if it has none. QEMU: qio_channel_socket_get_remote_address. */
  get remoteAddress(): SocketAddress | null {
    return nameOf(this.channel, 'getpeername');
  }

  /** Our address; null if it has none. QEMU: qio_channel_socket_get_local_address. */
  get localAddress(): SocketAddress | null {
    return nameOf(this.channel, 'getsockname');
  }

  /**
   * The process at the other end of a unix socket, as of its connect or listen: SO_PEERCRED.
   * @throws HostError (ENOTCONN) if there is none, as with TCP
   */
  get peerCredentials(): PeerCredentials {
    return credentialsOf(this.channel);
  }

  /** Closes it at once; nothing is called any more. */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.dispose();
    this.#attempt?.settled();
    this.channel.close();
  }

  /** Ends it with an error, which onClose gets. @internal */
  fail(errno: number, what: string): void {
    if (!this.#closed) this.#close(new HostError(errno, what));
  }

  /** The attempt is under way: its outcome is known once the socket is writable. @internal */
  attempted(): void {
    this.#watchWrites();
  }

  #watchReads(): void {
    const isOpen = this.#attempt === null && !this.#peerEnded && !this.#closed;
    if (isOpen && !this.#paused && this.#handlers !== null)
      this.#reading ??= this.channel.addWatch(POLLIN, this.#read);
    else {
      this.#reading?.dispose();
      this.#reading = null;
    }
    this.#watchWrites();
  }

  #watchWrites(): void {
    const hasWork = this.#output.size > 0 || this.#owesDrain || this.#error !== 0;
    const ends = this.#ended && !this.#shut;
    const wants = this.#attempt === null ? hasWork || ends : this.#attempt.isUnderWay;
    if (wants && !this.#closed) this.#writing ??= this.channel.addWatch(POLLOUT, this.#write);
    else {
      this.#writing?.dispose();
      this.#writing = null;
    }
  }

  readonly #read = (): void => {
    const { incoming } = IoMemory.of(this.channel.ctx);
    const n = this.channel.read(incoming, 0, CHUNK);
    if (n === -EAGAIN) return;
    if (n < 0) this.fail(this.#error === 0 ? n : this.#error, 'read of a socket');
    else if (n === 0) this.#end();
    else {
      this.#touch();
      this.#give(incoming.u8.slice(0, n));
    }
  };

  #give(bytes: Uint8Array): void {
    const { onBytes, onLine } = this.#handlers!;
    if (this.#lines === null) {
      onBytes?.(bytes);
      return;
    }
    const tell = (line: string): void => (this.#handlers?.onLine ?? onLine)?.(line);
    if (!this.#lines.take(bytes, tell, () => !this.#closed)) {
      this.fail(EMSGSIZE, 'a line of a socket');
    }
  }

  /** The peer has ended its side. */
  #end(): void {
    this.#peerEnded = true;
    this.#watchReads();
    const rest = this.#lines?.rest() ?? null;
    if (rest !== null) this.#handlers?.onLine?.(rest);
    if (this.#closed) return;
    const onEnd = this.#handlers?.onEnd;
    if (onEnd === undefined) this.end();
    else onEnd();
    this.#closeIfOver();
  }

  readonly #write = (): void => {
    if (this.#attempt !== null && !this.#opened(this.#attempt)) return;
    const ret = this.#error === 0 ? this.#output.flush() : this.#error;
    if (ret < 0) {
      this.fail(ret, 'write to a socket');
      return;
    }
    this.#touch();
    if (this.#output.size > 0) return;
    if (this.#owesDrain) {
      this.#owesDrain = false;
      this.#handlers?.onDrain?.();
    }
    if (this.#ended && !this.#closed && this.#output.size === 0) this.#shutdown();
    else this.#watchWrites();
  };

  /** Returns whether it is connected. */
  #opened(attempt: ConnectAttempt): boolean {
    const { host } = this.channel.ctx;
    const { outgoing } = IoMemory.of(this.channel.ctx);
    const ret = host.getsockopt(this.channel.fd, SOL_SOCKET, SO_ERROR, outgoing);
    const error = ret < 0 ? ret : outgoing.i32[0]!;
    if (error !== 0) {
      this.fail(error, attempt.what);
      return false;
    }
    this.#attempt = null;
    attempt.settled();
    this.#watchReads();
    this.#handlers?.onOpen?.();
    return !this.#closed;
  }

  #shutdown(): void {
    this.#writing?.dispose();
    this.#writing = null;
    const ret = this.channel.shutdown(SHUT_WR);
    // The peer may be gone already.
    if (ret < 0 && ret !== -ENOTCONN) this.fail(ret, 'shutdown of a socket');
    else {
      this.#shut = true;
      this.#closeIfOver();
    }
  }

  #closeIfOver(): void {
    if (this.#peerEnded && this.#shut && !this.#closed) this.#close(null);
  }

  #close(error: HostError | null): void {
    this.dispose();
    this.#handlers?.onClose?.(error);
  }

  #touch(): void {
    if (this.#idleMs > 0) this.#timer!.modIn(this.#idleMs);
  }
}
