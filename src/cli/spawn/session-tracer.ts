import type { Host } from '../../host/host.ts';
import { cpuClock, traceClock } from '../../host/linux/fast-clock.ts';
import { stampClock } from '../../host/record/outside.ts';
import { Tracer } from '../../trace/tracer.ts';

/**
 * The tracer of a session. A run that is recorded keeps each time of an event, and has no events of
 * CPU time: to ask for it is a call, which a replay with other traces would not make.
 */
export function sessionTracer(host: Host): Tracer {
  const recorded = stampClock(host);
  if (recorded !== null) return new Tracer(recorded);
  return new Tracer(traceClock(host), undefined, cpuClock(host));
}
