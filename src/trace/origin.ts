import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import type { TraceOrigin } from './backend.ts';

/** Whose trace a run of this process is. */
export function traceOrigin(host: Host): TraceOrigin {
  const epochNs = host.clockNs(CLOCK_REALTIME) - host.clockNs(CLOCK_MONOTONIC);
  return { pid: host.getpid(), tid: host.gettid(), epochUs: Math.round(epochNs / 1000) };
}
