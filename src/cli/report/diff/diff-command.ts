/** `qemu-loop report --diff`: two runs beside each other, as a page or as text. */

import type { Host } from '../../../host/host.ts';
import { visible } from '../../../trace/visible.ts';
import { checkOutputs } from '../../options/output-files.ts';
import { writeNamedFile } from '../../output/named-output.ts';
import { stdoutStyle } from '../../terminal/terminal.ts';
import type { ReportTrace } from '../facts.ts';
import { type PageParts, renderHtml } from '../html.ts';
import { packTrace } from '../pack.ts';
import { readRun } from '../saved-run.ts';
import { diffTraces } from './compare.ts';
import { diffText } from './diff-text.ts';
import { type DiffSide, shortcomings, verdict } from './diff-words.ts';

const EXIT_DIFFERENT = 1;

export interface AskedDiff {
  readonly files: readonly string[];
  /** Path of the page; undefined for text alone. */
  readonly out: string | undefined;
  /** Whether the text is wanted beside the page. */
  readonly text: boolean;
  readonly exact: boolean;
  readonly title: string | undefined;
  readonly color: 'auto' | 'always' | 'never';
}

/**
 * Compares two runs. Returns the text to print, and 0 if they are the same, 1 if not.
 * @throws CliError with status 2 if a run cannot be read, with 125 if the page cannot be written
 */
export function diffRuns(
  asked: AskedDiff,
  parts: () => PageParts,
  own: Host | null,
): { readonly text: string; readonly status: number } {
  const { files, out, exact } = asked;
  if (out !== undefined) {
    const inputs = files.map((path) => ({ what: 'the trace', path }));
    checkOutputs([{ what: 'the report', path: out }], inputs);
  }
  const sides = files.map(
    (title): DiffSide => ({ title, trace: compared(readRun(own, title), exact) }),
  );
  const diff = diffTraces(sides[0]!.trace, sides[1]!.trace, { exact });
  const status = diff.first < 0 ? 0 : EXIT_DIFFERENT;
  const text =
    out === undefined || asked.text ? diffText(diff, sides, stdoutStyle(own, asked.color)) : '';
  if (out === undefined) return { text, status };
  const packed = sides.map(({ title, trace }) => ({ title, trace: packTrace(trace) }));
  const title = asked.title ?? files.join(' and ');
  const html = renderHtml(parts(), { title, exact, sides: packed });
  writeNamedFile(own, { what: 'the report', path: out }, html);
  const notes = shortcomings(sides).map((note) => `  ${visible(note)}\n`);
  const line = `${visible(out)}: ${verdict(diff, sides)}\n${notes.join('')}`;
  return { text: asked.text ? text : line, status };
}

/** Whether and when CPU time is told is a matter of time alone. */
function compared(trace: ReportTrace, exact: boolean): ReportTrace {
  if (exact) return trace;
  return { ...trace, events: trace.events.filter(({ name }) => name !== 'thread_cputime') };
}
