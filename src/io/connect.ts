import type { AioContext } from '../aio/aio-context.ts';
import { QEMU_CLOCK_REALTIME } from '../aio/clock.ts';
import type { QemuTimer } from '../aio/timer.ts';
import { checkObject } from '../host/arguments.ts';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from '../host/constants.ts';
import { check, EAGAIN, EINPROGRESS, EINTR, ETIMEDOUT } from '../host/errno.ts';
import type { HostBuffer } from '../host/host.ts';
import { anInteger, anything, checkShape, type Shape } from '../host/shape.ts';
import {
  addressText,
  checkAddress,
  familyOf,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
} from '../host/sockaddr.ts';
import { Connection } from './connection.ts';
import type { ConnectAttempt, ConnectionHandlers } from './connection-handlers.ts';
import { CONNECTION_SHAPE } from './connection-handlers.ts';
import { contextOf, type IoLoop, ignoreSigpipe, setNoDelay } from './io-loop.ts';

/** How often a unix socket whose backlog is full is tried again, ms: the kernel does not tell. */
const RETRY_MS = 10;
const LONGEST_MS = 0x7fffffff;

export interface ConnectOptions extends ConnectionHandlers {
  readonly loop: IoLoop;
  readonly address: SocketAddress;
  /** Ends the attempt with ETIMEDOUT, ms; by default it is left to the kernel (about 2 minutes). */
  readonly timeoutMs?: number | undefined;
}

const OPTIONS: Shape<ConnectOptions> = {
  loop: anything,
  address: anything,
  timeoutMs: anInteger(0, LONGEST_MS),
  ...CONNECTION_SHAPE,
};

/**
 * Begins to connect, and starts the connection with these handlers: onOpen is called once it is
 * connected, or onClose with the error. What is written before is sent then. QEMU:
 * qio_channel_socket_connect_async.
 * @throws TypeError, RangeError for wrong options; HostError if no descriptor is left
 */
export function connect(options: ConnectOptions): Connection {
  checkObject(options, 'connect: options', '{ loop, address }');
  checkShape(options, 'connect', OPTIONS);
  const { loop, address, timeoutMs = 0, ...handlers } = options;
  const ctx = contextOf(loop, 'connect');
  checkAddress(address, 'connect');
  ignoreSigpipe(ctx.host);
  const attempt = new Attempt(ctx, address);
  return attempt.begin(handlers, timeoutMs);
}

class Attempt implements ConnectAttempt {
  readonly what: string;
  isUnderWay = false;
  readonly #ctx: AioContext;
  readonly #address: HostBuffer;
  readonly #length: number;
  readonly #family: number;
  /** Tries again, or reports the failure, from the loop. */
  readonly #again: QemuTimer;
  readonly #timeout: QemuTimer;
  #connection: Connection | null = null;
  #failure = 0;

  constructor(ctx: AioContext, address: SocketAddress) {
    this.#ctx = ctx;
    this.what = `connect to ${addressText(address)}`;
    this.#family = familyOf(address);
    this.#address = ctx.host.alloc(SOCKADDR_SIZE);
    this.#length = putSockaddr(this.#address, address);
    const { timers } = ctx;
    this.#again = timers.newTimer(QEMU_CLOCK_REALTIME, 'connect', () => this.#try());
    this.#timeout = timers.newTimer(QEMU_CLOCK_REALTIME, 'connect timeout', () => {
      this.#connection!.fail(ETIMEDOUT, this.what);
    });
  }

  begin(handlers: ConnectionHandlers, timeoutMs: number): Connection {
    const { host } = this.#ctx;
    const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = check(host.socket(this.#family, type, 0), 'socket');
    this.#connection = new Connection(this.#ctx, fd, true, this);
    try {
      this.#connection.start(handlers);
    } catch (error) {
      this.#connection.dispose();
      throw error;
    }
    if (this.#family !== AF_UNIX) setNoDelay(host, fd);
    if (timeoutMs > 0) this.#timeout.modIn(timeoutMs);
    this.#try();
    return this.#connection;
  }

  settled(): void {
    this.#again.dispose();
    this.#timeout.dispose();
  }

  #try(): void {
    const connection = this.#connection!;
    if (this.#failure !== 0) {
      connection.fail(this.#failure, this.what);
      return;
    }
    const ret = this.#ctx.host.connect(connection.channel.fd, this.#address, this.#length);
    if (ret >= 0 || ret === -EINPROGRESS || ret === -EINTR) {
      this.isUnderWay = true;
      connection.attempted();
    } else if (ret === -EAGAIN && this.#family === AF_UNIX) {
      this.#again.modIn(RETRY_MS);
    } else {
      this.#failure = ret;
      this.#again.modIn(0);
    }
  }
}
