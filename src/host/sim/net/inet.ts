/** The name, the backlog and the options of an IP socket. */
import {
  AF_INET6,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  O_NONBLOCK,
  SOMAXCONN,
  TCP_NODELAY,
} from '../../constants.ts';
import { EAFNOSUPPORT, EAGAIN, EINVAL } from '../../errno.ts';
import {
  familyOf,
  type InetSocketAddress,
  isUnixAddress,
  type SocketAddress,
} from '../../sockaddr.ts';
import { READABLE } from '../file.ts';
import { Socket } from './socket.ts';

export abstract class InetSocket extends Socket {
  local: InetSocketAddress | null = null;
  onlyV6 = false;
  /** Connections that wait to be accepted. */
  readonly #pending: InetSocket[] = [];

  constructor(domain: number, flags: number) {
    super(domain, flags, 0);
  }

  /** Takes an address for the socket. Returns it with its port, or -errno. */
  protected abstract assign(address: InetSocketAddress): InetSocketAddress | number;

  get name(): InetSocketAddress {
    return this.local ?? { host: this.domain === AF_INET6 ? '::' : '0.0.0.0', port: 0 };
  }

  peerCredentials(): readonly [number, number, number] {
    return [0, -1, -1];
  }

  /** Whether it is not connected, nor about to be. */
  protected abstract get isIdle(): boolean;
  /** Sends a reset. */
  abstract abort(): void;

  bind(address: SocketAddress): number {
    if (isUnixAddress(address) || familyOf(address) !== this.domain) return -EAFNOSUPPORT;
    if (this.local !== null) return -EINVAL;
    const bound = this.assign(address);
    if (typeof bound === 'number') return bound;
    this.local = bound;
    return 0;
  }

  listen(backlog: number): number {
    if (!this.isIdle) return -EINVAL;
    const ret = this.local === null ? this.bind(this.name) : 0;
    if (ret < 0) return ret;
    this.backlog = backlog < 0 ? SOMAXCONN : Math.min(backlog, SOMAXCONN);
    this.update();
    return 0;
  }

  accept(flags: number): Socket | number {
    if (!this.listens) return -EINVAL;
    const socket = this.#pending.shift();
    if (socket === undefined) return -EAGAIN;
    if ((flags & O_NONBLOCK) !== 0) socket.file.flags |= O_NONBLOCK;
    this.update();
    return socket;
  }

  /** Whether no further connection may wait. */
  get isFull(): boolean {
    return this.#pending.length > this.backlog;
  }

  protected get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** A connection is complete. */
  arrived(socket: InetSocket): void {
    if (!this.listens) {
      socket.abort();
      return;
    }
    this.#pending.push(socket);
    this.update();
    this.file.wake(READABLE);
  }

  protected stopListening(): void {
    this.backlog = -1;
    for (const socket of this.#pending.splice(0)) socket.abort();
    this.update();
  }

  override option(level: number, option: number): { readonly value: number } | number {
    const isOnly = level === IPPROTO_IPV6 && option === IPV6_V6ONLY && this.domain === AF_INET6;
    return isOnly ? { value: this.onlyV6 ? 1 : 0 } : super.option(level, option);
  }

  override setOption(level: number, option: number, value: number): number {
    if (level === IPPROTO_TCP && option === TCP_NODELAY) this.noDelay = value === 0 ? 0 : 1;
    else if (level === IPPROTO_IPV6 && option === IPV6_V6ONLY && this.domain === AF_INET6) {
      if (this.local !== null) return -EINVAL;
      this.onlyV6 = value !== 0;
    } else return super.setOption(level, option, value);
    return 0;
  }
}
