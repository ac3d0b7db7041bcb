import { describe, expect, it } from 'vitest';
import { EdgeNotifiers } from '../../../src/aio/fdmon/edges.ts';
import { EpollSet } from '../../../src/aio/fdmon/epoll-set.ts';
import { AioHandler } from '../../../src/aio/handler.ts';
import { F_DUPFD, POLLIN } from '../../../src/host/constants.ts';
import { hosts, type Rig, rigged } from '../../support/rig.ts';

const OWNER = {
  edges: new EdgeNotifiers(),
  sleeper: { isQuiet: true },
  removeHandler() {},
  setRevents() {},
};

function handler(fd: number, token: number): AioHandler {
  return new AioHandler(OWNER, fd, { ioRead: () => {} }, token, false);
}

type Make = (typeof hosts)[number][1];

/** A test with an EpollSet that hears of closed fds. */
function withSet(make: Make, body: (set: EpollSet, rig: Rig) => void): () => void {
  return rigged(make, (rig) => {
    const set = EpollSet.create(rig.host, [])!;
    const watch = rig.host.onClose((fd) => void set.closed(fd));
    try {
      body(set, rig);
    } finally {
      watch.dispose();
      set.close();
    }
  });
}

/** Adds a ready fd, and lets the kernel know it. */
function known(set: EpollSet, rig: Rig): AioHandler {
  const one = handler(rig.eventfd(1), 1);
  set.add(one);
  expect(look(set)).toEqual({ events: 1, fds: [one.fd] });
  return one;
}

/** Flushes and looks. Returns the number of the kernel's events, and the fds collected. */
function look(set: EpollSet): { events: number; fds: number[] } {
  expect(set.flush()).toBe(true);
  const ready: AioHandler[] = [];
  const events = set.wait(0);
  const count = set.collect(events, ready);
  return { events, fds: ready.slice(0, count).map(({ fd }) => fd) };
}

describe.each(hosts)('EpollSet on %s', (_kind, make) => {
  it(
    'collects ready fds, with their revents',
    withSet(make, (set, rig) => {
      const [a, b] = [rig.eventfd(), rig.eventfd(1)];
      const one = handler(b, 2);
      set.add(handler(a, 1));
      set.add(one);
      expect(look(set)).toEqual({ events: 1, fds: [b] });
      expect(one.revents).toBe(POLLIN);
    }),
  );

  it(
    'takes one handler per fd',
    withSet(make, (set, rig) => {
      const fd = rig.eventfd(1);
      expect(set.add(handler(fd, 1))).toBe(true);
      expect(set.add(handler(fd, 2))).toBe(false);
    }),
  );

  it(
    'forgets a removed handler, and takes its fd again',
    withSet(make, (set, rig) => {
      const one = known(set, rig);
      set.remove(one);
      expect(look(set)).toEqual({ events: 0, fds: [] });
      set.add(handler(one.fd, 2));
      set.remove(one);
      expect(look(set)).toEqual({ events: 1, fds: [one.fd] });
    }),
  );

  it(
    'makes no call for a handler that comes and goes between two waits',
    withSet(make, (set, rig) => {
      const one = handler(rig.eventfd(1), 1);
      set.add(one);
      set.remove(one);
      expect(look(set)).toEqual({ events: 0, fds: [] });
    }),
  );

  it(
    'follows an fd through close and reopen',
    withSet(make, (set, rig) => {
      const one = known(set, rig);
      set.remove(one);
      rig.close(one.fd);
      expect(rig.eventfd(1)).toBe(one.fd);
      set.add(handler(one.fd, 2));
      expect(look(set)).toEqual({ events: 1, fds: [one.fd] });
    }),
  );

  it(
    'a duplicate of a closed fd does not keep it awake',
    withSet(make, (set, rig) => {
      const one = known(set, rig);
      rig.own(rig.host.fcntl(one.fd, F_DUPFD, 0));
      set.remove(one);
      rig.close(one.fd);
      expect(look(set)).toEqual({ events: 0, fds: [] });
    }),
  );

  it(
    'knows a handler whose token is above 2^31',
    withSet(make, (set, rig) => {
      const fd = rig.eventfd(1);
      set.add(handler(fd, 2 ** 31 + 5));
      expect(look(set)).toEqual({ events: 1, fds: [fd] });
    }),
  );

  it(
    'grows with its handlers, and collects all ready fds at once',
    withSet(make, (set, rig) => {
      for (let i = 0; i < 300; i++) set.add(handler(rig.eventfd(1), i + 1));
      expect(look(set).fds).toHaveLength(300);
    }),
  );
});
