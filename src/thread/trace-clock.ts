import { CLOCK_MONOTONIC } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import { cpuClock } from '../host/linux/fast-clock.ts';
import { stampClock, stampsOf } from '../host/record/outside.ts';
import { SimThreadHost } from '../host/sim/threads/thread-host.ts';
import { Tracer } from '../trace/tracer.ts';

/**
 * The clock of the events of a thread, ns, by the id of the event. On a simulated kernel it is read
 * without a call, which would take time and could let another thread go first: a traced run is the same
 * as one that is not. For the same reason a record of the run keeps the times apart from the calls.
 */
export function traceClock(host: Host): (event: number) => number {
  if (host instanceof SimThreadHost) return () => host.nowNs;
  return stampClock(host) ?? (() => host.clockNs(CLOCK_MONOTONIC));
}

/** The tracer of a thread. A run that is recorded has no events of CPU time, since it takes a call to ask. */
export function threadTracer(host: Host): Tracer {
  const cpu = stampsOf(host) === null ? cpuClock(host) : null;
  return new Tracer(traceClock(host), undefined, cpu);
}
