/** What a test may leave behind, and how to see that it did not. */

import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { F_GETFD } from '../../src/host/constants.ts';
import type { Host } from '../../src/host/host.ts';

/** More than any test has open at once on the simulated host. */
const SIM_FDS = 1024;

/** Everything of a host that outlives the objects which took it. */
export interface Held {
  readonly fds: readonly number[];
  /** Living children and zombies. */
  readonly children: readonly number[];
  /** Signals that this thread has blocked. */
  readonly blocked: readonly number[];
}

/** Open descriptors: /proc/self/fd on Linux, the simulator's own table otherwise. */
export function openFds(host: Host): number[] {
  const candidates =
    host.kind === 'linux'
      ? readdirSync('/proc/self/fd').map(Number)
      : Array.from({ length: SIM_FDS }, (_, fd) => fd);
  // The listing's own descriptor is among Linux's, and gone by now.
  return candidates.filter((fd) => host.fcntl(fd, F_GETFD, 0) >= 0).sort((a, b) => a - b);
}

export function held(host: Host): Held {
  return { fds: openFds(host), children: host.children(), blocked: host.blockedSignals() };
}

/** Fails where the host holds more, or less, than it did before. */
export function expectNoLeaks(host: Host, before: Held): void {
  expect(held(host)).toEqual(before);
}
