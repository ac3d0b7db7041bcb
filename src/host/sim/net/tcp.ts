/** TCP over the simulated loopback, as a program sees it: no segments, but their times and order. */
import { AF_INET6, POLLERR, POLLHUP, POLLRDHUP } from '../../constants.ts';
import {
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EISCONN,
  ENETUNREACH,
  ENOTCONN,
  EPIPE,
} from '../../errno.ts';
import type { HostBuffer } from '../../host.ts';
import {
  familyOf,
  type InetSocketAddress,
  isUnixAddress,
  type SocketAddress,
} from '../../sockaddr.ts';
import { type OpenFile, READABLE, WRITABLE } from '../file.ts';
import { ByteRing } from './byte-ring.ts';
import { shakeHands } from './handshake.ts';
import { InetSocket } from './inet.ts';
import { isLocal, type Loopback, reached } from './loopback.ts';

type State = 'closed' | 'connecting' | 'connected';

export class TcpSocket extends InetSocket {
  readonly #net: Loopback<TcpSocket>;
  readonly #received = new ByteRing();
  #state: State = 'closed';
  #remote: InetSocketAddress | null = null;
  #peer: TcpSocket | null = null;
  /** Bytes that we sent and the peer has not read, as far as we know. */
  #queued = 0;
  /** When the last of our packets arrives, ns. */
  #lastNs = 0;
  /** Whether the peer's FIN has come: then a read after all bytes is the end of file. */
  #finished = false;
  #finSent = false;
  /** Whether its descriptors are closed. */
  #released = false;
  /** Whether a failed or finished connect was reported by connect itself. */
  #outcomeKnown = true;

  constructor(domain: number, flags: number, net: Loopback<TcpSocket>) {
    super(domain, flags);
    this.#net = net;
    this.update();
  }

  protected assign(address: InetSocketAddress): InetSocketAddress | number {
    return this.#net.bind(this, address);
  }

  peerName(): InetSocketAddress | null | number {
    return this.#state === 'connected' ? this.#remote : -ENOTCONN;
  }

  protected get isIdle(): boolean {
    return this.#state === 'closed';
  }

  // Connecting

  connect(address: SocketAddress): number {
    if (this.#state === 'connecting') return -EALREADY;
    if (!this.#outcomeKnown) return this.#outcome();
    if (this.listens || this.#state === 'connected') return -EISCONN;
    if (isUnixAddress(address) || familyOf(address) !== this.domain) return -EAFNOSUPPORT;
    const to = reached(address);
    if (!isLocal(to)) return -ENETUNREACH;
    const from = { host: this.domain === AF_INET6 ? '::1' : '127.0.0.1', port: 0 };
    const ret = this.local === null ? this.bind(from) : 0;
    if (ret < 0) return ret;
    this.local = { ...from, port: this.local!.port };
    this.#remote = to;
    this.#state = 'connecting';
    this.readShut = this.writeShut = false;
    this.#outcomeKnown = false;
    this.update();
    shakeHands(this.#net, to, {
      isOpen: () => this.#isConnecting(),
      failed: (error) => this.#failed(error),
      reached: (listener) => this.#established(listener),
    });
    return -EINPROGRESS;
  }

  connecting(): number | null {
    return this.#state === 'connecting' ? null : this.#outcome();
  }

  #outcome(): number {
    this.#outcomeKnown = true;
    const error = this.takeError();
    if (error !== 0) return -error;
    return this.#state === 'connected' ? 0 : -ECONNREFUSED;
  }

  #isConnecting(): boolean {
    return this.#state === 'connecting' && !this.#released;
  }

  #failed(error: number): void {
    if (!this.#isConnecting()) return;
    this.error = error;
    this.#over();
  }

  #established(listener: TcpSocket): void {
    if (!this.#isConnecting()) return;
    this.#state = 'connected';
    const socket = new TcpSocket(listener.domain, 0, this.#net);
    const isMapped = listener.domain !== this.domain;
    const mapped = ({ host, port }: InetSocketAddress): InetSocketAddress =>
      isMapped ? { host: `::ffff:${host}`, port } : { host, port };
    socket.#state = 'connected';
    socket.local = mapped(this.#remote!);
    socket.#remote = mapped(this.local!);
    socket.reuse = listener.reuse;
    socket.#peer = this;
    this.#peer = socket;
    this.#net.hold(socket, socket.local.port);
    socket.update();
    this.update();
    this.file.wake(WRITABLE);
    this.#send(() => listener.arrived(socket));
  }

  // Bytes

  read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count === 0) return 0;
    const n = this.#received.take(buf.u8, offset, count);
    if (n === 0) return this.#readNothing();
    const peer = this.#peer;
    if (peer !== null) this.#send(() => peer.#acknowledged(n));
    this.update();
    return n;
  }

  #readNothing(): number {
    if (this.#finished) return 0;
    const error = this.takeError();
    if (error !== 0) return -error;
    if (this.readShut) return 0;
    return this.#state === 'closed' ? -ENOTCONN : -EAGAIN;
  }

  write(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (this.#state === 'connecting') return -EAGAIN;
    if (this.error !== 0) return -this.takeError();
    if (this.writeShut || this.#state === 'closed') return -EPIPE;
    const n = Math.min(count, this.sendCapacity() - this.#queued);
    if (n <= 0) return count === 0 ? 0 : -EAGAIN;
    const bytes = buf.u8.slice(offset, offset + n);
    this.#queued += n;
    this.update();
    const peer = this.#peer;
    if (peer !== null) this.#send(() => peer.#receive(bytes));
    return n;
  }

  #receive(bytes: Uint8Array): void {
    // Nobody can read them: the answer is a reset.
    if (this.#released) {
      this.abort();
      return;
    }
    this.#received.put(bytes, 0, bytes.length);
    this.update();
    this.file.wake(READABLE);
  }

  #acknowledged(n: number): void {
    const wasFull = !this.#writable();
    this.#queued -= n;
    this.update();
    if (wasFull && this.#writable()) this.file.wake(WRITABLE);
  }

  amount(): number {
    return this.#received.size;
  }

  // The end

  protected shut(read: boolean, write: boolean): number {
    if (this.#state === 'connecting') {
      this.error = ECONNRESET;
      this.#over();
      return 0;
    }
    if (this.listens) {
      if (read) this.stopListening();
      return 0;
    }
    if (this.#state === 'closed') return -ENOTCONN;
    this.readShut ||= read;
    if (write) this.#sendFin();
    this.update();
    this.file.wake(0);
    return 0;
  }

  #sendFin(): void {
    this.writeShut = true;
    if (this.#finSent) return;
    this.#finSent = true;
    const peer = this.#peer;
    if (peer !== null) this.#send(() => peer.#finArrived());
  }

  #finArrived(): void {
    if (this.#state !== 'connected') return;
    this.#finished = true;
    this.readShut = true;
    this.update();
    this.file.wake(0);
  }

  /** Sends a reset. */
  abort(): void {
    const peer = this.#peer;
    this.#peer = null;
    this.#state = 'closed';
    if (this.local !== null) this.#net.drop(this, this.local.port, false);
    if (peer !== null) this.#send(() => peer.#resetArrived());
  }

  #resetArrived(): void {
    if (this.#state !== 'connected') return;
    this.error = this.#finished ? EPIPE : ECONNRESET;
    this.#peer = null;
    this.#over();
  }

  /** The connection is over, or never was. */
  #over(): void {
    this.#state = 'closed';
    this.readShut = this.writeShut = true;
    this.update();
    this.file.wake(0);
  }

  release(): void {
    this.#released = true;
    if (this.listens) this.stopListening();
    const isConnected = this.#state === 'connected';
    if (isConnected && this.#received.size > 0) {
      this.abort();
      return;
    }
    const closesFirst = isConnected && !this.#finished;
    if (isConnected) this.#sendFin();
    if (this.local !== null) this.#net.drop(this, this.local.port, closesFirst);
  }

  poll(): number {
    if (this.listens) return this.hasPending ? READABLE : 0;
    const error = this.error === 0 ? 0 : POLLERR;
    if (this.#state === 'connecting') return error;
    const isOver = (this.readShut && this.writeShut) || this.#state === 'closed';
    return (
      (this.#received.size > 0 ? READABLE : 0) |
      (this.readShut ? READABLE | POLLRDHUP : 0) |
      (isOver ? POLLHUP : 0) |
      error |
      (this.writeShut || this.#writable() ? WRITABLE : 0)
    );
  }

  protected sendCapacity(): number {
    if (this.sendBuffer === 0) return this.#net.capacity;
    return this.sendBuffer + (this.#peer === null ? 0 : this.#peer.receiveBuffer);
  }

  protected receiveCapacity(): number {
    return this.receiveBuffer === 0 ? this.#net.capacity : this.receiveBuffer;
  }

  /** A third of the room must be free. */
  #writable(): boolean {
    const free = this.sendCapacity() - this.#queued;
    return free > 0 && free >= this.#queued >> 1;
  }

  #send(arrive: () => void): void {
    this.#lastNs = this.#net.send(arrive, this.#lastNs);
  }
}
