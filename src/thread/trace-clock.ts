import { CLOCK_MONOTONIC } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import { SimThreadHost } from '../host/sim/threads/thread-host.ts';

/**
 * The clock of the events of a thread, ns. On a simulated kernel it is read without a call, which
 * would take time and could let another thread go first: a traced run is the same as one that is not.
 */
export function traceClock(host: Host): () => number {
  if (host instanceof SimThreadHost) return () => host.nowNs;
  return () => host.clockNs(CLOCK_MONOTONIC);
}
