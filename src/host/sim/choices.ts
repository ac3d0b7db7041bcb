/** The places at which a simulated run is open. */

/**
 * - `preempt`: does the thread keep the processor after its call (0), or lose it (1)?
 * - `thread`: which of the threads that could run goes on?
 * - `event`: a call looks at the kernel: does no event come before (0), or which?
 * - `sleep`: a thread sleeps: does time pass (0), or which event comes now?
 * - `tie`: which event of the same instant comes first?
 */
export type ChoiceKind = 'preempt' | 'thread' | 'event' | 'sleep' | 'tie';

/** Decides all that a run leaves open, in place of the seed. */
export interface Choices {
  /** How often it was asked. */
  readonly made: number;
  /** @returns one of the ways, from 0. Way 0 at all places makes a run, too. */
  choose(kind: ChoiceKind, ways: number): number;
  /**
   * A call has looked at the kernel. Its result is the same text in another run if the events that
   * came before have made no difference to it.
   * @param from the first place of kind `event` before it, as `made` counts
   */
  saw(from: number, result: string): void;
}
