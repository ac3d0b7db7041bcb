import type { Place } from '../../../scenario/problem.ts';
import type { DiffLine } from '../../../scenario/run/diff.ts';
import type { Failure } from '../../../scenario/run/judge.ts';
import type { RunResult } from '../../../scenario/run/run.ts';
import { durationText } from '../../../scenario/values.ts';
import { visible } from '../../../trace/visible.ts';
import { DIM, GREEN, paint, RED, type Style, wordLines } from '../../text/style.ts';
import type { Difference, Outcome } from '../outcome.ts';

/** Columns before each line of an outcome. */
export const MARGIN = 5;
/** Equal lines shown around a difference. */
const AROUND = 3;
const PLAIN: Style = { color: false, width: 0 };

/** Everything that went wrong in an outcome, in lines. */
export function failureLines(outcome: Outcome, style: Style = PLAIN): string[] {
  const lines: string[] = [];
  for (const result of outcome.results) {
    for (const failure of result.failures) lines.push(...linesOf(result, failure, style));
  }
  for (const difference of outcome.differences) {
    lines.push(
      `the order logs of ${outcome.results.length === 2 ? 'the two hosts' : 'the hosts'} differ:`,
    );
    lines.push(...differenceLines(difference, style));
  }
  if (outcome.command !== null) lines.push(`run it again: ${visible(outcome.command)}`);
  return lines;
}

function linesOf(result: RunResult, failure: Failure, style: Style): string[] {
  const where = failure.at === null ? '' : `${result.file}:${placeText(failure.at)}: `;
  const [first, ...stack] = messageLines(failure);
  const lines = folded(`${where}${first} (${result.host})`, style);
  lines.push(...stack.map((line) => `  ${visible(line)}`));
  if (failure.diff !== undefined) lines.push(...diffLines(failure.diff, style));
  return lines;
}

/** A fault of ours brings its stack, in lines; the text of a file cannot make any. */
function messageLines({ kind, message }: Failure): string[] {
  return kind === 'error' ? message.split('\n') : [message];
}

/** Notes on an outcome, whether it passed or failed. */
export function noteLines({ file, results, leftOut }: Outcome, style: Style): string[] {
  const absent = leftOut.flatMap(({ host, at, why }) => {
    const where = at === null ? '' : `${file}:${placeText(at)}: `;
    return folded(`note: ${where}not on ${host}: ${why}`, style);
  });
  const notes = results.flatMap((result) =>
    result.notes.flatMap(({ at, message }) => {
      const where = at === null ? '' : `${result.file}:${placeText(at)}: `;
      return folded(`note: ${where}${message} (${result.host})`, style);
    }),
  );
  return [...absent, ...notes];
}

/** Folds text between words into lines that fit beside the margin. */
function folded(text: string, { width }: Style): string[] {
  const [first, ...others] = wordLines(visible(text), MARGIN, MARGIN + 2, width);
  return [first!, ...others.map((other) => `  ${other}`)];
}

function placeText({ line, column }: Place): string {
  return `${line}:${column}`;
}

/** Expected (-) against actual (+), with the time and the iteration of actual entries. */
function diffLines(diff: readonly DiffLine[], style: Style): string[] {
  const shown = visibleLines(diff);
  const width = widest(shown, 40);
  return around(shown).map((line) => {
    if (line === null) return paint(style, DIM, '    …');
    if (line.sign === '…') return paint(style, DIM, `    … ${line.text}`);
    const { sign, text, timeNs, iteration } = line;
    const when =
      timeNs === null ? 'expected' : `${durationText(timeNs).padStart(12)}  #${iteration}`;
    const color = sign === '-' ? RED : sign === '+' ? GREEN : '';
    return paint(style, color, `  ${sign} ${text.padEnd(width)}  ${when}`);
  });
}

/** Two columns: entries of only one side have an empty place beside them. */
export function differenceLines(
  { hosts, others, lines }: Difference,
  style: Style = PLAIN,
): string[] {
  const shown = visibleLines(lines);
  const width = widest(shown, 36);
  const row = (left: string, right: string, color: string): string =>
    paint(style, color, `  ${left.padEnd(width)} | ${right}`.trimEnd());
  const rows = around(shown).map((line) => {
    if (line === null) return paint(style, DIM, '    …');
    if (line.sign === '…') return paint(style, DIM, `    … ${line.text}`);
    if (line.sign === ' ') return row(line.text, line.text, '');
    return line.sign === '-' ? row(line.text, '', RED) : row('', line.text, GREEN);
  });
  return [row(hosts.join(', '), others.join(', '), DIM), ...rows];
}

function widest(diff: readonly DiffLine[], most: number): number {
  return Math.min(
    most,
    diff.reduce((width, { text }) => Math.max(width, text.length), 8),
  );
}

function visibleLines(diff: readonly DiffLine[]): DiffLine[] {
  return diff.map((line) => ({ ...line, text: visible(line.text) }));
}

/** Lines near a difference; null stands for lines left out. All lines if there is no difference. */
function around(diff: readonly DiffLine[]): (DiffLine | null)[] {
  const marked = diff.map(({ sign }) => sign === '-' || sign === '+');
  if (!marked.includes(true)) return [...diff];
  const kept: (DiffLine | null)[] = [];
  diff.forEach((line, i) => {
    const near = marked.slice(Math.max(0, i - AROUND), i + AROUND + 1).includes(true);
    if (near) kept.push(line);
    else if (kept.at(-1) !== null) kept.push(null);
  });
  return kept;
}

/** The hosts of a run, and its seed and repetition if there are several. */
export function runText({ results, seed, run }: Outcome): string {
  const hosts = results.map(hostText).join(' and ');
  return `${hosts}${seed === null ? '' : `, seed ${seed}`}${run === null ? '' : `, run ${run}`}`;
}

/** A host, and the version of QEMU if that is known. */
function hostText({ host, version }: RunResult): string {
  return version === null || version === '' ? host : `${host} ${version}`;
}
