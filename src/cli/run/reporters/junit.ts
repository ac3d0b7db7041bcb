import { visible } from '../../../trace/visible.ts';
import type { Outcome, Reporter, Totals, Unread, Write } from '../outcome.ts';
import { failureLines, runText } from './failure-text.ts';

/** JUnit's XML, for build servers. */
export class JunitReporter implements Reporter {
  readonly #write: Write;
  readonly #cases: string[] = [];
  /** The failures that are not failed expectations. */
  #errors = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(): void {}

  unread({ file, messages }: Unread): void {
    this.#cases.push(testCase(file, file, 0, bodyOf('error', messages)));
  }

  outcome(outcome: Outcome): void {
    const { file, status, wallMs } = outcome;
    const name = `${outcome.name} (${runText(outcome)})`;
    if (status === 0) {
      this.#cases.push(testCase(file, name, wallMs, null));
      return;
    }
    // A failure is the scenario's, an error is the file's or the emulator's.
    const tag = status === 1 ? 'failure' : 'error';
    if (status !== 1) this.#errors++;
    this.#cases.push(testCase(file, name, wallMs, bodyOf(tag, failureLines(outcome))));
  }

  end({ passed, failed, errors, wallMs }: Totals): void {
    const tests = `tests="${passed + failed + errors}"`;
    const counts = `${tests} failures="${failed - this.#errors}" errors="${this.#errors + errors}"`;
    this.#write(
      `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="qemu-loop run" ${counts} time="${(wallMs / 1000).toFixed(3)}">\n`,
    );
    for (const one of this.#cases) this.#write(`${one}\n`);
    this.#write('</testsuite>\n');
  }
}

function testCase(file: string, name: string, wallMs: number, body: string | null): string {
  const where = `classname="${escapeXml(file)}" name="${escapeXml(name)}"`;
  const head = `  <testcase ${where} time="${(wallMs / 1000).toFixed(3)}"`;
  return body === null ? `${head}/>` : `${head}>\n    ${body}\n  </testcase>`;
}

function bodyOf(tag: 'failure' | 'error', lines: readonly string[]): string {
  return `<${tag} message="${escapeXml(lines[0]!)}">${lines.map(escapeXml).join('\n')}</${tag}>`;
}

/** The characters that XML cannot contain, even escaped. */
const NO_XML = /[^ -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escapeXml(text: string): string {
  return visible(text)
    .replaceAll(NO_XML, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
