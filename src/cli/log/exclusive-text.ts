import { EV, type EventId } from '../../trace/catalogue.ts';

/**
 * An event of vCPUs that wait for each other.
 * @param other the name of the other vCPU, if the event has one
 */
export function exclusiveText(id: EventId, other: string): [func: string, text: string] {
  switch (id) {
    case EV.start_exclusive_begin:
      return ['start_exclusive', `waits for ${other}, which runs alone first`];
    case EV.start_exclusive_wait:
      return ['start_exclusive', `waits for ${other} to leave its program`];
    case EV.start_exclusive_end:
      return ['start_exclusive', 'runs alone'];
    case EV.end_exclusive:
      return ['end_exclusive', 'runs alone no more'];
    case EV.cpu_exec_start_begin:
      return ['cpu_exec_start', `waits for ${other}, which runs alone`];
    case EV.cpu_exec_start_end:
      return ['cpu_exec_start', 'begins its program'];
    default:
      return ['cpu_exec_end', `leaves its program, for which ${other} waits`];
  }
}
