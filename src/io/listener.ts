import type { AioContext } from '../aio/aio-context.ts';
import { QEMU_CLOCK_REALTIME } from '../aio/clock.ts';
import type { QemuTimer } from '../aio/timer.ts';
import { checkFunction, checkInteger, checkObject } from '../host/arguments.ts';
import {
  AF_UNIX,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDONLY,
  POLLIN,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SOMAXCONN,
} from '../host/constants.ts';
import {
  check,
  EADDRINUSE,
  EAGAIN,
  ECONNABORTED,
  ECONNREFUSED,
  EINTR,
  ENXIO,
  HostError,
} from '../host/errno.ts';
import type { Disposable, Host, HostBuffer } from '../host/host.ts';
import { anything, checkShape, type Shape } from '../host/shape.ts';
import {
  addressText,
  checkAddress,
  familyOf,
  isUnixAddress,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
  takeSockaddr,
} from '../host/sockaddr.ts';
import { IoChannel } from './channel.ts';
import { Connection } from './connection.ts';
import { contextOf, type IoLoop, ignoreSigpipe, setNoDelay } from './io-loop.ts';

/** Connections that are accepted in one round, so that many at once do not hold up the others. */
const MOST_AT_ONCE = 64;
/** How long it waits after an accept that failed for want of descriptors or memory, ms. */
const REST_MS = 100;

export interface ListenerCallbacks {
  readonly loop: IoLoop;
  /** Gets each connection; it reads nothing before its `start`. */
  readonly onConnection: (connection: Connection) => void;
  /**
   * An accept has failed, as with EMFILE. The listener goes on after 100 ms: meanwhile connections
   * wait in the backlog. By default errors are dropped.
   */
  readonly onError?: ((error: HostError) => void) | undefined;
}

export interface ListenerOptions extends ListenerCallbacks {
  /** Port 0 takes a free one, which `address` then has. */
  readonly address: SocketAddress;
  /** The most connections that wait to be accepted; by default 4096. */
  readonly backlog?: number | undefined;
}

const OPTIONS: Shape<ListenerOptions> = {
  loop: anything,
  onConnection: anything,
  onError: anything,
  address: anything,
  backlog: anything,
};

/** A socket that accepts connections. QEMU: QIONetListener. */
export class Listener implements Disposable {
  readonly channel: IoChannel;
  readonly #options: ListenerCallbacks;
  readonly #ctx: AioContext;
  readonly #rest: QemuTimer;
  /** The file to remove at the end, if this listener has made it. */
  readonly #path: string | null;
  #watch: Disposable | null = null;

  /**
   * Listens at an address. The file of a unix socket whose listener has died is replaced; the file
   * is removed at the end. TCP sockets get SO_REUSEADDR and TCP_NODELAY. QEMU:
   * qio_net_listener_open_sync.
   * @throws HostError if that fails: EADDRINUSE, EACCES, …; TypeError, RangeError for wrong options
   */
  constructor(options: ListenerOptions);
  /** Takes over a socket that listens already; see adoptFd. @internal */
  constructor(options: ListenerCallbacks, fd: number);
  constructor(options: ListenerOptions | ListenerCallbacks, fd = -1) {
    checkObject(options, 'Listener: options', '{ loop, address, onConnection }');
    if (fd < 0) checkShape(options as ListenerOptions, 'Listener', OPTIONS);
    const ctx = contextOf(options.loop, 'Listener');
    checkFunction(options.onConnection, 'Listener: onConnection');
    if (options.onError !== undefined) checkFunction(options.onError, 'Listener: onError');
    ignoreSigpipe(ctx.host);
    this.#ctx = ctx;
    this.#options = options;
    const own = fd < 0 ? openListener(ctx.host, options as ListenerOptions) : fd;
    this.channel = new IoChannel(ctx, own, fd < 0);
    const { address } = options as Partial<ListenerOptions>;
    const hasFile = fd < 0 && isUnixAddress(address!) && address.abstract !== true;
    this.#path = hasFile ? address.path : null;
    this.#rest = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'listener', () => this.#listen());
    try {
      this.#listen();
    } catch (error) {
      if (fd < 0) this.dispose();
      throw error;
    }
  }

  /** The address at which it listens, with its port; null once it is closed. */
  get address(): SocketAddress | null {
    const buffer = this.#ctx.host.alloc(SOCKADDR_SIZE);
    return takeSockaddr(buffer, this.#ctx.host.getsockname(this.channel.fd, buffer));
  }

  /**
   * Stops listening; connections that were accepted stay. Again, it does nothing. QEMU:
   * qio_net_listener_disconnect.
   */
  dispose(): void {
    if (this.channel.fd < 0) return;
    this.#rest.dispose();
    this.channel.close();
    if (this.#path !== null) this.#ctx.host.unlink(this.#path);
  }

  /** QEMU: qio_net_listener_set_client_func. */
  #listen(): void {
    this.#watch = this.channel.addWatch(POLLIN, this.#accept);
  }

  readonly #accept = (): void => {
    const { host } = this.#ctx;
    for (let i = 0; i < MOST_AT_ONCE && this.channel.fd >= 0; i++) {
      const fd = host.accept4(this.channel.fd, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) this.#options.onConnection(new Connection(this.#ctx, fd, true));
      else if (fd === -EAGAIN) return;
      else if (fd !== -EINTR && fd !== -ECONNABORTED) {
        this.#failed(new HostError(fd, 'accept4'));
        return;
      }
    }
  };

  /** It stays readable: without a rest the loop would spin. */
  #failed(error: HostError): void {
    this.#watch?.dispose();
    this.#watch = null;
    this.#rest.modIn(REST_MS);
    this.#options.onError?.(error);
  }
}

function openListener(host: Host, { address, backlog = SOMAXCONN }: ListenerOptions): number {
  checkAddress(address, 'Listener');
  checkInteger(backlog, 'Listener: backlog', 0, 0x7fffffff);
  const what = `listen at ${addressText(address)}`;
  const family = familyOf(address);
  const fd = check(host.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), what);
  try {
    if (family !== AF_UNIX) {
      const on = host.alloc(4);
      on.i32[0] = 1;
      check(host.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, 4), 'SO_REUSEADDR');
      setNoDelay(host, fd);
    }
    const buffer = host.alloc(SOCKADDR_SIZE);
    const length = putSockaddr(buffer, address);
    let ret = host.bind(fd, buffer, length);
    if (ret === -EADDRINUSE && isDead(host, address, buffer, length)) {
      ret = host.bind(fd, buffer, length);
    }
    check(ret, what);
    check(host.listen(fd, backlog), what);
    return fd;
  } catch (error) {
    host.close(fd);
    throw error;
  }
}

/** Removes the file of a unix socket at which nobody listens any more. Returns whether it did. */
function isDead(host: Host, address: SocketAddress, buffer: HostBuffer, length: number): boolean {
  if (!isUnixAddress(address) || address.abstract === true) return false;
  // Other files refuse a connection too, but only a socket cannot be opened.
  const file = host.open(address.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  if (file >= 0) host.close(file);
  if (file !== -ENXIO) return false;
  const fd = host.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const ret = fd < 0 ? fd : host.connect(fd, buffer, length);
  if (fd >= 0) host.close(fd);
  return ret === -ECONNREFUSED && host.unlink(address.path) === 0;
}
