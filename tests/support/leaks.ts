/** Finds what a test has left behind. */

import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { F_GETFD } from '../../src/host/constants.ts';
import type { Host } from '../../src/host/host.ts';

/** More descriptors than any test opens at once on the simulated host. */
const SIM_FDS = 1024;

/** The resources of a host that outlive the objects which took them. */
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
  // On Linux the listing includes its own descriptor, which is closed by now.
  return candidates.filter((fd) => host.fcntl(fd, F_GETFD, 0) >= 0).sort((a, b) => a - b);
}

export function held(host: Host): Held {
  return { fds: openFds(host), children: host.children(), blocked: host.blockedSignals() };
}

/** Fails if the host holds more, or less, than it did before. */
export function expectNoLeaks(host: Host, before: Held): void {
  expect(held(host)).toEqual(before);
}
