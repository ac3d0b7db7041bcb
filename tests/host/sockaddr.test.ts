import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AF_INET, AF_INET6, AF_UNIX } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import {
  addressText,
  familyOf,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
  takeSockaddr,
} from '../../src/host/sockaddr.ts';

const host = new SimHost();
const buffer = host.alloc(SOCKADDR_SIZE);

function roundTrip(address: SocketAddress): SocketAddress | null {
  return takeSockaddr(buffer, putSockaddr(buffer, address));
}

describe('addresses of sockets', () => {
  it.each<[string, SocketAddress, number[]]>([
    ['a path', { path: '/a' }, [1, 0, 47, 97, 0]],
    ['an abstract name', { path: 'a', abstract: true }, [1, 0, 0, 97]],
    [
      'IPv4',
      { host: '127.0.0.1', port: 0x1234 },
      [2, 0, 0x12, 0x34, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    [
      'IPv6 with a scope',
      { host: 'fe80::1%3', port: 80 },
      [10, 0, 0, 80, 0, 0, 0, 0, 0xfe, 0x80, ...Array(13).fill(0), 1, 3, 0, 0, 0],
    ],
  ])('%s has the bytes of the C structure', (_what, address, bytes) => {
    const length = putSockaddr(buffer, address);
    expect([...buffer.u8.subarray(0, length)]).toEqual(bytes);
    expect(takeSockaddr(buffer, length)).toEqual(address);
  });

  it('every address comes back as it was', () => {
    const port = fc.nat(65535);
    const address = fc.oneof(
      fc.record({ host: fc.ipV4(), port }),
      fc
        .array(fc.nat(65535), { minLength: 8, maxLength: 8 })
        .map((groups) => groups.map((group) => group.toString(16)).join(':'))
        .chain((host) => fc.record({ host: fc.constant(host), port })),
      fc.record({
        path: fc.string({ minLength: 1, maxLength: 107 }).filter((text) => !text.includes('\0')),
      }),
      fc.record({ path: fc.string({ minLength: 1, maxLength: 107 }), abstract: fc.constant(true) }),
    );
    fc.assert(
      fc.property(address, (given: SocketAddress) => {
        const taken = roundTrip(given);
        // Another spelling of an IPv6 address is written in the shortest way, and stays so.
        const isSix = familyOf(given) === AF_INET6;
        expect(isSix ? roundTrip(taken!) : taken).toEqual(isSix ? taken : given);
      }),
    );
  });

  it.each([
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['localhost', '127.0.0.1'],
  ])('%s is %s', (given, shown) => {
    expect(roundTrip({ host: given, port: 1 })).toEqual({ host: shown, port: 1 });
  });

  it.each([
    ['a name', { host: 'example.org', port: 1 }, /expected an IP address; node:dns/],
    ['a number too large', { host: '1.2.3.256', port: 1 }, /expected an IP address/],
    ['half an IPv6 address', { host: '1:2:3', port: 1 }, /expected an IP address/],
    ['a port too large', { host: '::', port: 65536 }, /port is 65536: expected an integer/],
    ['no port', { host: '::' }, /port is undefined/],
    ['an empty path', { path: '' }, /path is '': expected 1 to 107 bytes/],
    ['a path too long', { path: 'ä'.repeat(54) }, /expected 1 to 107 bytes/],
    ['a path with a zero', { path: 'a\0b' }, /expected 1 to 107 bytes/],
    ['no object', 5, /address is 5: expected \{ path \} or \{ host, port \}/],
  ])('%s is refused', (_what, address, message) => {
    expect(() => putSockaddr(buffer, address as SocketAddress)).toThrow(message);
  });

  it('a buffer that is too small is refused, and one without an address has none', () => {
    expect(() => putSockaddr(host.alloc(16), { path: '/a' })).toThrow(/has 16 bytes, not 110/);
    buffer.u8.fill(0);
    expect(takeSockaddr(buffer, 0)).toBe(null);
    buffer.u8[0] = AF_UNIX;
    expect(takeSockaddr(buffer, 2)).toBe(null);
    buffer.u8[0] = AF_INET;
    expect(takeSockaddr(buffer, 8)).toBe(null);
  });

  it('is short in text', () => {
    expect(addressText({ path: '/run/x' })).toBe('/run/x');
    expect(addressText({ path: 'x', abstract: true })).toBe('@x');
    expect(addressText({ host: '127.0.0.1', port: 8 })).toBe('127.0.0.1:8');
    expect(addressText({ host: '::1', port: 8 })).toBe('[::1]:8');
  });
});

describe('the buffers of LinuxHost', () => {
  it('take addresses too', () => {
    const real = new LinuxHost();
    const memory = real.alloc(SOCKADDR_SIZE);
    const address = { host: '127.0.0.1', port: 99 };
    expect(takeSockaddr(memory, putSockaddr(memory, address))).toEqual(address);
    real.dispose();
  });
});
