/** TimedHost: outside events at set times, while the thread waits, is busy, or reads the clock. */

import { describe, expect, it } from 'vitest';
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  EPOLL_CTL_ADD,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
} from '../../../src/host/constants.ts';
import type { HostBuffer } from '../../../src/host/host.ts';
import { TimedHost } from '../../../src/host/lenses/timed.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

const MS = 1e6;

interface Made {
  readonly sim: SimHost;
  readonly host: TimedHost;
  readonly log: string[];
  readonly fd: number;
  readonly fds: HostBuffer;
  at(ms: number, text: string, act?: () => void): void;
  kick(): void;
  ms(): number;
}

function make(): Made {
  const sim = new SimHost();
  const host = new TimedHost(sim);
  const startNs = sim.nowNs;
  const fd = host.eventfd(0, O_CLOEXEC | O_NONBLOCK);
  const fds = host.alloc(16);
  fds.i32[0] = fd;
  fds.i32[1] = POLLIN;
  const one = host.alloc(8);
  one.i32[0] = 1;
  const log: string[] = [];
  return {
    sim,
    host,
    log,
    fd,
    fds,
    at: (ms, text, act) => {
      host.at(startNs + ms * MS, () => {
        log.push(text);
        act?.();
      });
    },
    kick: () => void sim.write(fd, one, 0, 8),
    ms: () => Math.floor((sim.nowNs - startNs) / MS),
  };
}

describe('a wait', () => {
  it('goes on past events that do not end it, to its own end', () => {
    const { host, fds, at, log, ms } = make();
    at(2, 'two');
    at(4, 'four');
    at(20, 'late');
    expect(host.poll(fds, 1, 10 * MS)).toBe(0);
    expect([ms(), log]).toEqual([10, ['two', 'four']]);
  });

  it('ends with an event that makes an fd ready, as one call', () => {
    const { host, fds, at, log, ms, kick } = make();
    at(2, 'two');
    at(5, 'kick', kick);
    at(7, 'late');
    expect(host.poll(fds, 1, -1)).toBe(1);
    expect([ms(), log]).toEqual([5, ['two', 'kick']]);
  });

  it('of epoll is the same', () => {
    const { host, fd, at, log, ms, kick } = make();
    const epfd = host.epollCreate1(0);
    host.epollCtl(epfd, EPOLL_CTL_ADD, fd, POLLIN, 0);
    at(2, 'two');
    at(5, 'kick', kick);
    const events = host.alloc(128 * host.epollStride * 4);
    expect(host.epollWait(epfd, events, 128, -1)).toBe(1);
    expect([ms(), log]).toEqual([5, ['two', 'kick']]);
  });

  it('sees earlier events even if it does not sleep', () => {
    const { host, sim, fds, at, log, kick } = make();
    at(2, 'kick', kick);
    expect(host.poll(fds, 1, 0)).toBe(0);
    sim.advance(3 * MS);
    expect(log).toEqual([]);
    expect(host.poll(fds, 1, 0)).toBe(1);
  });
});

describe('events', () => {
  it('happen when the thread is busy, sleeps, or reads a clock', () => {
    const { host, sim, at, log, ms } = make();
    at(2, 'busy');
    sim.advance(3 * MS);
    host.clockNs(CLOCK_MONOTONIC);
    expect(log).toEqual(['busy']);
    at(5, 'asleep');
    host.sleep(4 * MS);
    expect([log.at(-1), ms()]).toEqual(['asleep', 7]);
    at(8, 'wall');
    sim.advance(2 * MS);
    host.clockNs(CLOCK_REALTIME);
    expect(log.at(-1)).toBe('wall');
  });

  it('come in order of time, then of registration', () => {
    const { host, at, log } = make();
    at(3, 'c');
    at(1, 'a');
    at(3, 'd');
    at(2, 'b');
    host.sleep(5 * MS);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it('do not interrupt each other, and may register more', () => {
    const { host, at, log } = make();
    at(1, 'a', () => {
      at(0, 'now');
      host.clockNs(CLOCK_MONOTONIC);
      log.push('end of a');
    });
    host.sleep(2 * MS);
    expect(log).toEqual(['a', 'end of a', 'now']);
  });

  it('can be cancelled', () => {
    const { host, log } = make();
    const event = host.at(host.nowNs + MS, () => log.push('x'));
    event.dispose();
    event.dispose();
    host.sleep(2 * MS);
    expect(log).toEqual([]);
    expect(host.nextEventNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('end the wait if they throw, and leave the others', () => {
    const { host, fds, at, log } = make();
    at(1, 'bad', () => {
      throw new Error('out');
    });
    at(2, 'good');
    expect(() => host.poll(fds, 1, 5 * MS)).toThrow('out');
    host.sleep(5 * MS);
    expect(log).toEqual(['bad', 'good']);
  });
});
