/** futex(2) on the simulated host: only events of the outside world can wake the one thread. */

import { describe, expect, it } from 'vitest';
import { CLOCK_MONOTONIC } from '../../src/host/constants.ts';
import { EAGAIN, EDEADLK, ETIMEDOUT } from '../../src/host/errno.ts';
import { CappedHost } from '../../src/host/lenses/capped.ts';
import { PacedHost } from '../../src/host/lenses/paced.ts';
import { TimedHost } from '../../src/host/lenses/timed.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

const MS = 1e6;

function make() {
  const sim = new SimHost();
  const startNs = sim.nowNs;
  const words = new Int32Array(new SharedArrayBuffer(16));
  return {
    sim,
    words,
    endNs: (ms: number) => startNs + ms * MS,
    ms: () => Math.floor((sim.nowNs - startNs) / MS),
  };
}

describe('a wait', () => {
  it('ends when an event wakes its word', () => {
    const { sim, words, endNs, ms } = make();
    let woken = -1;
    sim.at(endNs(2), () => {
      woken = sim.futexWake(words, 1, 5);
    });
    expect(sim.futexWait(words, 1, 0, 9 * MS)).toBe(0);
    expect([woken, ms()]).toEqual([1, 2]);
  });

  it('sleeps on if another word is woken, or the word only changes', () => {
    const { sim, words, endNs, ms } = make();
    sim.at(endNs(2), () => {
      words[1] = 7;
      sim.futexWake(words, 2, 1);
    });
    expect(sim.futexWait(words, 1, 0, 5 * MS)).toBe(-ETIMEDOUT);
    expect(ms()).toBe(5);
    expect(sim.futexWait(words, 1, 0, 5 * MS)).toBe(-EAGAIN);
  });

  it('without a timeout, and with nobody to end it, is a deadlock', () => {
    const { sim, words, endNs, ms } = make();
    sim.at(endNs(2), () => {});
    expect(sim.futexWait(words, 0, 0, -1)).toBe(-EDEADLK);
    expect(ms()).toBe(2);
    expect(sim.futexWait(words, 0, 0, -1)).toBe(-EDEADLK);
  });

  it('that is over cannot be woken any more', () => {
    const { sim, words } = make();
    sim.futexWait(words, 0, 0, MS);
    expect(sim.futexWake(words, 0, 1)).toBe(0);
  });
});

describe('through a lens', () => {
  it('events of a timeline happen during a wait, and may end it', () => {
    const { sim, words, endNs, ms } = make();
    const timed = new TimedHost(sim);
    timed.at(endNs(2), () => {});
    expect(timed.futexWait(words, 0, 0, 3 * MS)).toBe(-ETIMEDOUT);
    expect(ms()).toBe(3);
    timed.at(endNs(5), () => {
      words[0] = 1;
    });
    expect(timed.futexWait(words, 0, 0, 9 * MS)).toBe(-EAGAIN);
    expect(ms()).toBe(5);
  });

  it('a limit ends a wait as its timeout would', () => {
    const { sim, words, endNs, ms } = make();
    const world = {
      nowNs: () => sim.nowNs,
      nextLookNs: () => Infinity,
      isDeadlock: () => false,
    };
    let waits = 0;
    const capped = new CappedHost(sim, world, () => void waits++);
    expect(capped.futexWait(words, 0, 0, MS)).toBe(-ETIMEDOUT);
    capped.limit = { endNs: endNs(3), isIdle: () => false };
    expect(capped.futexWait(words, 0, 0, -1)).toBe(-ETIMEDOUT);
    expect([ms(), waits]).toEqual([3, 2]);
    sim.at(endNs(5), () => sim.futexWake(words, 0, 1));
    capped.limit = { endNs: endNs(9), isIdle: () => false };
    expect(capped.futexWait(words, 0, 0, -1)).toBe(0);
    capped.limit = { endNs: Infinity, isIdle: () => true };
    expect(capped.futexWait(words, 0, 0, -1)).toBe(-ETIMEDOUT);
    capped.limit = { endNs: Infinity, isIdle: () => false };
    expect(capped.futexWait(words, 0, 0, -1)).toBe(-EDEADLK);
  });

  it('the paced clock counts the time of a wait, its timeout at most', () => {
    const { sim, words, endNs } = make();
    const paced = new PacedHost(sim);
    const startNs = paced.clockNs(CLOCK_MONOTONIC);
    const us = () => Math.floor((paced.clockNs(CLOCK_MONOTONIC) - startNs) / 1000);
    expect(paced.futexWait(words, 0, 0, 3 * MS)).toBe(-ETIMEDOUT);
    expect(us()).toBe(3000);
    sim.at(endNs(5), () => sim.futexWake(words, 0, 1));
    expect(paced.futexWait(words, 0, 0, 9 * MS)).toBe(0);
    expect(Math.round(us() / 1000)).toBe(5);
  });
});
