import { describe, expect, it } from 'vitest';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLONESHOT,
  F_DUPFD,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
} from '../../src/host/constants.ts';
import { EBADF, EEXIST, EINVAL, ELOOP, ENOENT } from '../../src/host/errno.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

/** An epoll over eventfds, named by letters. */
class Room {
  readonly host = new SimHost();
  readonly epfd = this.host.epollCreate1(0);
  readonly #events = this.host.alloc(12 * 16);
  readonly #word = this.host.alloc(8);
  readonly fds = new Map<string, number>();

  add(names: string, events = POLLIN): void {
    for (const name of names) {
      const fd = this.host.eventfd(0, O_NONBLOCK);
      this.fds.set(name, fd);
      expect(this.ctl(EPOLL_CTL_ADD, name, events)).toBe(0);
    }
  }

  ctl(op: number, name: string, events = POLLIN): number {
    return this.host.epollCtl(this.epfd, op, this.fds.get(name)!, events, name.charCodeAt(0));
  }

  kick(names: string): void {
    this.#word.i32.fill(0);
    this.#word.i32[0] = 1;
    for (const name of names) this.host.write(this.fds.get(name)!, this.#word, 0, 8);
  }

  drain(names: string): void {
    for (const name of names) this.host.read(this.fds.get(name)!, this.#word, 0, 8);
  }

  wait(max = 16, timeoutNs = 0): string {
    const n = this.host.epollWait(this.epfd, this.#events, max, timeoutNs);
    expect(n).toBeGreaterThanOrEqual(0);
    let names = '';
    for (let i = 0; i < n; i++) {
      const name = String.fromCharCode(this.#events.i32[3 * i + 2]!);
      expect(this.#events.i32[3 * i + 1]).toBe(this.fds.get(name));
      names += name;
    }
    return names;
  }
}

describe('the ready list', () => {
  it('has the order in which things became ready', () => {
    const room = new Room();
    room.add('abcde');
    room.kick('caebd');
    expect(room.wait()).toBe('caebd');
  });

  it('keeps its order from round to round until one finds nothing ready', () => {
    const room = new Room();
    room.add('abcde');
    room.kick('caebd');
    expect(room.wait()).toBe('caebd');
    room.drain('abcde');
    room.kick('abcde');
    expect(room.wait()).toBe('caebd');
    room.drain('abcde');
    expect(room.wait()).toBe('');
    room.kick('abcde');
    expect(room.wait()).toBe('abcde');
  });

  it('takes at most maxEvents, and the others first the next time', () => {
    const room = new Room();
    room.add('abcde');
    room.kick('abcde');
    expect(room.wait(2)).toBe('ab');
    expect(room.wait(2)).toBe('cd');
    expect(room.wait(2)).toBe('ea');
    room.drain('b');
    expect(room.wait(3)).toBe('cde');
  });

  it('queues an item at once if it is ready when added or changed', () => {
    const room = new Room();
    room.add('ab');
    room.fds.set('c', room.host.eventfd(1, O_NONBLOCK));
    room.ctl(EPOLL_CTL_ADD, 'c');
    room.kick('a');
    expect(room.wait()).toBe('ca');
    room.ctl(EPOLL_CTL_MOD, 'a', 0);
    expect(room.wait()).toBe('c');
    room.ctl(EPOLL_CTL_MOD, 'a', POLLIN);
    expect(room.wait()).toBe('ca');
  });

  it('reports an edge once, and each write is one', () => {
    const room = new Room();
    room.add('ab', POLLIN | EPOLLET);
    room.kick('ba');
    expect(room.wait()).toBe('ba');
    expect(room.wait()).toBe('');
    room.kick('a');
    expect(room.wait()).toBe('a');
  });

  it('reports the edge of room for more', () => {
    const room = new Room();
    const { host } = room;
    room.add('a', POLLOUT | EPOLLET);
    expect(room.wait()).toBe('a');
    const most = host.alloc(8);
    most.i32.set([-2, -1]);
    host.write(room.fds.get('a')!, most, 0, 8);
    expect(room.wait()).toBe('');
    room.drain('a');
    expect(room.wait()).toBe('a');
  });

  it('disables a one-shot until it is changed', () => {
    const room = new Room();
    room.add('a', POLLIN | EPOLLONESHOT);
    room.kick('a');
    expect(room.wait()).toBe('a');
    room.kick('a');
    expect(room.wait()).toBe('');
    room.ctl(EPOLL_CTL_MOD, 'a', POLLIN | EPOLLONESHOT);
    expect(room.wait()).toBe('a');
  });

  it('forgets a descriptor with the last reference to its file', () => {
    const room = new Room();
    room.add('ab');
    room.kick('ab');
    const copy = room.host.fcntl(room.fds.get('a')!, F_DUPFD, 20);
    expect(copy).toBe(20);
    room.host.close(room.fds.get('a')!);
    expect(room.wait()).toBe('ab');
    expect(room.ctl(EPOLL_CTL_DEL, 'a')).toBe(-EBADF);
    room.host.close(copy);
    expect(room.wait()).toBe('b');
  });

  it('tells a new file under an old number from the old one', () => {
    const room = new Room();
    room.add('a');
    const copy = room.host.fcntl(room.fds.get('a')!, F_DUPFD, 20);
    room.host.close(room.fds.get('a')!);
    expect(room.host.eventfd(0, 0)).toBe(room.fds.get('a'));
    expect(room.ctl(EPOLL_CTL_MOD, 'a')).toBe(-ENOENT);
    expect(room.ctl(EPOLL_CTL_ADD, 'a')).toBe(0);
    expect(room.ctl(EPOLL_CTL_ADD, 'a')).toBe(-EEXIST);
    expect(room.host.close(copy)).toBe(0);
    room.kick('a');
    expect(room.wait()).toBe('a');
  });
});

describe('an epoll in an epoll', () => {
  it('is readable while one of its own is ready, and wakes its waiters', () => {
    const room = new Room();
    const { host } = room;
    room.add('a');
    const outer = host.epollCreate1(0);
    const events = host.alloc(12);
    expect(host.epollCtl(outer, EPOLL_CTL_ADD, room.epfd, POLLIN, 0)).toBe(0);
    expect(host.epollWait(outer, events, 1, 0)).toBe(0);
    host.at(host.nowNs + 1000, () => room.kick('a'));
    expect(host.epollWait(outer, events, 1, -1)).toBe(1);
    expect(events.i32[1]).toBe(room.epfd);
    room.drain('a');
    expect(host.epollWait(outer, events, 1, 0)).toBe(0);
  });

  it('may not form a loop', () => {
    const room = new Room();
    const { host } = room;
    const outer = host.epollCreate1(0);
    expect(host.epollCtl(outer, EPOLL_CTL_ADD, room.epfd, POLLIN, 0)).toBe(0);
    expect(host.epollCtl(room.epfd, EPOLL_CTL_ADD, outer, POLLIN, 0)).toBe(-ELOOP);
    expect(host.epollCtl(outer, EPOLL_CTL_ADD, outer, POLLIN, 0)).toBe(-EINVAL);
  });
});
