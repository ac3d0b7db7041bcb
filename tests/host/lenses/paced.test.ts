/** PacedHost: a clock that advances by the time slept, however late or slow the thread is. */

import { describe, expect, it } from 'vitest';
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  EPOLL_CTL_ADD,
  O_NONBLOCK,
  POLLIN,
} from '../../../src/host/constants.ts';
import type { HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { PacedHost } from '../../../src/host/lenses/paced.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

const MS = 1e6;

/** A machine that wakes the thread late, runs it, or keeps it from running. */
class Machine extends HostLens {
  readonly sim: SimHost;
  /** How much later than asked for a sleeping wait ends. */
  wakesLateNs = 0;
  #cpuNs = 0;

  constructor(sim = new SimHost()) {
    super(sim);
    this.sim = sim;
  }

  run(ns: number): void {
    this.#cpuNs += ns;
    this.sim.advance(ns);
  }

  override clockNs(clock: number): number {
    return clock === CLOCK_THREAD_CPUTIME_ID ? this.#cpuNs : this.sim.clockNs(clock);
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const ret = this.sim.poll(fds, nfds, timeoutNs);
    if (timeoutNs !== 0) this.sim.advance(this.wakesLateNs);
    return ret;
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    const ret = this.sim.epollWait(epfd, events, max, timeoutNs);
    if (timeoutNs !== 0) this.sim.advance(this.wakesLateNs);
    return ret;
  }
}

function make() {
  const machine = new Machine();
  const host = new PacedHost(machine);
  const fd = host.eventfd(0, O_NONBLOCK);
  const fds = host.alloc(16);
  fds.i32[0] = fd;
  fds.i32[1] = POLLIN;
  const one = host.alloc(8);
  one.i32[0] = 1;
  const startNs = host.clockNs(CLOCK_MONOTONIC);
  return {
    machine,
    host,
    fds,
    fd,
    kick: () => void machine.sim.write(fd, one, 0, 8),
    /** In whole µs: each reading takes some ns. */
    us: () => Math.floor((host.clockNs(CLOCK_MONOTONIC) - startNs) / 1000),
    lateMs: () => Math.round(host.lateNs / MS),
  };
}

describe('a wait', () => {
  it('takes as long as was asked for if its timeout ends it; the rest counts as the machine’s delay', () => {
    const { machine, host, fds, us, lateMs } = make();
    machine.wakesLateNs = 120 * MS;
    expect(host.poll(fds, 1, 5 * MS)).toBe(0);
    expect([us(), lateMs()]).toEqual([5000, 120]);
  });

  it('of epoll is the same', () => {
    const { machine, host, fd, us, lateMs } = make();
    machine.wakesLateNs = 120 * MS;
    const epfd = host.epollCreate1(0);
    host.epollCtl(epfd, EPOLL_CTL_ADD, fd, POLLIN, 0);
    const events = host.alloc(8 * host.epollStride * 4);
    expect(host.epollWait(epfd, events, 8, 5 * MS)).toBe(0);
    expect([us(), lateMs()]).toEqual([5000, 120]);
  });

  it('takes no time if something is ready, whatever its timeout', () => {
    const { machine, host, fds, us, kick } = make();
    machine.wakesLateNs = 120 * MS;
    kick();
    expect(host.poll(fds, 1, -1)).toBe(1);
    expect(us()).toBe(0);
  });

  it('takes as long as a real event that ends it, and no longer than its timeout', () => {
    const { machine, host, fds, us, kick } = make();
    machine.sim.at(machine.sim.nowNs + 3 * MS, kick);
    expect(host.poll(fds, 1, -1)).toBe(1);
    expect(us()).toBe(3000);
    machine.wakesLateNs = 10 * MS;
    machine.sim.read(fds.i32[0]!, host.alloc(8), 0, 8);
    machine.sim.at(machine.sim.nowNs + 3 * MS, kick);
    expect(host.poll(fds, 1, 5 * MS)).toBe(1);
    expect(us()).toBe(8000);
  });
});

describe('running time', () => {
  it('counts for a µs between two readings at most, and not as the machine’s delay', () => {
    const { machine, host, us, lateMs } = make();
    machine.run(30 * MS);
    expect(us()).toBe(1);
    machine.run(300);
    machine.run(300);
    expect(us()).toBe(1);
    machine.run(30 * MS);
    host.clockNs(CLOCK_REALTIME);
    expect([us(), lateMs()]).toEqual([2, 0]);
  });

  it('counts as the machine’s delay if the thread was kept from running', () => {
    const { machine, us, lateMs } = make();
    machine.sim.advance(30 * MS);
    expect([us(), lateMs()]).toEqual([1, 30]);
  });
});

it('after stop() no sleep counts as the machine’s delay: threads wait for each other', () => {
  const { machine, host, fds, lateMs } = make();
  machine.sim.advance(30 * MS);
  host.stop();
  expect(host.poll(fds, 1, 100 * MS)).toBe(0);
  expect(lateMs()).toBe(30);
});

it('still() takes no time, and does not count as the machine’s delay', () => {
  const { machine, host, fds, us, lateMs } = make();
  const ret = host.still(() => {
    machine.sim.advance(30 * MS);
    machine.run(30 * MS);
    host.poll(fds, 1, 10 * MS);
    return host.still(() => us());
  });
  expect([ret, us(), lateMs()]).toEqual([0, 0, 0]);
  expect(() =>
    host.still(() => {
      throw new Error('out');
    }),
  ).toThrow('out');
  host.poll(fds, 1, 5 * MS);
  expect(us()).toBe(5000);
});

it('the wall clock advances with the other', () => {
  const { machine, host, fds } = make();
  const apart = () => host.clockNs(CLOCK_REALTIME) - host.clockNs(CLOCK_MONOTONIC);
  const beforeNs = apart();
  machine.wakesLateNs = 120 * MS;
  host.poll(fds, 1, 5 * MS);
  expect(Math.abs(apart() - beforeNs)).toBeLessThan(2000);
});
