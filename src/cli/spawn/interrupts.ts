import { CLD_EXITED, SIGINT } from '../../host/constants.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';

/** Who is to end by a SIGINT of the terminal's: we alone, or our whole group, which did not get it. */
export type Interrupted = 'us' | 'group' | null;

/** The SIGINTs of a run. */
export class Interrupts {
  /** How many we got. */
  received = 0;
  interrupted: Interrupted = null;

  /** @param byTerminal whether a key sent it, which our whole group got then */
  add(byTerminal: boolean): void {
    this.received++;
    if (byTerminal) this.interrupted = 'us';
  }

  /**
   * The child that has the terminal has ended: the key was for its group alone.
   * @param passed signals that we sent it
   */
  holderEnded({ code, status }: ChildEvent, passed: ReadonlySet<number> | undefined): void {
    if (code !== CLD_EXITED && status === SIGINT && !passed?.has(SIGINT)) {
      this.interrupted = 'group';
    }
  }
}
