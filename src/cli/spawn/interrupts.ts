import { CLD_EXITED, SIGINT } from '../../host/constants.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';

/**
 * The processes to end by a SIGINT from the terminal: we alone, or our whole group, which did not
 * get it.
 */
export type Interrupted = 'us' | 'group' | null;

/** The SIGINTs of a run. */
export class Interrupts {
  /** The number received. */
  received = 0;
  interrupted: Interrupted = null;

  /** @param byTerminal whether a key sent it, so that our whole group got it */
  add(byTerminal: boolean): void {
    this.received++;
    if (byTerminal) this.interrupted = 'us';
  }

  /**
   * The child that had the terminal has ended: the key was for its group only.
   * @param passed signals that we sent it
   */
  holderEnded({ code, status }: ChildEvent, passed: ReadonlySet<number> | undefined): void {
    if (code !== CLD_EXITED && status === SIGINT && !passed?.has(SIGINT)) {
      this.interrupted = 'group';
    }
  }
}
