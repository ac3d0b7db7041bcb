/**
 * `qemu-loop report`, and the report of a run: writes the page, and tells in a line what it
 * shows.
 */

import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { Host } from '../../host/host.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../trace/catalogue.ts';
import type { TraceRecord } from '../../trace/read.ts';
import { replayRings, TraceRing } from '../../trace/ring.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError } from '../exit/errors.ts';
import { colorOption, duration } from '../options/option-values.ts';
import { checkOutputs } from '../options/output-files.ts';
import { parseCommand, usageError } from '../options/parse-command.ts';
import { prepareFile, writeNamedFile } from '../output/named-output.ts';
import { count } from '../text/units.ts';
import { contentionText } from './contention-text.ts';
import { diffRuns } from './diff/diff-command.ts';
import type { ReportTrace } from './facts.ts';
import { type PageParts, renderHtml } from './html.ts';
import { buildModel } from './model.ts';
import { packTrace } from './pack.ts';
import { readRun } from './saved-run.ts';

/** A callback that takes at least this long is a finding, unless --slow says otherwise. */
const SLOW_NS = 10e6;

/** The time that a run leaves to the reader of its report, if that is a pipe. */
const LAST_WAIT_NS = 10e9;
/** Names the page in errors. */
const WHAT = 'the report';

/** The options of one report. */
interface ReportOptions {
  /** Path of the page. */
  readonly out: string;
  /** A name for the run, for people. */
  readonly title: string;
  readonly slowNs: number;
  /** The time for the reader of a page that goes into a pipe; without limit if undefined. */
  readonly waitNs?: number;
}

interface Raw {
  readonly output?: string;
  readonly slow: number;
  readonly title?: string;
  readonly diff?: boolean;
  readonly text?: boolean;
  readonly exact?: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

const COMMAND = 'qemu-loop report';
const TEXT = `
With --diff it compares two runs event by event, and marks the first difference.
The runs are traces, or pages that this command or --report has written. Times,
pids and numbers of objects count only with --exact.

Examples:
  qemu-loop --trace-file simple:run.trace --spawn 'sleep 1; exit 3'
  qemu-loop report run.trace -o report.html
  qemu-loop report --diff before.trace after.trace
  qemu-loop report --diff before.trace after.trace -o diff.html

Exit status: 0 a page is written, or both runs are the same; 1 they differ; 2
the command line or a file is wrong; 125 the page cannot be written.
`;

/** Text for the command to print, and its exit status. */
export interface ReportResult {
  readonly text: string;
  readonly status: number;
  /** Whether the text is an error. */
  readonly failed: boolean;
}

/** Runs a command line (without `report`). @param own the process's own host */
export function reportCommand(own: Host | null, args: readonly string[]): ReportResult {
  return result(() => report(own, args));
}

/**
 * Handles errors here: this file is bundled by itself, so the main program does not know its
 * error classes.
 */
function result(act: () => Pick<ReportResult, 'text' | 'status'>): ReportResult {
  try {
    return { ...act(), failed: false };
  } catch (error) {
    const { message, status } = asCliError(error);
    return { text: `qemu-loop: ${visible(message)}\n`, status, failed: true };
  }
}

function report(own: Host | null, args: readonly string[]): Pick<ReportResult, 'text' | 'status'> {
  const asked = parseCommand<Raw>(define(), args, 'there is no trace to draw: name its file');
  if ('text' in asked) return { text: asked.text, status: 0 };
  const { raw, operands: files } = asked;
  if (raw.diff === true) {
    if (files.length !== 2) {
      throw usageError(`--diff compares two runs: name two files, not ${files.length}`, COMMAND);
    }
    if (asked.isTyped('slow')) throw usageError('--slow says nothing with --diff', COMMAND);
    const { output: out, text = false, exact = false, title, color } = raw;
    return diffRuns({ files, out, text, exact, title, color }, pageParts, own);
  }
  const alone = (['text', 'exact', 'color'] as const).find((name) => asked.isTyped(name));
  if (alone !== undefined) throw usageError(`--${alone} is for --diff`, COMMAND);
  if (files.length > 1) {
    throw usageError(`a report is of one trace: name one, or compare two with --diff`, COMMAND);
  }
  const file = files[0]!;
  const trace = readRun(own, file);
  const options = {
    out: raw.output ?? `${file}.html`,
    title: raw.title ?? file,
    slowNs: raw.slow,
  };
  checkOutputs([{ what: 'the report', path: options.out }], [{ what: 'the trace', path: file }]);
  return { text: writeReport(own, trace, options), status: 0 };
}

/** Number of events of a thread that are kept for a run's report: as many as the page shows smoothly. */
const KEPT_EVENTS = 200_000;

/**
 * Makes the ring that keeps the events of a run for its report.
 * @param own the process's own host
 * @throws CliError if the report cannot be written
 */
export function openReport(own: Host | null, out: string): TraceRing {
  prepareFile(own, { what: WHAT, path: out });
  return new TraceRing(KEPT_EVENTS);
}

/**
 * Writes the report of a run from the events in the rings of its threads.
 * @param own the process's own host
 */
export function reportRings(
  own: Host | null,
  rings: readonly TraceRing[],
  { out, title, waitNs = LAST_WAIT_NS }: Pick<ReportOptions, 'out' | 'title' | 'waitNs'>,
): ReportResult {
  const events: TraceRecord[] = [];
  let dropped = 0;
  replayRings(rings, {
    sinkOf: ({ tid, name: thread }) => {
      const whose = tid === 0 ? {} : { tid, thread };
      return (id, timeNs, ...values) => {
        const name = EVENT_NAMES[id]!;
        const { args }: EventDef = CATALOGUE[name];
        const named = Object.fromEntries(args.map(([arg], i) => [arg, values[i]!]));
        events.push({ name, timeNs, args: named, ...whose });
      };
    },
    dropped: (count) => {
      dropped += count;
    },
  });
  const trace = { events, dropped, truncated: false };
  return result(() => ({
    text: writeReport(own, trace, { out, title, slowNs: SLOW_NS, waitNs }),
    status: 0,
  }));
}

function writeReport(
  own: Host | null,
  trace: ReportTrace,
  { out, title, slowNs, waitNs }: ReportOptions,
): string {
  const model = buildModel(trace, { slowNs });
  const { checks, threads } = model;
  const html = renderHtml(pageParts(), { title, slowNs, trace: packTrace(trace) });
  writeNamedFile(own, { what: WHAT, path: out }, html, waitNs);
  const findings = checks.flatMap((check) => check.findings);
  const found = findings.length === 0 ? 'nothing found' : count(findings.length, 'finding');
  const lines = findings.map((one) => `  ${visible(one.title)}\n`);
  const cut = trace.truncated ? ', and the trace ends in the middle of an event' : '';
  const several = threads.length > 1 ? ` of ${threads.length} threads` : '';
  const head = `${count(trace.events.length, 'event')}${several}, ${found}${cut}`;
  return `${visible(out)}: ${head}\n${lines.join('')}${contentionText(model)}`;
}

/** Reads the parts of the page, which the build puts next to the command. */
function pageParts(): PageParts {
  const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
  return { script: read('./report-page.js'), style: read('./report-page.css') };
}

function define(): Command {
  return new Command(COMMAND)
    .usage('TRACE [-o FILE]\n       qemu-loop report --diff TRACE TRACE [-o FILE]')
    .description('Draws a trace (json or simple) as one HTML file that needs no network.')
    .argument('<trace...>')
    .addOption(
      new Option(
        '-o, --output <file>',
        'path of the page (default: TRACE.html; with --diff, text without a page)',
      ),
    )
    .addOption(
      new Option(
        '--slow <duration>',
        'report callbacks that take at least this long (default 10ms)',
      )
        .argParser(duration)
        .default(SLOW_NS),
    )
    .addOption(new Option('--title <text>', 'a name for the run (default: the name of the trace)'))
    .addOption(new Option('--diff', 'compare two runs'))
    .addOption(new Option('--text', 'with --diff and -o: print the differences too'))
    .addOption(new Option('--exact', 'with --diff: times, pids and numbers of objects count'))
    .addOption(colorOption('with --diff: '))
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', TEXT);
}
