/** AF_UNIX stream sockets, as Linux has them. */
import {
  AF_UNIX,
  IPPROTO_TCP,
  O_NONBLOCK,
  POLLERR,
  POLLHUP,
  POLLRDHUP,
  SOCK_STREAM,
  SOMAXCONN,
} from '../../constants.ts';
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  ENOENT,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  ESOCKTNOSUPPORT,
} from '../../errno.ts';
import type { HostBuffer } from '../../host.ts';
import { isUnixAddress, type SocketAddress, type UnixSocketAddress } from '../../sockaddr.ts';
import { WRITABLE as FILE_WRITABLE, type OpenFile, READABLE } from '../file.ts';
import type { FileSystem } from '../regular.ts';
import { SKB_MOST, SkbQueue, truesize } from './skb-queue.ts';
import { Socket } from './socket.ts';

/** Sockets report POLLWRBAND too. */
const WRITABLE = FILE_WRITABLE | 0x200;

/** net.core.wmem_default. */
const SNDBUF = 212992;

type Credentials = readonly [pid: number, uid: number, gid: number];
const NO_CREDENTIALS: Credentials = [0, -1, -1];

/** The names of unix sockets: paths, and abstract ones. */
export class UnixNames {
  readonly #files: FileSystem;
  readonly #abstract = new Map<string, UnixSocket>();
  /** Those of the simulated process. */
  readonly credentials: Credentials;

  constructor(files: FileSystem, credentials: Credentials) {
    this.#files = files;
    this.credentials = credentials;
  }

  take({ path, abstract }: UnixSocketAddress, socket: UnixSocket): number {
    if (abstract !== true) return this.#files.bindSocket(path, socket) ? 0 : -EADDRINUSE;
    if (this.#abstract.has(path)) return -EADDRINUSE;
    this.#abstract.set(path, socket);
    return 0;
  }

  /** A path outlives its socket; an abstract name does not. */
  drop({ path, abstract }: UnixSocketAddress, socket: UnixSocket): void {
    if (abstract === true && this.#abstract.get(path) === socket) this.#abstract.delete(path);
  }

  /** The socket of this name, or -errno. */
  find({ path, abstract }: UnixSocketAddress): UnixSocket | number {
    if (abstract === true) return this.#abstract.get(path) ?? -ECONNREFUSED;
    if (this.#files.find(path) === undefined) return -ENOENT;
    const socket = this.#files.socketAt(path);
    return socket instanceof UnixSocket ? socket : -ECONNREFUSED;
  }
}

export class UnixSocket extends Socket {
  peer: UnixSocket | null = null;
  readonly #names: UnixNames | null;
  readonly #received = new SkbQueue();
  /** Memory of what we sent and the peer has not read yet. */
  #sent = 0;
  #connected = false;
  #bound: UnixSocketAddress | null = null;
  #peerName: UnixSocketAddress | null = null;
  #peerCredentials = NO_CREDENTIALS;
  /** Connections that wait to be accepted. */
  readonly #pending: UnixSocket[] = [];

  constructor(flags: number, names: UnixNames | null) {
    super(AF_UNIX, flags, 0);
    this.#names = names;
    this.update();
  }

  get name(): UnixSocketAddress | null {
    return this.#bound;
  }

  peerName(): UnixSocketAddress | null | number {
    return this.#connected ? this.#peerName : -ENOTCONN;
  }

  peerCredentials(): Credentials {
    return this.#peerCredentials;
  }

  bind(address: SocketAddress): number {
    if (!isUnixAddress(address) || this.#bound !== null) return -EINVAL;
    const ret = this.#names!.take(address, this);
    if (ret === 0) this.#bound = address;
    return ret;
  }

  listen(backlog: number): number {
    if (this.#bound === null || this.#connected) return -EINVAL;
    this.backlog = backlog < 0 ? SOMAXCONN : Math.min(backlog, SOMAXCONN);
    this.#peerCredentials = this.#names!.credentials;
    this.update();
    return 0;
  }

  accept(flags: number): Socket | number {
    if (!this.listens) return -EINVAL;
    const socket = this.#pending.shift();
    if (socket === undefined) return this.readShut ? -EINVAL : -EAGAIN;
    if ((flags & O_NONBLOCK) !== 0) socket.file.flags |= O_NONBLOCK;
    this.update();
    return socket;
  }

  connect(address: SocketAddress): number {
    if (!isUnixAddress(address)) return -EINVAL;
    const other = this.#names!.find(address);
    if (typeof other === 'number') return other;
    if (!other.listens || other.readShut) return -ECONNREFUSED;
    if (other.#pending.length > other.backlog) return -EAGAIN;
    if (this.#connected) return -EISCONN;
    if (this.listens) return -EINVAL;
    const socket = new UnixSocket(0, this.#names);
    pair(this, socket, this.#names!.credentials);
    socket.#bound = other.#bound;
    this.#peerName = other.#bound;
    socket.#peerName = this.#bound;
    other.#pending.push(socket);
    other.update();
    other.file.wake(READABLE);
    return 0;
  }

  connecting(address: SocketAddress): number | null {
    const ret = this.connect(address);
    return ret === -EAGAIN ? null : ret;
  }

  /** @internal */
  pairWith(other: UnixSocket, credentials: Credentials): void {
    this.peer = other;
    this.#connected = true;
    this.#peerCredentials = credentials;
    this.update();
  }

  override setOption(level: number, option: number, value: number): number {
    return level === IPPROTO_TCP ? -EOPNOTSUPP : super.setOption(level, option, value);
  }

  protected override tcpOption(): number {
    return -EOPNOTSUPP;
  }

  protected sendCapacity(): number {
    return this.sendBuffer === 0 ? SNDBUF : this.sendBuffer;
  }

  protected receiveCapacity(): number {
    return this.receiveBuffer === 0 ? SNDBUF : this.receiveBuffer;
  }

  protected shut(read: boolean, write: boolean): number {
    this.#shutDown(read, write);
    // The other side of a direction that is shut down is too.
    if (this.peer !== null) this.peer.#shutDown(write, read);
    return 0;
  }

  #shutDown(read: boolean, write: boolean): void {
    this.readShut ||= read;
    this.writeShut ||= write;
    this.update();
    this.file.wake(0);
  }

  read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (!this.#connected) return -EINVAL;
    if (count === 0) return 0;
    if (this.#received.empty) return this.#readNothing();
    let done = 0;
    while (done < count && !this.#received.empty) {
      done += this.#received.take(buf.u8, offset + done, count - done);
      const length = this.#received.dropEmpty();
      if (length > 0 && this.peer !== null) this.peer.#freed(truesize(length));
    }
    this.update();
    return done;
  }

  #readNothing(): number {
    const error = this.takeError();
    if (error !== 0) return -error;
    return this.readShut ? 0 : -EAGAIN;
  }

  write(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (!this.#connected) return -ENOTCONN;
    if (this.writeShut || this.peer === null || this.peer.readShut) return -EPIPE;
    const capacity = this.sendCapacity();
    let done = 0;
    while (done < count && this.#sent < capacity) {
      const n = Math.min(count - done, (capacity >> 1) - 64, SKB_MOST);
      this.#sent += truesize(n);
      this.peer.#received.put(buf.u8, offset + done, n);
      done += n;
      this.peer.update();
      this.peer.file.wake(READABLE);
    }
    this.update();
    return done === 0 && count > 0 ? -EAGAIN : done;
  }

  poll(): number {
    if (this.listens) return this.#pending.length > 0 ? READABLE : 0;
    const isOver = (this.readShut && this.writeShut) || !this.#connected;
    return (
      (this.#received.empty ? 0 : READABLE) |
      (this.readShut ? READABLE | POLLRDHUP : 0) |
      (isOver ? POLLHUP : 0) |
      (this.error === 0 ? 0 : POLLERR) |
      (this.#writable() ? WRITABLE : 0)
    );
  }

  release(): void {
    if (this.#bound !== null) this.#names?.drop(this.#bound, this);
    for (const socket of this.#pending.splice(0)) socket.#hangUp(true);
    this.backlog = -1;
    this.#hangUp(!this.#received.empty);
  }

  /** @param resets whether the peer's unread bytes, or its connection, are lost */
  #hangUp(resets: boolean): void {
    const { peer } = this;
    if (peer === null) return;
    this.peer = null;
    peer.peer = null;
    peer.#sent = 0;
    if (resets) peer.error = ECONNRESET;
    peer.#shutDown(true, true);
  }

  amount(): number {
    return this.#received.size;
  }

  #freed(bytes: number): void {
    this.#sent -= bytes;
    this.update();
    if (this.#writable()) this.file.wake(WRITABLE);
  }

  #writable(): boolean {
    return this.#sent * 4 < this.sendCapacity();
  }
}

function pair(a: UnixSocket, b: UnixSocket, credentials: Credentials): void {
  a.pairWith(b, credentials);
  b.pairWith(a, credentials);
}

/** socketpair(2) of stream sockets. Returns 0 with both ends in out, or -errno. */
export function newSocketPair(
  domain: number,
  type: number,
  credentials: Credentials,
  out: OpenFile[],
): number {
  const flags = type & ~0xf;
  if (domain !== AF_UNIX) return -EAFNOSUPPORT;
  if ((flags & ~(O_NONBLOCK | 0o2000000)) !== 0) return -EINVAL;
  if ((type & 0xf) !== SOCK_STREAM) return -ESOCKTNOSUPPORT;
  const a = new UnixSocket(flags, null);
  const b = new UnixSocket(flags, null);
  pair(a, b, credentials);
  out[0] = a.file;
  out[1] = b.file;
  return 0;
}
