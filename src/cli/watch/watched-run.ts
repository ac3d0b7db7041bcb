import type { EventId, EventName } from '../../trace/catalogue.ts';
import type { Tracer, TraceValue } from '../../trace/tracer.ts';
import type { Model } from './model.ts';
import { roundsFrom } from './past.ts';
import type { Subject } from './subject.ts';

/** The events that count iterations, and those of children. */
const CHILDREN = ['child_spawn', 'child_reap'] as const;
const WAITS: readonly EventName[] = ['main_loop_wait_begin', ...CHILDREN];
const POLLS: readonly EventName[] = ['aio_poll_begin', 'aio_poll_end', ...CHILDREN];

/** A run beside its view. */
export interface WatchedRun {
  /** As a scenario's `drive`. */
  readonly drive: string;
  readonly trace: Tracer;
  readonly subject: Subject;
  /** Whether the run is the same each time, so that it can be made again. */
  readonly goesBack: boolean;
  /** Takes an event of a child, even of an iteration that is not shown. */
  takeChild(id: EventId, timeNs: number, args: readonly TraceValue[]): void;
  /** Called before each event that is shown, and before the view is drawn. */
  refresh(model: Model): void;
  /**
   * Whether another thread has begun an iteration of its loop since this was asked last, and the run may be
   * stopped for that.
   */
  hasBegunElsewhere(): boolean;
  /** Sends a signal to a child. Returns 0 or -errno. */
  send(pid: number, signo: number): number;
}

/**
 * Lets a run go on to an iteration, and sees only its children.
 * @param passing called with each event before it
 * @param there called with the event that begins it
 */
export function skipTo(
  run: WatchedRun,
  iteration: number,
  passing: () => void,
  there: (id: EventId, timeNs: number, args: readonly TraceValue[]) => void,
): { dispose(): void } {
  const rounds = roundsFrom(run.drive, 1);
  const events = run.drive === 'aio_poll' ? POLLS : WAITS;
  const attached = run.trace.attach(events, (id, timeNs, ...args) => {
    const mark = rounds.at(id, args);
    const isThere = mark?.kind === 'begin' && mark.iteration >= iteration;
    if (!isThere) {
      run.takeChild(id, timeNs, args);
      passing();
      return;
    }
    attached.dispose();
    there(id, timeNs, args);
  });
  return attached;
}
