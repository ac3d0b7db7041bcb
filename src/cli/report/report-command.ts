/** `qemu-loop report`, and the report of a run: a page is written, and a line says what is in it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../trace/catalogue.ts';
import { readTrace, TraceReadError, type TraceRecord } from '../../trace/read.ts';
import { TraceRing } from '../../trace/ring.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError, CliError, EXIT_INTERNAL, EXIT_USAGE } from '../exit/errors.ts';
import { duration } from '../options/option-values.ts';
import { checkOutputs } from '../options/output-files.ts';
import { count } from '../text/units.ts';
import { type PageParts, renderHtml } from './html.ts';
import { buildModel, type ReportTrace } from './model.ts';
import { packTrace } from './pack.ts';

/** A callback that takes longer is a finding, unless --slow says otherwise. */
const SLOW_NS = 10e6;

/** What a report is to be. */
interface ReportOptions {
  /** Where the page goes. */
  readonly out: string;
  /** What was run, for a person. */
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

/** What the command shows, and its exit status. */
export interface ReportResult {
  readonly text: string;
  readonly status: number;
}

/** Does what a command line (without `report`) asks for. */
export function reportCommand(args: readonly string[]): ReportResult {
  return result(() => report(args));
}

/** This file is bundled by itself, so that an error of its own would be nobody's elsewhere. */
function result(act: () => string): ReportResult {
  try {
    return { text: act(), status: 0 };
  } catch (error) {
    const { message, status } = asCliError(error);
    return { text: `qemu-loop: ${visible(message)}\n`, status };
  }
}

function report(args: readonly string[]): string {
  const asked = parse(args);
  if (typeof asked === 'string') return asked;
  const { file, raw } = asked;
  const trace = readFile(file);
  const options = {
    out: raw.output ?? `${file}.html`,
    title: raw.title ?? file,
    slowNs: raw.slow,
  };
  checkOutputs([{ what: 'the report', path: options.out }], [{ what: 'the trace', path: file }]);
  return writeReport(trace, options);
}

/** The last events of a run are kept for its report: so many are smooth to look at. */
const KEPT_EVENTS = 200_000;

/**
 * What is to keep the events of a run for its report.
 * @throws Error where the report could not be written in the end
 */
export function openReport(out: string): TraceRing {
  try {
    writeFileSync(out, '');
  } catch (error) {
    throw new Error(`cannot write the report: ${(error as Error).message}`);
  }
  return new TraceRing(KEPT_EVENTS);
}

/** Writes the report of what a ring has kept of a run. */
export function reportRing(
  ring: TraceRing,
  { out, title }: Pick<ReportOptions, 'out' | 'title'>,
): ReportResult {
  const events: TraceRecord[] = [];
  ring.replay((id, timeNs, ...values) => {
    const name = EVENT_NAMES[id]!;
    const { args }: EventDef = CATALOGUE[name];
    const named = Object.fromEntries(args.map(([arg], i) => [arg, values[i]!]));
    events.push({ name, timeNs, args: named });
  });
  const trace = { events, dropped: ring.dropped, truncated: false };
  return result(() => writeReport(trace, { out, title, slowNs: SLOW_NS }));
}

function writeReport(trace: ReportTrace, { out, title, slowNs }: ReportOptions): string {
  const { checks } = buildModel(trace, { slowNs });
  const html = renderHtml(pageParts(), { title, slowNs, trace: packTrace(trace) });
  try {
    writeFileSync(out, html);
  } catch (error) {
    throw new CliError(`cannot write the report: ${(error as Error).message}`, EXIT_INTERNAL);
  }
  const findings = checks.flatMap((check) => check.findings);
  const found = findings.length === 0 ? 'nothing found' : count(findings.length, 'finding');
  const lines = findings.map((one) => `  ${visible(one.title)}\n`);
  const cut = trace.truncated ? ', and the trace ends in the middle of an event' : '';
  return `${visible(out)}: ${count(trace.events.length, 'event')}, ${found}${cut}\n${lines.join('')}`;
}

function readFile(file: string): ReportTrace {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CliError(`cannot read the trace: ${(error as Error).message}`, EXIT_USAGE);
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

/** They stand beside the command, where they are built to. */
function pageParts(): PageParts {
  const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
  return { script: read('./report-page.js'), style: read('./report-page.css') };
}

function parse(args: readonly string[]): { file: string; raw: Raw } | string {
  let text = '';
  const command = new Command('qemu-loop report')
    .usage('TRACE [-o FILE]')
    .description('Draws a trace (json or simple) as one HTML file that needs no network.')
    .argument('<trace>')
    .configureHelp({ visibleArguments: () => [] })
    .addOption(new Option('-o, --output <file>', 'where the page goes (default: TRACE.html)'))
    .addOption(
      new Option('--slow <duration>', 'a callback that takes so long is a finding')
        .argParser(duration)
        .default(SLOW_NS, '10ms'),
    )
    .addOption(new Option('--title <text>', 'what was run (default: the name of the trace)'))
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      writeErr: () => {},
    });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return text;
    const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    throw new CliError(`${message} (see qemu-loop report --help)`, EXIT_USAGE);
  }
  return { file: command.args[0]!, raw: command.opts<Raw>() };
}
