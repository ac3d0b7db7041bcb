/** TCP on the simulated loopback: delays, capacities, and attempts that are lost. */

import { expect, it } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  POLLIN,
  POLLOUT,
  SO_ERROR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/host/constants.ts';
import { EAGAIN, ECONNREFUSED, EINPROGRESS, ETIMEDOUT } from '../../src/host/errno.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import {
  familyOf,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
} from '../../src/host/sockaddr.ts';

const TO = { host: '127.0.0.1', port: 5000 };

class Room {
  readonly host = new SimHost({ startNs: 0 });
  readonly buf = this.host.alloc(1 << 20);
  readonly #fds = this.host.alloc(8);
  readonly #address = this.host.alloc(SOCKADDR_SIZE);

  socket(domain = AF_INET, flags = SOCK_NONBLOCK): number {
    return this.host.socket(domain, SOCK_STREAM | flags, 0);
  }

  listen(backlog = 8, to: SocketAddress = TO): number {
    const fd = this.socket(familyOf(to));
    expect(this.host.bind(fd, this.#address, putSockaddr(this.#address, to))).toBe(0);
    expect(this.host.listen(fd, backlog)).toBe(0);
    return fd;
  }

  connect(fd: number, to: SocketAddress = TO): number {
    return this.host.connect(fd, this.#address, putSockaddr(this.#address, to));
  }

  /** Waits for events, and returns how long that took, µs. */
  waitUs(fd: number, events: number): number {
    const { host } = this;
    const startNs = host.nowNs;
    this.#fds.i32.set([fd, events]);
    host.poll(this.#fds, 1, -1);
    return Math.round((host.nowNs - startNs) / 1e3);
  }

  error(fd: number): number {
    this.host.getsockopt(fd, SOL_SOCKET, SO_ERROR, this.buf);
    return this.buf.i32[0]!;
  }
}

it('packets take their delay: two for a connection, one for bytes, and for room', () => {
  const room = new Room();
  const { host } = room;
  host.loopback.delayNs = 1e6;
  host.loopback.capacity = 1000;
  const fd = room.listen();
  const client = room.socket();
  expect(room.connect(client)).toBe(-EINPROGRESS);
  expect(room.waitUs(client, POLLOUT)).toBe(2000);
  expect(room.waitUs(fd, POLLIN)).toBe(1000);
  const server = host.accept4(fd, SOCK_NONBLOCK);
  expect(host.write(client, room.buf, 0, 4000)).toBe(1000);
  expect(host.write(client, room.buf, 0, 1)).toBe(-EAGAIN);
  expect(room.waitUs(server, POLLIN)).toBe(1000);
  expect(host.read(server, room.buf, 0, 4000)).toBe(1000);
  expect(room.waitUs(client, POLLOUT)).toBe(1000);
  expect(host.write(client, room.buf, 0, 4000)).toBe(1000);
});

it('packets do not overtake each other when the delay is made shorter', () => {
  const room = new Room();
  const { host, buf } = room;
  const fd = room.listen();
  const client = room.socket();
  room.connect(client);
  const server = host.accept4(fd, SOCK_NONBLOCK);
  host.loopback.delayNs = 1e6;
  buf.u8.set([1, 2]);
  host.write(client, buf, 0, 1);
  host.loopback.delayNs = 0;
  host.write(client, buf, 1, 1);
  room.waitUs(server, POLLIN);
  expect(host.read(server, buf, 8, 8)).toBe(2);
  expect([...buf.u8.subarray(8, 10)]).toEqual([1, 2]);
});

it('attempts that are lost are repeated after 1, 2, 4 … s, then it is ETIMEDOUT', () => {
  const room = new Room();
  const { host } = room;
  host.loopback.drops = (port) => port === 5000;
  const fd = room.listen();
  const client = room.socket();
  expect(room.connect(client)).toBe(-EINPROGRESS);
  room.waitUs(client, POLLOUT);
  expect(Math.round(host.nowNs / 1e9)).toBe(127);
  expect(room.error(client)).toBe(ETIMEDOUT);
  const lucky = room.socket();
  host.at(host.nowNs + 2e9, () => {
    host.loopback.drops = () => false;
  });
  room.connect(lucky);
  expect(room.waitUs(lucky, POLLOUT)).toBe(3_000_000);
  expect(host.accept4(fd, 0)).toBeGreaterThan(0);
});

it('a full backlog holds connections up until there is room', () => {
  const room = new Room();
  const fd = room.listen(0);
  const [first, second] = [room.socket(), room.socket()];
  room.connect(first);
  room.connect(second);
  expect(room.host.readiness(first) & POLLOUT).toBe(POLLOUT);
  expect(room.host.readiness(second)).toBe(0);
  room.host.at(1.5e9, () => void room.host.accept4(fd, 0));
  room.waitUs(second, POLLOUT);
  expect(Math.round(room.host.nowNs / 1e9)).toBe(3);
});

it('a refusal takes the delay twice', () => {
  const room = new Room();
  room.host.loopback.delayNs = 1e6;
  const client = room.socket();
  room.connect(client);
  expect(room.waitUs(client, POLLOUT)).toBe(2000);
  expect(room.error(client)).toBe(ECONNREFUSED);
});

it('a blocking accept and connect sleep until somebody comes', () => {
  const room = new Room();
  const { host } = room;
  host.loopback.delayNs = 1e6;
  const fd = room.listen(0);
  host.fcntl(fd, 4, 0);
  const early = room.socket();
  host.at(5e6, () => void room.connect(early));
  expect(host.accept4(fd, 0)).toBeGreaterThan(0);
  expect(Math.round(host.nowNs / 1e6)).toBe(8);
  const client = room.socket(AF_INET, 0);
  expect(room.connect(client)).toBe(0);
  expect(Math.round(host.nowNs / 1e6)).toBe(10);
  expect(room.connect(room.socket(AF_INET, 0), { ...TO, port: 1 })).toBe(-ECONNREFUSED);
});

it('a blocking connect to a unix socket sleeps while the backlog is full', () => {
  const room = new Room();
  const { host } = room;
  const to = { path: 'x', abstract: true };
  const fd = room.listen(0, to);
  expect(room.connect(room.socket(AF_UNIX), to)).toBe(0);
  host.at(4e6, () => void host.accept4(fd, 0));
  expect(room.connect(room.socket(AF_UNIX, 0), to)).toBe(0);
  expect(Math.round(host.nowNs / 1e6)).toBe(4);
});

it('an attempt that its socket gives up leaves the listener alone', () => {
  const room = new Room();
  const { host } = room;
  host.loopback.delayNs = 1e6;
  const fd = room.listen();
  const client = room.socket();
  room.connect(client);
  host.close(client);
  host.advance(10e6);
  expect(host.readiness(fd)).toBe(0);
});
