import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Names } from '../log/live-text.ts';
import type { Model } from './model.ts';
import { TextMatcher } from './search.ts';

/** The way of a run to an iteration, which is not shown until it is there. */
export class Travel {
  /** The stop to go to; null if the run is where the person wants it. */
  goal: number | null = null;
  /** Whether the goal lies behind, so that the run has to be made again. */
  again = false;
  /** News of a search, for the last line; '' for none. */
  message = '';
  /** The text that the run is searched for as it goes on; null for none. */
  #sought: { readonly text: string; readonly matcher: TextMatcher } | null = null;

  /** Whether the run is on its way to somewhere. */
  get underWay(): boolean {
    return this.goal !== null || this.#sought !== null;
  }

  /** Runs on until after an iteration that has the text. */
  searchOn(text: string): void {
    this.#sought = { text, matcher: new TextMatcher(text) };
  }

  /** The run is at a stop. */
  begun(stop: number): void {
    if (this.goal !== null && stop >= this.goal && !this.again) this.goal = null;
  }

  /** Takes an event on the way. */
  take(
    { iteration, coroutines }: Model,
    id: EventId,
    args: readonly TraceValue[],
    fds: () => Names['fds'],
  ): void {
    if (this.#sought?.matcher.hasEvent(id, args, fds, coroutines)) this.#found(iteration);
  }

  /** The same for a line of the order log, or of output. */
  takeText(iteration: number, text: string): void {
    if (this.#sought?.matcher.hasText(text)) this.#found(iteration);
  }

  #found(iteration: number): void {
    this.goal = iteration + 1;
    this.#sought = null;
  }

  /** The run has come to its end. */
  runEnded(): void {
    if (this.again) return;
    if (this.#sought !== null) this.message = `'${this.#sought.text}' is not after this`;
    this.#sought = null;
    this.goal = null;
  }
}
