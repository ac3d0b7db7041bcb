/** The calls on sockets. Each returns the kernel's result; the caller accounts for the time. */
import { areInts, isInt } from '../../arguments.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  O_CLOEXEC,
  O_NONBLOCK,
  SO_PEERCRED,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../constants.ts';
import {
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EINPROGRESS,
  EINTR,
  EINVAL,
  ENOTSOCK,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../../errno.ts';
import type { HostBuffer } from '../../host.ts';
import { putSockaddr, SOCKADDR_SIZE, type SocketAddress, takeSockaddr } from '../../sockaddr.ts';
import type { FdTable, OpenFile } from '../file.ts';
import { SimBuffer } from '../memory.ts';
import type { Scheduler } from '../scheduler.ts';
import { ASLEEP, SleepingCall, type Thread } from '../thread.ts';
import type { Loopback } from './loopback.ts';
import { Socket } from './socket.ts';
import { TcpSocket } from './tcp.ts';
import { type UnixNames, UnixSocket } from './unix.ts';

const FLAGS = O_NONBLOCK | O_CLOEXEC;
const TYPE_MASK = 0xf;
const INT_SIZE = 4;
const CREDENTIALS_SIZE = 12;

/** accept or connect of a thread that sleeps. It holds its file, which another may close. */
class SocketCall extends SleepingCall {
  readonly what: string;
  readonly detail: string;
  readonly #thread: Thread;
  readonly #file: OpenFile;
  readonly #step: () => number;

  /** @param step the call's result, or ASLEEP */
  constructor(what: string, fd: number, thread: Thread, file: OpenFile, step: () => number) {
    super();
    this.what = what;
    this.detail = `${what} of fd ${fd}`;
    this.#thread = thread;
    this.#file = file;
    this.#step = step;
    file.refs++;
  }

  again(): number {
    const ret = this.#step();
    if (ret !== ASLEEP) return ret;
    return this.#thread.endsCall() ? -EINTR : ASLEEP;
  }

  override over(): void {
    this.#file.release();
  }
}

export class SocketCalls {
  readonly #fds: FdTable;
  readonly #threads: Scheduler;
  readonly #names: UnixNames;
  readonly #net: Loopback<TcpSocket>;
  readonly #scratch = new SimBuffer(SOCKADDR_SIZE);

  constructor(fds: FdTable, threads: Scheduler, names: UnixNames, net: Loopback<TcpSocket>) {
    this.#fds = fds;
    this.#threads = threads;
    this.#names = names;
    this.#net = net;
  }

  socket(domain: number, type: number, protocol: number): number {
    if (!areInts(domain, type, protocol)) return -EINVAL;
    const flags = type & ~TYPE_MASK;
    if ((flags & ~FLAGS) !== 0) return -EINVAL;
    const isInet = domain === AF_INET || domain === AF_INET6;
    if (domain !== AF_UNIX && !isInet) return -EAFNOSUPPORT;
    if ((type & TYPE_MASK) !== SOCK_STREAM) return -ESOCKTNOSUPPORT;
    if (protocol !== 0 && protocol !== (isInet ? 6 : 1)) return -EPROTONOSUPPORT;
    const socket = isInet
      ? new TcpSocket(domain, flags, this.#net)
      : new UnixSocket(flags, this.#names);
    return this.#fds.install(socket.file, (flags & O_CLOEXEC) !== 0);
  }

  bind(fd: number, address: HostBuffer, length: number): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    const to = addressOf(address, length);
    return typeof to === 'number' ? to : socket.bind(to);
  }

  listen(fd: number, backlog: number): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    return isInt(backlog) ? socket.listen(backlog) : -EINVAL;
  }

  accept4(fd: number, flags: number): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    if (!isInt(flags) || (flags & ~FLAGS) !== 0) return -EINVAL;
    const step = (): number => {
      const made = socket.accept(flags);
      if (typeof made !== 'number') {
        const ret = this.#fds.install(made.file, (flags & O_CLOEXEC) !== 0);
        // The connection is lost.
        if (ret < 0) made.release();
        return ret;
      }
      return made === -EAGAIN ? ASLEEP : made;
    };
    const ret = step();
    return ret === ASLEEP ? this.#sleep('accept', fd, socket, -EAGAIN, step) : ret;
  }

  connect(fd: number, address: HostBuffer, length: number): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    const to = addressOf(address, length);
    if (typeof to === 'number') return to;
    const ret = socket.connect(to);
    if (ret !== -EAGAIN && ret !== -EINPROGRESS) return ret;
    const step = (): number => socket.connecting(to) ?? ASLEEP;
    if (!isNonblocking(socket.file)) {
      const now = step();
      if (now !== ASLEEP) return now;
    }
    return this.#sleep('connect', fd, socket, ret, step);
  }

  /** Sleeps, unless the socket does not block: then the result is `refusal`. */
  #sleep(what: string, fd: number, { file }: Socket, refusal: number, step: () => number): number {
    if (isNonblocking(file)) return refusal;
    const threads = this.#threads;
    return threads.sleep(new SocketCall(what, fd, threads.current, file, step), Infinity);
  }

  shutdown(fd: number, how: number): number {
    const socket = this.#socket(fd);
    return typeof socket === 'number' ? socket : socket.shutdown(how);
  }

  getsockname(fd: number, address: HostBuffer): number {
    const socket = this.#socket(fd);
    return typeof socket === 'number' ? socket : this.#giveName(socket, socket.name, address);
  }

  getpeername(fd: number, address: HostBuffer): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    if (!SimBuffer.has(address, 0, 0)) return -EINVAL;
    const name = socket.peerName();
    return typeof name === 'number' ? name : this.#giveName(socket, name, address);
  }

  getsockopt(fd: number, level: number, option: number, value: HostBuffer): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    if (!areInts(level, option) || !SimBuffer.has(value, 0, 0)) return -EINVAL;
    const words = this.#scratch.i32;
    if (level === SOL_SOCKET && option === SO_PEERCRED) {
      words.set(socket.peerCredentials());
      return this.#give(value, CREDENTIALS_SIZE);
    }
    const found = socket.option(level, option);
    if (typeof found === 'number') return found;
    words[0] = found.value;
    return this.#give(value, INT_SIZE);
  }

  setsockopt(fd: number, level: number, option: number, value: HostBuffer, length: number): number {
    const socket = this.#socket(fd);
    if (typeof socket === 'number') return socket;
    if (!areInts(level, option, length) || !SimBuffer.has(value, 0, length)) return -EINVAL;
    return length < INT_SIZE ? -EINVAL : socket.setOption(level, option, value.i32[0]!);
  }

  /** The socket of a descriptor, or -errno. */
  #socket(fd: number): Socket | number {
    const file = isInt(fd) ? this.#fds.get(fd) : undefined;
    if (file === undefined) return -EBADF;
    return file.node instanceof Socket ? file.node : -ENOTSOCK;
  }

  #giveName(socket: Socket, name: SocketAddress | null, address: HostBuffer): number {
    if (!SimBuffer.has(address, 0, 0)) return -EINVAL;
    const scratch = this.#scratch;
    let length = 2;
    if (name === null) scratch.view.setUint16(0, socket.domain, true);
    else length = putSockaddr(scratch, name);
    this.#give(address, length);
    return length;
  }

  /** Copies from the scratch memory, as far as the buffer goes. Returns how far. */
  #give(to: HostBuffer, length: number): number {
    const n = Math.min(length, to.size);
    to.u8.set(this.#scratch.u8.subarray(0, n));
    return n;
  }
}

function isNonblocking(file: OpenFile): boolean {
  return (file.flags & O_NONBLOCK) !== 0;
}

/** The address that a caller has given, or -errno. */
function addressOf(address: HostBuffer, length: number): SocketAddress | number {
  if (!isInt(length) || !SimBuffer.has(address, 0, length) || length > SOCKADDR_SIZE) {
    return -EINVAL;
  }
  const found = takeSockaddr(address, length);
  if (found !== null) return found;
  const isKnown = length > 2 && [AF_UNIX, AF_INET, AF_INET6].includes(address.u8[0]!);
  return isKnown || length <= 2 ? -EINVAL : -EAFNOSUPPORT;
}
