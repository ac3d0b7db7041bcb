import type { ChildRow } from '../log/summary.ts';

/** A process that we adopted when its parent, of a child's process group, had ended. */
export interface Heir {
  readonly pid: number;
  /**
   * The child for whose end its own end counts: it is the program that a shell waited for when a
   * signal of ours ended the shell.
   */
  row: ChildRow | null;
  /** Whether the signal leaves it the choice to exit. If not, an exit was a step's, just before. */
  mayExit: boolean;
  /** Signals that it was sent. */
  readonly passed: Set<number>;
}

/** A process that a signal of ours has ended. */
export interface Fallen {
  readonly pid: number;
  /** The child for whose end its own end counts. */
  readonly row: ChildRow;
}

/** The signal for processes that a child leaves behind. */
export interface Ending {
  readonly signo: number;
  /** Whether the terminal has sent it to our whole group. */
  readonly toGroup: boolean;
  /** Whether they are to end, rather than only get the signal that their parent died of. */
  readonly toEnd: boolean;
}
