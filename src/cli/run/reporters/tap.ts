import { visible } from '../../../trace/visible.ts';
import type { Outcome, Reporter, Unread, Write } from '../outcome.ts';
import { failureLines, runText } from './failure-text.ts';

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

  unread({ file, messages }: Unread): void {
    this.#point('not ok', file);
    this.#messages(messages);
  }

  outcome(outcome: Outcome): void {
    const title = `${outcome.file}: ${outcome.name} (${runText(outcome)})`;
    this.#point(outcome.status === 0 ? 'ok' : 'not ok', title);
    if (outcome.status !== 0) this.#messages(failureLines(outcome));
  }

  end(): void {}

  #point(ok: 'ok' | 'not ok', title: string): void {
    this.#write(`${ok} ${++this.#number} - ${visible(title).replaceAll('#', '\\#')}\n`);
  }

  #messages(messages: readonly string[]): void {
    const block = messages.map((message) => `    ${visible(message)}\n`).join('');
    this.#write(`  ---\n  message: |\n${block}  ...\n`);
  }
}
