import type { EventName } from '../../trace/catalogue.ts';

const ITERATIONS: ReadonlySet<EventName> = new Set<EventName>([
  'main_loop_wait_begin',
  'aio_poll_begin',
]);

/** Whether an iteration begins with an event. */
export function beginsIteration(name: EventName): boolean {
  return ITERATIONS.has(name);
}

/** The main thread's place in its iteration, from event to event. */
export class Phases {
  iteration = 0;
  /** Empty between two iterations. */
  phase = '';

  /**
   * @param isMain whether it is an event of the main thread
   * @param text the first argument
   */
  next(name: EventName, isMain: boolean, text: unknown): void {
    if (!isMain) return;
    if (beginsIteration(name)) {
      this.iteration++;
      this.phase = 'prepare';
    } else if (name === 'main_loop_phase') this.phase = String(text);
    else if (name === 'aio_bh_poll' && this.phase !== '') this.phase = 'dispatch';
    else if (name === 'poll_enter') this.phase = 'poll';
    else if (name === 'main_loop_wait_end' || name === 'aio_poll_end') this.phase = '';
  }
}
