import { describe, expect, it } from 'vitest';
import {
  AF_UNIX,
  F_DUPFD,
  F_SETPIPE_SZ,
  O_CREAT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../../src/host/constants.ts';
import { EAGAIN, EBUSY, ENOENT, EPERM, EPIPE } from '../../src/host/errno.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

class Room {
  readonly host = new SimHost({ startNs: 0 });
  readonly buf = this.host.alloc(1 << 18);
  readonly #fds = this.host.alloc(8);

  pipe(flags = O_NONBLOCK): [number, number] {
    const ends: number[] = [];
    expect(this.host.pipe2(ends, flags)).toBe(0);
    return [ends[0]!, ends[1]!];
  }

  sockets(): [number, number] {
    const ends: number[] = [];
    expect(this.host.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, ends)).toBe(0);
    return [ends[0]!, ends[1]!];
  }

  write(fd: number, count: number): number {
    return this.host.write(fd, this.buf, 0, count);
  }

  read(fd: number, count: number): number {
    return this.host.read(fd, this.buf, 0, count);
  }

  poll(fd: number, events: number): number {
    this.#fds.i32[0] = fd;
    this.#fds.i32[1] = events;
    this.host.poll(this.#fds, 1, 0);
    return this.#fds.i32[1]! >>> 16;
  }
}

describe('a pipe', () => {
  it('has room again when a page is empty, not when a byte is read', () => {
    const room = new Room();
    const [r, w] = room.pipe();
    expect(room.write(w, 70_000)).toBe(65_536);
    expect(room.poll(w, POLLOUT)).toBe(0);
    room.read(r, 4095);
    expect(room.poll(w, POLLOUT)).toBe(0);
    expect(room.write(w, 1)).toBe(-EAGAIN);
    room.read(r, 1);
    expect(room.poll(w, POLLOUT)).toBe(POLLOUT);
    expect(room.write(w, 8192)).toBe(4096);
  });

  it('takes 16 writes that do not fit into one page together', () => {
    const room = new Room();
    const [, w] = room.pipe();
    for (let i = 0; i < 16; i++) expect(room.write(w, 2049)).toBe(2049);
    expect(room.poll(w, POLLOUT)).toBe(0);
    expect(room.write(w, 2047)).toBe(2047);
    expect(room.write(w, 1)).toBe(-EAGAIN);
  });

  it('keeps its bytes when it is made larger, and is made no smaller than they are', () => {
    const room = new Room();
    const [r, w] = room.pipe();
    for (let i = 0; i < 65_536; i++) room.buf.u8[i] = i % 251;
    expect(room.write(w, 65_536)).toBe(65_536);
    expect(room.host.fcntl(w, F_SETPIPE_SZ, 4096)).toBe(-EBUSY);
    expect(room.host.fcntl(w, F_SETPIPE_SZ, 65_537)).toBe(131_072);
    expect(room.write(w, 1)).toBe(1);
    room.buf.u8.fill(0);
    expect(room.read(r, 70_000)).toBe(65_537);
    expect([...room.buf.u8.subarray(0, 65_536)].every((byte, i) => byte === i % 251)).toBe(true);
  });

  it('that blocks is filled as it is read', () => {
    const room = new Room();
    const { host } = room;
    const [r, w] = room.pipe(0);
    const other = host.alloc(1 << 17);
    let got = 0;
    for (let i = 1; i <= 20; i++) {
      host.at(i * 1000, () => {
        got += host.read(r, other, 0, 10_000);
      });
    }
    expect(room.write(w, 150_000)).toBe(150_000);
    expect(got).toBe(90_000);
    expect(host.nowNs).toBe(9001);
  });

  it('whose reader goes while a write waits gives what was written, then EPIPE', () => {
    const room = new Room();
    const [r, w] = room.pipe(0);
    room.host.at(1000, () => room.host.close(r));
    expect(room.write(w, 100_000)).toBe(65_536);
    expect(room.write(w, 1)).toBe(-EPIPE);
  });
});

describe('a socket', () => {
  it('is full by the memory of its messages: 278 small ones, not writable from 70 on', () => {
    const room = new Room();
    const [a, b] = room.sockets();
    let sent = 0;
    let writable = 0;
    while (room.write(a, 1) === 1) {
      sent++;
      if (room.poll(a, POLLOUT) !== 0) writable++;
    }
    expect([sent, writable]).toEqual([278, 69]);
    expect(room.read(b, 300)).toBe(278);
    expect(room.poll(a, POLLOUT)).toBe(POLLOUT);
  });

  it('hangs up when its peer is closed', () => {
    const room = new Room();
    const [a, b] = room.sockets();
    expect(room.poll(a, POLLIN)).toBe(0);
    room.host.close(b);
    expect(room.poll(a, POLLIN)).toBe(POLLIN | POLLHUP);
    expect(room.read(a, 1)).toBe(0);
  });
});

describe('an eventfd that blocks', () => {
  it('waits for room', () => {
    const room = new Room();
    const { host } = room;
    const fd = host.eventfd(0, 0);
    const other = host.alloc(8);
    room.buf.i32[0] = -2;
    room.buf.i32[1] = -1;
    expect(room.write(fd, 8)).toBe(8);
    host.at(1000, () => host.read(fd, other, 0, 8));
    expect(room.write(fd, 8)).toBe(8);
    expect(host.nowNs).toBe(1001);
    expect(room.poll(fd, POLLIN | POLLOUT)).toBe(POLLIN);
  });
});

describe('files and descriptors', () => {
  it('a file lives on, nameless, while it is open', () => {
    const room = new Room();
    const { host } = room;
    expect(host.open('/a', O_RDONLY, 0)).toBe(-ENOENT);
    const fd = host.open('/a', O_RDWR | O_CREAT, 0o600);
    expect(fd).toBe(3);
    room.write(fd, 10);
    expect(host.unlink('/a')).toBe(0);
    expect(host.unlink('/a')).toBe(-ENOENT);
    expect(host.unlink('/dev/null')).toBe(-EPERM);
    expect(host.open('/a', O_RDONLY, 0)).toBe(-ENOENT);
    expect(room.write(fd, 10)).toBe(10);
  });

  it('numbers are the lowest free ones, also after many are closed', () => {
    const { host } = new Room();
    const fds = Array.from({ length: 50 }, () => host.eventfd(0, 0));
    expect(fds).toEqual(fds.map((_, i) => i + 3));
    for (const fd of [30, 7, 12]) host.close(fd);
    expect(host.fcntl(3, F_DUPFD, 13)).toBe(30);
    expect(host.fcntl(3, F_DUPFD, 0)).toBe(7);
    expect([host.eventfd(0, 0), host.eventfd(0, 0)]).toEqual([12, 53]);
  });
});
