import type { Outcome, Reporter, Write } from './outcome.ts';
import { failureLines, hostsText, outcomeTitle } from './report-text.ts';

/** TAP version 14. */
export class TapReporter implements Reporter {
  readonly #write: Write;
  #number = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(total: number): void {
    this.#write(`TAP version 14\n1..${total}\n`);
  }

  outcome(outcome: Outcome): void {
    const ok = outcome.status === 0 ? 'ok' : 'not ok';
    const title = `${outcomeTitle(outcome)} (${hostsText(outcome)})`.replaceAll('#', '\\#');
    this.#write(`${ok} ${++this.#number} - ${title}\n`);
    if (outcome.status === 0) return;
    const lines = failureLines(outcome).map((line) => `    ${line}\n`);
    this.#write(`  ---\n  message: |\n${lines.join('')}  ...\n`);
  }

  end(): void {}
}
