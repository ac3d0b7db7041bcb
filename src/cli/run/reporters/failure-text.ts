import type { Place } from '../../../scenario/problem.ts';
import type { DiffLine } from '../../../scenario/run/diff.ts';
import type { Failure } from '../../../scenario/run/judge.ts';
import type { RunResult } from '../../../scenario/run/run.ts';
import { durationText } from '../../../scenario/values.ts';
import { DIM, GREEN, paint, RED, type Style, wordLines } from '../../text/style.ts';
import type { Outcome } from '../outcome.ts';

/** Columns that stand before each line of an outcome. */
export const MARGIN = 5;
/** Equal lines that stand around a difference. */
const AROUND = 3;
const PLAIN: Style = { color: false, width: 0 };

/** All that went wrong in an outcome, in lines. */
export function failureLines(outcome: Outcome, style: Style = PLAIN): string[] {
  const lines: string[] = [];
  for (const result of outcome.results) {
    for (const failure of result.failures) lines.push(...linesOf(result, failure, style));
  }
  if (outcome.difference !== null) {
    lines.push('the order logs of the two hosts differ:');
    lines.push(...sideBySide(outcome.difference, style));
  }
  if (outcome.command !== null) lines.push(`run it again: ${outcome.command}`);
  return lines;
}

function linesOf(result: RunResult, failure: Failure, style: Style): string[] {
  const where = failure.at === null ? '' : `${result.file}:${placeText(failure.at)}: `;
  const lines = folded(`${where}${failure.message} (${result.host})`, style);
  if (failure.diff !== undefined) lines.push(...diffLines(failure.diff, style));
  return lines;
}

/** What a person should know of an outcome, be it good or bad. */
export function noteLines({ results }: Outcome, style: Style): string[] {
  return results.flatMap((result) =>
    result.notes.flatMap(({ at, message }) => {
      const where = at === null ? '' : `${result.file}:${placeText(at)}: `;
      return folded(`note: ${where}${message} (${result.host})`, style);
    }),
  );
}

/** In lines that fit beside the margin, broken between words. */
function folded(text: string, { width }: Style): string[] {
  return text.split('\n').flatMap((line) => {
    const [first, ...others] = wordLines(line, MARGIN, MARGIN + 2, width);
    return [first!, ...others.map((other) => `  ${other}`)];
  });
}

function placeText({ line, column }: Place): string {
  return `${line}:${column}`;
}

/** Expected (-) against actual (+), with the time and the iteration of what came. */
function diffLines(diff: readonly DiffLine[], style: Style): string[] {
  const width = widest(diff, 40);
  return around(diff).map((line) => {
    if (line === null) return paint(style, DIM, '    …');
    if (line.sign === '…') return paint(style, DIM, `    … ${line.text}`);
    const { sign, text, timeNs, iteration } = line;
    const when =
      timeNs === null ? 'expected' : `${durationText(timeNs).padStart(12)}  #${iteration}`;
    const color = sign === '-' ? RED : sign === '+' ? GREEN : '';
    return paint(style, color, `  ${sign} ${text.padEnd(width)}  ${when}`);
  });
}

/** Two columns: what only one host has stands opposite to nothing. */
function sideBySide(diff: readonly DiffLine[], style: Style): string[] {
  const width = widest(diff, 36);
  const row = (sim: string, linux: string, color: string): string =>
    paint(style, color, `  ${sim.padEnd(width)} | ${linux}`.trimEnd());
  const rows = around(diff).map((line) => {
    if (line === null) return paint(style, DIM, '    …');
    if (line.sign === '…') return paint(style, DIM, `    … ${line.text}`);
    if (line.sign === ' ') return row(line.text, line.text, '');
    return line.sign === '-' ? row(line.text, '', RED) : row('', line.text, GREEN);
  });
  return [row('sim', 'linux', DIM), ...rows];
}

function widest(diff: readonly DiffLine[], most: number): number {
  return Math.min(
    most,
    diff.reduce((width, { text }) => Math.max(width, text.length), 8),
  );
}

/** Lines near a difference; null stands for those left out. Without any difference, all. */
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

/** On which hosts it was run, and which seed and repetition it is, where there are several. */
export function runText({ results, seed, run }: Outcome): string {
  const hosts = results.map((result) => result.host).join(' and ');
  return `${hosts}${seed === null ? '' : `, seed ${seed}`}${run === null ? '' : `, run ${run}`}`;
}
