import { visibleJson } from '../../../trace/visible.ts';
import type { Outcome, Reporter, Totals, Unread, Write } from '../outcome.ts';

/** One JSON object per line: each file that could not be read, each outcome, then the totals. */
export class JsonReporter implements Reporter {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(): void {}

  unread(one: Unread): void {
    this.#write(`${visibleJson(one)}\n`);
  }

  outcome(outcome: Outcome): void {
    this.#write(`${visibleJson(outcome)}\n`);
  }

  end(totals: Totals): void {
    this.#write(`${visibleJson({ totals })}\n`);
  }
}
