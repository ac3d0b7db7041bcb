import type { AioContext } from '../aio/aio-context.ts';
import { checkFunction, checkInteger } from '../host/arguments.ts';
import { F_GETFL, F_SETFL, O_NONBLOCK, POLLIN, POLLOUT } from '../host/constants.ts';
import { check, EBADF, EINTR, HostError } from '../host/errno.ts';
import type { Disposable, HostBuffer } from '../host/host.ts';
import { contextOf, type IoLoop } from './io-loop.ts';

/**
 * Called while one of the watched conditions holds, with that one: POLLIN or POLLOUT. The watch ends
 * if it returns false. QEMU: QIOChannelFunc.
 */
export type WatchCallback = (condition: number) => unknown;

class Watch implements Disposable {
  readonly #channel: IoChannel;
  readonly condition: number;
  readonly callback: WatchCallback;

  constructor(channel: IoChannel, condition: number, callback: WatchCallback) {
    this.#channel = channel;
    this.condition = condition;
    this.callback = callback;
  }

  dispose(): void {
    this.#channel.removeWatch(this);
  }
}

/**
 * A descriptor of bytes on a loop: non-blocking reads and writes, and watches that say when to try.
 * Connection makes streams of it. QEMU: QIOChannel.
 */
export class IoChannel implements Disposable {
  readonly ctx: AioContext;
  /** -1 once it is closed. */
  fd: number;
  #watches: readonly Watch[] = [];
  /** The conditions for which handlers are registered. */
  #registered = 0;

  /**
   * Takes a descriptor over, and makes it non-blocking. QEMU: qio_channel_set_blocking.
   * @param isNonblocking whether the caller knows that it is
   * @throws HostError (EBADF) if it is not open
   */
  constructor(loop: IoLoop, fd: number, isNonblocking = false) {
    this.ctx = contextOf(loop, 'IoChannel');
    checkInteger(fd, 'IoChannel: fd', 0, 0x7fffffff);
    this.fd = fd;
    if (isNonblocking) return;
    const { host } = this.ctx;
    const flags = check(host.fcntl(fd, F_GETFL, 0), `fcntl of fd ${fd}`);
    if ((flags & O_NONBLOCK) !== 0) return;
    check(host.fcntl(fd, F_SETFL, flags | O_NONBLOCK), `fcntl of fd ${fd}`);
  }

  /** Reads up to count bytes. Returns how many, 0 at the end, or -errno. QEMU: qio_channel_read. */
  read(buf: HostBuffer, offset: number, count: number): number {
    let ret: number;
    do ret = this.ctx.host.read(this.fd, buf, offset, count);
    while (ret === -EINTR);
    return ret;
  }

  /** Writes up to count bytes. Returns how many, or -errno. QEMU: qio_channel_write. */
  write(buf: HostBuffer, offset: number, count: number): number {
    let ret: number;
    do ret = this.ctx.host.write(this.fd, buf, offset, count);
    while (ret === -EINTR);
    return ret;
  }

  /**
   * Shuts a direction down, or both: SHUT_RD, SHUT_WR, SHUT_RDWR. Returns 0 or -errno. QEMU:
   * qio_channel_shutdown.
   */
  shutdown(how: number): number {
    return this.ctx.host.shutdown(this.fd, how);
  }

  /**
   * Calls a function whenever the descriptor is readable, hung up or in error (POLLIN), writable
   * (POLLOUT), or either (both bits), until it returns false or the watch is disposed of. QEMU:
   * qio_channel_add_watch.
   * @throws RangeError for other conditions, TypeError if it is not a function, HostError (EBADF) if
   *   the channel is closed
   */
  addWatch(condition: number, callback: WatchCallback): Disposable {
    checkInteger(condition, 'qio_channel_add_watch: the condition', 1, POLLIN | POLLOUT);
    if ((condition & ~(POLLIN | POLLOUT)) !== 0) {
      throw new RangeError('qio_channel_add_watch: expected POLLIN, POLLOUT, or both');
    }
    checkFunction(callback, 'qio_channel_add_watch: the callback');
    if (this.fd < 0) throw new HostError(EBADF, 'qio_channel_add_watch');
    const watch = new Watch(this, condition, callback);
    this.#watches = [...this.#watches, watch];
    this.#register();
    return watch;
  }

  /** @internal */
  removeWatch(watch: Disposable): void {
    if (!this.#watches.some((one) => one === watch)) return;
    this.#watches = this.#watches.filter((one) => one !== watch);
    this.#register();
  }

  /** Ends all watches, and closes the descriptor. Again, it does nothing. QEMU: qio_channel_close. */
  close(): void {
    const { fd } = this;
    if (fd < 0) return;
    this.#watches = [];
    this.#register();
    this.fd = -1;
    this.ctx.host.close(fd);
  }

  /** See close. */
  dispose(): void {
    this.close();
  }

  #register(): void {
    let wanted = 0;
    for (const { condition } of this.#watches) wanted |= condition;
    if (wanted === this.#registered || this.fd < 0) return;
    this.#registered = wanted;
    if (wanted === 0) {
      this.ctx.setFdHandler(this.fd, null);
      return;
    }
    this.ctx.setFdHandler(this.fd, {
      ioRead: (wanted & POLLIN) === 0 ? undefined : this.#readable,
      ioWrite: (wanted & POLLOUT) === 0 ? undefined : this.#writable,
      isExternal: true,
      name: `socket ${this.fd}`,
    });
  }

  readonly #readable = (): void => this.#call(POLLIN);
  readonly #writable = (): void => this.#call(POLLOUT);

  #call(condition: number): void {
    // A callback may change the list: it is replaced then.
    const watches = this.#watches;
    for (const watch of watches) {
      if ((watch.condition & condition) === 0) continue;
      if (watches !== this.#watches && !this.#watches.includes(watch)) continue;
      if (watch.callback(condition) === false) this.removeWatch(watch);
    }
  }
}
