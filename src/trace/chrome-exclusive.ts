import { EV, type EventId } from './catalogue.ts';
import type { ChromeSlices } from './chrome-slices.ts';
import { jsonArgs } from './json-backend.ts';
import type { TraceValue } from './tracer.ts';

/** Slices of vCPUs that wait for each other, and of one that runs alone. Returns whether the event is drawn. */
export function drawExclusive(
  slices: ChromeSlices,
  id: EventId,
  timeNs: number,
  args: readonly TraceValue[],
): boolean {
  switch (id) {
    case EV.start_exclusive_begin:
      slices.begin('await', 'alone', timeNs, 'wait to run alone', jsonArgs(id, args));
      return true;
    case EV.start_exclusive_end:
      slices.end('await', 'alone', timeNs);
      slices.begin('alone', '', timeNs, 'runs alone', jsonArgs(id, args));
      return true;
    case EV.end_exclusive:
      slices.end('alone', '', timeNs);
      return true;
    case EV.cpu_exec_start_begin:
      slices.begin('await', 'program', timeNs, 'wait to begin its program', jsonArgs(id, args));
      return true;
    case EV.cpu_exec_start_end:
      slices.end('await', 'program', timeNs);
      return true;
    default:
      return false;
  }
}
