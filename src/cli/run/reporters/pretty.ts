import { durationText } from '../../../scenario/values.ts';
import { visible } from '../../../trace/visible.ts';
import { BOLD, cut, DIM, GREEN, paint, RED, type Style } from '../../text/style.ts';
import type { Outcome, Reporter, Totals, Write } from '../outcome.ts';
import { failureLines, MARGIN, noteLines, runText } from './failure-text.ts';

/** With more runs than this, only failures are listed, and a line shows the progress. */
const MOST_LISTED = 24;

/** Reports for people. */
export class PrettyReporter implements Reporter {
  readonly #write: Write;
  readonly #style: Style;
  /** Shows progress on one line; null if stdout is not a terminal. */
  readonly #progress: Write | null;
  #total = 0;
  #done = 0;

  constructor(write: Write, style: Style, progress: Write | null) {
    this.#write = write;
    this.#style = style;
    this.#progress = progress;
  }

  begin(total: number): void {
    this.#total = total;
  }

  running(file: string): void {
    if (this.#progress === null || this.#total <= MOST_LISTED) return;
    const text = cut(`[${this.#done}/${this.#total}] ${visible(file)}`, this.#style.width - 1);
    this.#progress(`\r\x1b[K${text}`);
  }

  /** stderr has already said what is wrong with the file. */
  unread(): void {
    this.#done++;
  }

  outcome(outcome: Outcome): void {
    this.#done++;
    if (outcome.status === 0 && this.#total > MOST_LISTED) return;
    this.#clear();
    const style = this.#style;
    const mark = outcome.status === 0 ? paint(style, GREEN, 'ok  ') : paint(style, RED, 'FAIL');
    const [name, file] = [visible(outcome.name), visible(outcome.file)];
    const elapsed = durationText(outcome.results[0]!.elapsedNs);
    const more = paint(style, DIM, `${runText(outcome)}, ${elapsed}`);
    this.#write(`${mark} ${paint(style, BOLD, name)}  ${file}  ${more}\n`);
    const failures = outcome.status === 0 ? [] : failureLines(outcome, style);
    const margin = ' '.repeat(MARGIN);
    for (const line of [...noteLines(outcome, style), ...failures]) {
      this.#write(`${margin}${line}\n`);
    }
  }

  end({ passed, failed, errors, wallMs }: Totals): void {
    this.#clear();
    const style = this.#style;
    const bad = failed === 0 ? '' : `, ${paint(style, RED, `${failed} failed`)}`;
    const wrong = errors === 0 ? '' : `, ${paint(style, RED, `${errors} could not be read`)}`;
    const good = paint(style, failed + errors === 0 ? GREEN : '', `${passed} passed`);
    this.#write(`${good}${bad}${wrong} in ${(wallMs / 1000).toFixed(2)} s\n`);
  }

  #clear(): void {
    if (this.#total > MOST_LISTED) this.#progress?.('\r\x1b[K');
  }
}
