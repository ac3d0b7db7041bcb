/** The simulated loopback network: its ports, and how packets go over it. */
import { AF_INET, AF_INET6 } from '../../constants.ts';
import { EADDRINUSE, EADDRNOTAVAIL } from '../../errno.ts';
import { familyOf, type InetSocketAddress } from '../../sockaddr.ts';
import type { VirtualClock } from '../clock.ts';
import { SimEvent } from '../event-queue.ts';

/** The first and the last port that a socket gets by itself: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32768;
const LAST_PORT = 60999;
/** How long a port stays taken after a connection that this side has closed first, ns. */
const TIME_WAIT_NS = 60e9;
/** Bytes that may be under way in one direction: a little less than what Linux allows. */
const CAPACITY = 2_000_000;

/** A socket that takes part in a port. */
export interface PortUser {
  readonly domain: number;
  readonly local: InetSocketAddress | null;
  readonly listens: boolean;
  readonly reuse: boolean;
  readonly onlyV6: boolean;
}

/** A packet on its way. */
class Packet extends SimEvent {
  readonly #arrive: () => void;
  constructor(arrive: () => void) {
    super();
    this.#arrive = arrive;
  }
  override fire(): void {
    this.#arrive();
  }
}

/** How TCP behaves on the simulated host. May be changed at any time. */
export interface LoopbackOptions {
  /** How long a packet is under way, ns; at first 0. */
  delayNs: number;
  /** Bytes that may be under way in one direction, of sockets without SO_SNDBUF and SO_RCVBUF. */
  capacity: number;
  /**
   * Whether attempts to connect to a port are lost, as behind a firewall. At first none are; a port
   * without a listener refuses them.
   */
  drops: (port: number) => boolean;
}

export class Loopback<T extends PortUser> implements LoopbackOptions {
  delayNs = 0;
  capacity = CAPACITY;
  drops = (_port: number): boolean => false;
  readonly #clock: VirtualClock;
  /** Sockets by port, those that a listener has made too. */
  readonly #ports = new Map<number, Set<T>>();
  /** Until when a port is taken by what is left of a connection, and whether SO_REUSEADDR helps. */
  readonly #timeWaits = new Map<number, { readonly untilNs: number; readonly reuse: boolean }>();
  #nextPort = FIRST_PORT;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** A packet arrives after the delay, and not before those that were sent earlier. */
  send(arrive: () => void, lastNs = 0): number {
    const timeNs = Math.max(this.#clock.nowNs + this.delayNs, lastNs);
    if (timeNs <= this.#clock.nowNs) arrive();
    else this.#clock.schedule(new Packet(arrive), timeNs);
    return timeNs;
  }

  later(ns: number, act: () => void): void {
    this.#clock.schedule(new Packet(act), this.#clock.nowNs + ns);
  }

  /** bind(2). Returns the address with its port, or -errno. */
  bind(socket: T, address: InetSocketAddress): InetSocketAddress | number {
    if (!isLocal(address)) return -EADDRNOTAVAIL;
    const port = address.port === 0 ? this.#freePort() : address.port;
    if (port < 0) return port;
    for (const other of this.#ports.get(port) ?? []) {
      if (other.local !== null && !overlap(other.local, address)) continue;
      if (!socket.reuse || !other.reuse || other.listens) return -EADDRINUSE;
    }
    const reuse = this.#timeWait(port);
    if (reuse !== null && !(reuse && socket.reuse)) return -EADDRINUSE;
    this.hold(socket, port);
    return { host: address.host, port };
  }

  /** The socket takes part in a port. */
  hold(socket: T, port: number): void {
    const sockets = this.#ports.get(port);
    if (sockets === undefined) this.#ports.set(port, new Set([socket]));
    else sockets.add(socket);
  }

  drop(socket: T, port: number, waits: boolean): void {
    const sockets = this.#ports.get(port);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#ports.delete(port);
    if (!waits) return;
    const untilNs = this.#clock.nowNs + TIME_WAIT_NS;
    this.#timeWaits.set(port, { untilNs, reuse: socket.reuse });
  }

  /** The socket that listens where an address leads, the most exact one first. */
  listener(address: InetSocketAddress): T | null {
    const all = [...(this.#ports.get(address.port) ?? [])].filter((one) => one.listens);
    const exact = all.find(({ local }) => local!.host === address.host);
    const family = familyOf(address);
    const any = all.find((one) => isAny(one.local!.host) && one.domain === family);
    const dual = all.find((one) => one.local!.host === '::' && !one.onlyV6 && family === AF_INET);
    return exact ?? any ?? dual ?? null;
  }

  #freePort(): number {
    for (let i = FIRST_PORT; i <= LAST_PORT; i++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (!this.#ports.has(port) && this.#timeWait(port) === null) return port;
    }
    return -EADDRINUSE;
  }

  /** Whether what is left of a connection at this port can be shared; null if nothing is. */
  #timeWait(port: number): boolean | null {
    const left = this.#timeWaits.get(port);
    if (left === undefined) return null;
    if (left.untilNs > this.#clock.nowNs) return left.reuse;
    this.#timeWaits.delete(port);
    return null;
  }
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether an address is one of this machine, which has the loopback device only. */
export function isLocal({ host }: InetSocketAddress): boolean {
  return isAny(host) || host === '::1' || host.startsWith('127.');
}

/** The address that a connection to `address` ends up at. */
export function reached({ host, port }: InetSocketAddress): InetSocketAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}

function overlap(a: InetSocketAddress, b: InetSocketAddress): boolean {
  if (a.host === b.host || a.host === '::' || b.host === '::') return true;
  return (
    familyOf(a) === familyOf(b) && familyOf(a) !== AF_INET6 && (isAny(a.host) || isAny(b.host))
  );
}
