/**
 * `qemu-loop report`, and the report of a run: writes the page, and tells in a line what it
 * shows.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../trace/catalogue.ts';
import { readTrace, TraceReadError, type TraceRecord } from '../../trace/read.ts';
import { replayRings, TraceRing } from '../../trace/ring.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError, CliError, EXIT_INTERNAL, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { duration } from '../options/option-values.ts';
import { checkOutputs } from '../options/output-files.ts';
import { parseCommand } from '../options/parse-command.ts';
import { count } from '../text/units.ts';
import { contentionText } from './contention-text.ts';
import type { ReportTrace } from './facts.ts';
import { type PageParts, renderHtml } from './html.ts';
import { buildModel } from './model.ts';
import { packTrace } from './pack.ts';

/** A callback that takes at least this long is a finding, unless --slow says otherwise. */
const SLOW_NS = 10e6;

/** The options of one report. */
interface ReportOptions {
  /** Path of the page. */
  readonly out: string;
  /** A name for the run, for people. */
  readonly title: string;
  readonly slowNs: number;
}

interface Raw {
  readonly output?: string;
  readonly slow: number;
  readonly title?: string;
}

const EXAMPLES = `
Examples:
  qemu-loop --trace-file simple:run.trace --spawn 'sleep 1; exit 3'
  qemu-loop report run.trace -o report.html
`;

/** Text for the command to print, and its exit status. */
export interface ReportResult {
  readonly text: string;
  readonly status: number;
}

/** Runs a command line (without `report`). */
export function reportCommand(args: readonly string[]): ReportResult {
  return result(() => report(args));
}

/**
 * Handles errors here: this file is bundled by itself, so the main program does not know its
 * error classes.
 */
function result(act: () => string): ReportResult {
  try {
    return { text: act(), status: 0 };
  } catch (error) {
    const { message, status } = asCliError(error);
    return { text: `qemu-loop: ${visible(message)}\n`, status };
  }
}

function report(args: readonly string[]): string {
  const asked = parseCommand<Raw>(define(), args, 'there is no trace to draw: name its file');
  if ('text' in asked) return asked.text;
  const { raw } = asked;
  const file = asked.operands[0]!;
  const trace = readFile(file);
  const options = {
    out: raw.output ?? `${file}.html`,
    title: raw.title ?? file,
    slowNs: raw.slow,
  };
  checkOutputs([{ what: 'the report', path: options.out }], [{ what: 'the trace', path: file }]);
  return writeReport(trace, options);
}

/** Number of events of a thread that are kept for a run's report: as many as the page shows smoothly. */
const KEPT_EVENTS = 200_000;

/**
 * Makes the ring that keeps the events of a run for its report.
 * @throws Error if the report cannot be written
 */
export function openReport(out: string): TraceRing {
  try {
    writeFileSync(out, '');
  } catch (error) {
    throw new Error(`cannot write the report ${out}: ${whyOf(error)}`);
  }
  return new TraceRing(KEPT_EVENTS);
}

/** Writes the report of a run from the events in the rings of its threads. */
export function reportRings(
  rings: readonly TraceRing[],
  { out, title }: Pick<ReportOptions, 'out' | 'title'>,
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
  return result(() => writeReport(trace, { out, title, slowNs: SLOW_NS }));
}

function writeReport(trace: ReportTrace, { out, title, slowNs }: ReportOptions): string {
  const model = buildModel(trace, { slowNs });
  const { checks, threads } = model;
  const html = renderHtml(pageParts(), { title, slowNs, trace: packTrace(trace) });
  try {
    writeFileSync(out, html);
  } catch (error) {
    throw new CliError(`cannot write the report ${out}: ${whyOf(error)}`, EXIT_INTERNAL);
  }
  const findings = checks.flatMap((check) => check.findings);
  const found = findings.length === 0 ? 'nothing found' : count(findings.length, 'finding');
  const lines = findings.map((one) => `  ${visible(one.title)}\n`);
  const cut = trace.truncated ? ', and the trace ends in the middle of an event' : '';
  const several = threads.length > 1 ? ` of ${threads.length} threads` : '';
  const head = `${count(trace.events.length, 'event')}${several}, ${found}${cut}`;
  return `${visible(out)}: ${head}\n${lines.join('')}${contentionText(model)}`;
}

function readFile(file: string): ReportTrace {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CliError(`cannot read the trace ${file}: ${whyOf(error)}`, EXIT_USAGE);
  }
  try {
    const trace = readTrace(bytes);
    if (trace.events.length > 0) return trace;
  } catch (error) {
    if (!(error instanceof TraceReadError)) throw error;
    throw new CliError(`${file}: ${error.message}`, EXIT_USAGE);
  }
  throw new CliError(`${file} has no events: was it traced with --trace-file?`, EXIT_USAGE);
}

/** Reads the parts of the page, which the build puts next to the command. */
function pageParts(): PageParts {
  const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
  return { script: read('./report-page.js'), style: read('./report-page.css') };
}

function define(): Command {
  return new Command('qemu-loop report')
    .usage('TRACE [-o FILE]')
    .description('Draws a trace (json or simple) as one HTML file that needs no network.')
    .argument('<trace>')
    .addOption(new Option('-o, --output <file>', 'path of the page (default: TRACE.html)'))
    .addOption(
      new Option(
        '--slow <duration>',
        'report callbacks that take at least this long (default 10ms)',
      )
        .argParser(duration)
        .default(SLOW_NS),
    )
    .addOption(new Option('--title <text>', 'a name for the run (default: the name of the trace)'))
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', EXAMPLES);
}
