import { stringify } from 'yaml';
import { visible } from '../../../trace/visible.ts';
import type { Outcome, Reporter, Write } from '../outcome.ts';
import { failureLines, noteLines, runText } from './failure-text.ts';

const PLAIN = { color: false, width: 0 };
const MOST_COLUMNS = 100;

/** Prints the order log of a run as the `expect` of a file. */
export class ExpectReporter implements Reporter {
  readonly #out: Write;
  readonly #err: Write;

  constructor(out: Write, err: Write) {
    this.#out = out;
    this.#err = err;
  }

  begin(): void {}

  unread(): void {}

  outcome(outcome: Outcome): void {
    const [result] = outcome.results;
    for (const line of noteLines(outcome, PLAIN)) this.#err(`qemu-loop: ${line}\n`);
    // Without a run there is nothing to expect.
    if (outcome.status > 1) {
      for (const line of failureLines(outcome)) this.#err(`qemu-loop: ${line}\n`);
      return;
    }
    const order = result!.order.map(({ text }) => text);
    const abort = result!.abort === null ? {} : { abort: result!.abort };
    const yaml = stringify(
      { expect: { order, ...abort } },
      { lineWidth: MOST_COLUMNS, collectionStyle: 'any' },
    );
    this.#out(`# ${visible(outcome.name)}: ${runText(outcome)}\n${yaml}`);
  }

  end(): void {}
}
