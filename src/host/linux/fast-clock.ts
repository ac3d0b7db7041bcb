import { CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID } from '../constants.ts';
import type { Host } from '../host.ts';

/**
 * CLOCK_MONOTONIC in ns without a system call through koffi, which would take
 * longer than all the rest of an event.
 */
export function traceClock(host: Host): () => number {
  let baseNs = 0;
  return () => {
    if (baseNs === 0) baseNs = base(host);
    return Math.round(baseNs + performance.now() * 1e6);
  };
}

/**
 * The time of CLOCK_MONOTONIC when performance.now was 0. At its first use Node loads
 * a module, for ms, so a run without events is spared it, and one with events must
 * not have that between the two readings.
 */
function base(host: Host): number {
  let best = 0;
  let narrowestMs = Number.POSITIVE_INFINITY;
  // A first call is slow: of three pairs of readings the closest counts.
  for (let i = 0; i < 3; i++) {
    const beforeMs = performance.now();
    const nowNs = host.clockNs(CLOCK_MONOTONIC);
    const afterMs = performance.now();
    if (afterMs - beforeMs >= narrowestMs) continue;
    narrowestMs = afterMs - beforeMs;
    best = nowNs - ((beforeMs + afterMs) / 2) * 1e6;
  }
  return best;
}

/** The clock of a thread's CPU time, ns; null on a simulated kernel, whose threads need none. */
export function cpuClock(host: Host): (() => number) | null {
  return host.kind === 'sim' ? null : () => host.clockNs(CLOCK_THREAD_CPUTIME_ID);
}
