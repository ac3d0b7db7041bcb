/** The parts that all simulated sockets have. */
import {
  IPPROTO_TCP,
  O_NONBLOCK,
  O_RDWR,
  S_IFSOCK,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../constants.ts';
import { EINVAL, ENOPROTOOPT } from '../../errno.ts';
import type { HostBuffer } from '../../host.ts';
import type { SocketAddress } from '../../sockaddr.ts';
import { type FileNode, OpenFile } from '../file.ts';

/** The least value of SO_SNDBUF and SO_RCVBUF. */
const LEAST_BUFFER = 4608;
/** net.core.wmem_max, doubled. */
const MOST_BUFFER = 425984;

export abstract class Socket implements FileNode {
  readonly file: OpenFile;
  readonly domain: number;
  /** Whether each direction is shut down. */
  protected readShut = false;
  protected writeShut = false;
  /** The error that the next call reports, and SO_ERROR. */
  protected error = 0;
  /** Whether it listens, and how many connections may wait. */
  protected backlog = -1;
  reuse = false;
  protected noDelay = 0;
  /** Bytes; 0 until they are set. */
  protected sendBuffer = 0;
  protected receiveBuffer = 0;

  constructor(domain: number, flags: number, ready: number) {
    this.domain = domain;
    this.file = new OpenFile(this, O_RDWR | (flags & O_NONBLOCK), ready, true);
  }

  get mode(): number {
    return S_IFSOCK | 0o777;
  }

  get link(): string {
    return 'socket';
  }

  get listens(): boolean {
    return this.backlog >= 0;
  }

  abstract bind(address: SocketAddress): number;
  abstract listen(backlog: number): number;
  /** Returns -EAGAIN if a blocking call would wait. */
  abstract accept(flags: number): Socket | number;
  /** Returns -EAGAIN or -EINPROGRESS if a blocking call would wait. */
  abstract connect(address: SocketAddress): number;
  /** How a blocking connect goes on: its result, or null if it waits. */
  abstract connecting(address: SocketAddress): number | null;
  abstract get name(): SocketAddress | null;
  /** Or -errno. */
  abstract peerName(): SocketAddress | null | number;
  /** SO_PEERCRED: pid, uid, gid. */
  abstract peerCredentials(): readonly [number, number, number];
  protected abstract shut(read: boolean, write: boolean): number;
  abstract poll(): number;
  abstract read(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  abstract write(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  abstract amount(): number;
  abstract release(): void;

  shutdown(how: number): number {
    if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR) return -EINVAL;
    return this.shut(how !== SHUT_WR, how !== SHUT_RD);
  }

  /** getsockopt(2) of an int. Returns -errno; the value may be negative itself. */
  option(level: number, option: number): { readonly value: number } | number {
    if (level === IPPROTO_TCP) return this.tcpOption(option);
    if (level !== SOL_SOCKET) return -ENOPROTOOPT;
    switch (option) {
      case SO_ERROR:
        return { value: this.takeError() };
      case SO_TYPE:
        return { value: SOCK_STREAM };
      case SO_DOMAIN:
        return { value: this.domain };
      case SO_ACCEPTCONN:
        return { value: this.listens ? 1 : 0 };
      case SO_REUSEADDR:
        return { value: this.reuse ? 1 : 0 };
      case SO_SNDBUF:
        return { value: this.sendCapacity() };
      case SO_RCVBUF:
        return { value: this.receiveCapacity() };
      default:
        return -ENOPROTOOPT;
    }
  }

  /** setsockopt(2) of an int. */
  setOption(level: number, option: number, value: number): number {
    if (level !== SOL_SOCKET) return -ENOPROTOOPT;
    const bytes = Math.min(MOST_BUFFER, Math.max(LEAST_BUFFER, 2 * value));
    if (option === SO_REUSEADDR) this.reuse = value !== 0;
    else if (option === SO_SNDBUF) this.sendBuffer = bytes;
    else if (option === SO_RCVBUF) this.receiveBuffer = bytes;
    else return -ENOPROTOOPT;
    this.update();
    return 0;
  }

  /** Bytes that may be under way from it, or to it. */
  protected abstract sendCapacity(): number;
  protected abstract receiveCapacity(): number;

  protected tcpOption(option: number): { readonly value: number } | number {
    return option === TCP_NODELAY ? { value: this.noDelay } : -ENOPROTOOPT;
  }

  /** The error is reported once. */
  protected takeError(): number {
    const { error } = this;
    this.error = 0;
    if (error !== 0) this.update();
    return error;
  }

  protected update(): void {
    this.file.ready = this.poll();
  }
}
