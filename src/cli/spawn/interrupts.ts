import { CLD_EXITED, SIGINT } from '../../host/constants.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';

/**
 * The processes to end by a SIGINT from the terminal: we alone, or our whole group, which did not
 * get it.
 */
export type Interrupted = 'us' | 'group' | null;

/**
 * A program in our group (`timeout --foreground`, npm) that gets a Ctrl-C may pass it on to us, who have it
 * already. That takes it milliseconds; a person who presses again, or kills, takes longer.
 */
const RELAY_NS = 300e6;

/** The SIGINTs of a run. */
export class Interrupts {
  /** The number received. One Ctrl-C counts once, whoever passes it on to us as well. */
  received = 0;
  interrupted: Interrupted = null;
  /** When the last one of that number came, and whether by the terminal. */
  #lastNs = 0;
  #lastByTerminal = false;

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    return [this.received, this.interrupted, this.#lastNs, this.#lastByTerminal];
  }

  /** @param byTerminal whether a key sent it, so that our whole group got it */
  add(byTerminal: boolean, nowNs: number): void {
    if (byTerminal) this.interrupted = 'us';
    const isOther = this.received > 0 && byTerminal !== this.#lastByTerminal;
    if (isOther && nowNs - this.#lastNs < RELAY_NS) return;
    this.received++;
    this.#lastNs = nowNs;
    this.#lastByTerminal = byTerminal;
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
