import type { Outcome, Reporter, Totals, Write } from './outcome.ts';
import { failureLines, hostsText } from './report-text.ts';

/** JUnit's XML, as build servers read it. */
export class JunitReporter implements Reporter {
  readonly #write: Write;
  readonly #cases: string[] = [];
  #errors = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  begin(): void {}

  outcome(outcome: Outcome): void {
    const { file, name, status, wallMs } = outcome;
    const where = `classname="${escapeXml(file)}" name="${escapeXml(name)} (${hostsText(outcome)})"`;
    const head = `  <testcase ${where} time="${(wallMs / 1000).toFixed(3)}"`;
    if (status === 0) {
      this.#cases.push(`${head}/>`);
      return;
    }
    // A failure is the scenario's, an error the file's or the emulator's.
    const tag = status === 1 ? 'failure' : 'error';
    if (status !== 1) this.#errors++;
    const lines = failureLines(outcome);
    const body = `<${tag} message="${escapeXml(lines[0]!)}">${escapeXml(lines.join('\n'))}</${tag}>`;
    this.#cases.push(`${head}>\n    ${body}\n  </testcase>`);
  }

  end({ passed, failed, wallMs }: Totals): void {
    const errors = this.#errors;
    const counts = `tests="${passed + failed}" failures="${failed - errors}" errors="${errors}"`;
    this.#write(
      `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="qemu-loop run" ${counts} time="${(wallMs / 1000).toFixed(3)}">\n`,
    );
    for (const one of this.#cases) this.#write(`${one}\n`);
    this.#write('</testsuite>\n');
  }
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
