/** Addresses of sockets, and their bytes: struct sockaddr_un, sockaddr_in and sockaddr_in6. */

import { checkObject, checkString, shown } from './arguments.ts';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.ts';
import type { HostBuffer } from './host.ts';

/** A unix socket's. QEMU: UnixSocketAddress. */
export interface UnixSocketAddress {
  /** The file's; or the name, if it is abstract. */
  readonly path: string;
  /** Whether it is a name without a file, which ends with the socket; by default false. */
  readonly abstract?: boolean | undefined;
}

/** A TCP socket's. QEMU: InetSocketAddress. */
export interface InetSocketAddress {
  /** IPv4 or IPv6, in numbers; or `localhost`, which is 127.0.0.1. */
  readonly host: string;
  /** 0 for any that is free, to listen. */
  readonly port: number;
}

/** The address that a socket listens at, or connects to. QEMU: SocketAddress. */
export type SocketAddress = UnixSocketAddress | InetSocketAddress;

/** Bytes of the longest address: struct sockaddr_un. */
export const SOCKADDR_SIZE = 110;

const UNIX_PATH_SIZE = 108;
const INET_SIZE = 16;
const INET6_SIZE = 28;

export function isUnixAddress(address: SocketAddress): address is UnixSocketAddress {
  return 'path' in address;
}

/** AF_UNIX, AF_INET or AF_INET6. */
export function familyOf(address: SocketAddress): number {
  if (isUnixAddress(address)) return AF_UNIX;
  return address.host.includes(':') ? AF_INET6 : AF_INET;
}

/** For people: `/run/socket`, `@name` if it is abstract, `127.0.0.1:80`, `[::1]:80`. */
export function addressText(address: SocketAddress): string {
  if (isUnixAddress(address)) return `${address.abstract === true ? '@' : ''}${address.path}`;
  const { host, port } = address;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @throws TypeError, RangeError if it is not an address */
export function checkAddress(address: SocketAddress, what: string): void {
  checkObject(address, `${what}: the address`, '{ path } or { host, port }');
  if (isUnixAddress(address)) {
    checkString(address.path, `${what}: the path`);
    unixBytes(address, what);
    return;
  }
  checkString(address.host, `${what}: the host`);
  const { host, port } = address;
  if (inetBytes(host) === null && inet6Of(host) === null) {
    const resolve = 'expected an IP address; node:dns finds that of a name';
    throw new RangeError(`${what}: the host is ${shown(host)}: ${resolve}`);
  }
  if (Number.isInteger(port) && port >= 0 && port <= 0xffff) return;
  throw new RangeError(`${what}: the port is ${shown(port)}: expected an integer from 0 to 65535`);
}

/**
 * Writes an address as a struct sockaddr at the start of a buffer of SOCKADDR_SIZE bytes. Returns
 * its length, for Host.bind and Host.connect.
 * @throws TypeError, RangeError if it is not an address, or the buffer is too small
 */
export function putSockaddr(buffer: HostBuffer, address: SocketAddress): number {
  checkObject(buffer, 'putSockaddr: the buffer', 'a HostBuffer');
  checkAddress(address, 'putSockaddr');
  if (!(buffer.size >= SOCKADDR_SIZE)) {
    throw new RangeError(`putSockaddr: the buffer has ${buffer.size} bytes, not ${SOCKADDR_SIZE}`);
  }
  const { u8, view } = buffer;
  u8.fill(0, 0, SOCKADDR_SIZE);
  view.setUint16(0, familyOf(address), true);
  if (isUnixAddress(address)) {
    const bytes = unixBytes(address, 'putSockaddr');
    u8.set(bytes, 2);
    return 2 + bytes.length;
  }
  view.setUint16(2, address.port);
  const short = inetBytes(address.host);
  if (short !== null) {
    u8.set(short, 4);
    return INET_SIZE;
  }
  const { groups, scope } = inet6Of(address.host)!;
  for (const [i, group] of groups.entries()) view.setUint16(8 + 2 * i, group);
  view.setUint32(24, scope, true);
  return INET6_SIZE;
}

/**
 * Reads the address that Host.getsockname or getpeername has put at the start of a buffer.
 * @param length what that call returned
 * @returns null for a socket without a name, and for other families
 */
export function takeSockaddr(buffer: HostBuffer, length: number): SocketAddress | null {
  checkObject(buffer, 'takeSockaddr: the buffer', 'a HostBuffer');
  if (!(length >= 2) || !(buffer.size >= 2)) return null;
  const { u8, view } = buffer;
  const family = view.getUint16(0, true);
  if (family === AF_UNIX) return unixOf(u8, Math.min(length, buffer.size, SOCKADDR_SIZE));
  if (family === AF_INET && length >= INET_SIZE && buffer.size >= INET_SIZE) {
    return { host: u8.subarray(4, 8).join('.'), port: view.getUint16(2) };
  }
  if (family !== AF_INET6 || length < INET6_SIZE || buffer.size < INET6_SIZE) return null;
  const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(8 + 2 * i));
  const scope = view.getUint32(24, true);
  return {
    host: `${inet6Text(groups)}${scope === 0 ? '' : `%${scope}`}`,
    port: view.getUint16(2),
  };
}

function unixOf(u8: Uint8Array, length: number): UnixSocketAddress | null {
  if (length <= 2) return null;
  const decode = (from: number, to: number): string =>
    new TextDecoder().decode(Uint8Array.from(u8.subarray(from, to)));
  if (u8[2] === 0) return { path: decode(3, length), abstract: true };
  const end = u8.indexOf(0, 2);
  return { path: decode(2, end < 0 || end > length ? length : end) };
}

/** sun_path, with the byte 0 before an abstract name or after a path. */
function unixBytes({ path, abstract }: UnixSocketAddress, what: string): Uint8Array {
  const bytes = new TextEncoder().encode(abstract === true ? `\0${path}` : `${path}\0`);
  if (path !== '' && bytes.length <= UNIX_PATH_SIZE && (abstract || !path.includes('\0'))) {
    return bytes;
  }
  const most = UNIX_PATH_SIZE - 1;
  const short = path.length > 40 ? `${path.slice(0, 40)}…` : path;
  throw new RangeError(`${what}: the path is ${shown(short)}: expected 1 to ${most} bytes`);
}

/** The bytes of an IPv4 address, or null. */
function inetBytes(host: string): number[] | null {
  if (host === 'localhost') return [127, 0, 0, 1];
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return null;
  const bytes = host.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** The eight groups of an IPv6 address, and its scope; or null. */
function inet6Of(host: string): { groups: number[]; scope: number } | null {
  const [, address, scope = '0'] = /^([\da-fA-F:.]+)(?:%(\d{1,9}))?$/.exec(host) ?? [];
  if (address === undefined || !address.includes(':')) return null;
  let plain: string;
  try {
    // The standard's own parser, which writes groups of hexadecimal digits.
    plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return null;
  }
  const [left = [], right = []] = plain
    .split('::')
    .map((side) => (side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16))));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0);
  return { groups: [...left, ...zeros, ...right], scope: Number(scope) };
}

function inet6Text(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
    return `::ffff:${bytes.join('.')}`;
  }
  const long = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${long}]`).hostname.slice(1, -1);
}
