import type { Outcome, Reporter, Totals, Write } from './outcome.ts';

/** One JSON object a line: each outcome, then the totals. */
export class JsonReporter implements Reporter {
  readonly #write: Write;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(): void {}

  outcome(outcome: Outcome): void {
    this.#write(`${JSON.stringify(outcome)}\n`);
  }

  end(totals: Totals): void {
    this.#write(`${JSON.stringify({ totals })}\n`);
  }
}
