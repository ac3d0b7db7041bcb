import type { Choices } from './choices.ts';
import type { Scheduler } from './scheduler.ts';

/** Calls that look at what an event may change, in a run that Choices decide. */
export class Looks {
  readonly #threads: Scheduler;
  readonly #choices: Choices;
  /** The first place of choice before the call; -1 if there was none. */
  #from = -1;

  constructor(threads: Scheduler, choices: Choices) {
    this.#threads = threads;
    this.#choices = choices;
  }

  /**
   * A call begins: events whose time is open may come before.
   * @param sleeps whether it will sleep, in which they may come just as well
   */
  begin(sleeps: boolean): void {
    const { made } = this.#choices;
    if (!sleeps) this.#threads.look();
    this.#from = this.#choices.made === made ? -1 : made;
  }

  /** It ends, with these numbers. */
  end(result: number, numbers: Int32Array | Uint8Array | readonly number[] = []): number {
    if (this.#from >= 0) this.#choices.saw(this.#from, `${result}: ${numbers.join()}`);
    this.#from = -1;
    return result;
  }
}
