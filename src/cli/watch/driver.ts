import type { Where } from './controls.ts';
import type { Pace } from './pacer.ts';

/** The view's needs of the program that drives it. */
export interface Driver {
  /**
   * Time between two frames while nothing happens, and between two checks of the terminal
   * during a pause, ns.
   */
  readonly tickNs: number;
  /** News besides the pace, for the first line; '' for none. */
  state(): string;
  /** Whether the run is ending, so that nothing may be paused any more. */
  isLeaving(): boolean;
  /** Stops everything but the view, or lets it continue. */
  standsStill(still: boolean): void;
  /** Sends a signal to a child. Returns 0 or -errno. */
  send(pid: number, signo: number): number;
  quit(): void;
  /** Goes to another iteration. Returns a message if it cannot; '' if it can. */
  travel(where: Where): string;
  /** Takes a step from a stop of the past that is shown; returns true. */
  stepFromPast(step: Pace): true;
  /** Stops us, as a shell's job; returns false if nobody could continue us. */
  suspend(): boolean;
  /** Called when the terminal has hung up. */
  hungUp(): void;
}
