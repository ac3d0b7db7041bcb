/** The options that say what is traced, and where to. */

import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { nearest } from '../../host/nearest.ts';
import { EVENT_NAMES, type EventName } from '../../trace/catalogue.ts';
import { parsePatterns } from '../../trace/events-file.ts';
import { selectEvents } from '../../trace/select.ts';
import { CliError, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import type { NamedFile } from '../output/named-output.ts';
import { readNamedFile } from '../text/read-file.ts';
import { checkOutputs } from './output-files.ts';

export const TRACE_FORMATS = ['log', 'json', 'simple', 'chrome'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

export interface TraceFileOption {
  readonly path: string;
  readonly format: TraceFormat;
}

export interface TraceOptions {
  readonly events: readonly EventName[];
  readonly files: readonly TraceFileOption[];
  /** The number of events to keep until the end; undefined: all are written at once. */
  readonly ring: number | undefined;
}

/** A file of --trace-events. */
interface EventsFile {
  readonly path: string;
  readonly patterns: readonly string[];
}

/** The options as commander returns them. */
export interface RawTrace {
  readonly trace: readonly string[];
  readonly traceEvents: readonly EventsFile[];
  readonly traceFile: readonly string[];
  readonly traceFormat?: TraceFormat;
  readonly traceRing?: number;
  readonly report?: string;
}

const GROUP = 'Traces (qemu-loop trace list shows the events):';

/** A slot of the ring takes about 100 bytes. */
const MOST_KEPT = 4_000_000;

/** --trace, --trace-events, --trace-file, --trace-format, --trace-ring and --report. */
export function traceFlags(): Option[] {
  const add = (text: string, before: readonly string[]): string[] => [...before, text];
  return [
    new Option('--trace-file <[format:]file>', 'write a trace to FILE; repeatable')
      .argParser(add)
      .default([], ''),
    new Option('--trace-format <format>', 'log, json, simple or chrome, for all files').choices(
      TRACE_FORMATS,
    ),
    new Option('--trace <glob>', 'trace only these events; -GLOB excludes; repeatable')
      .argParser(add)
      .default([], ''),
    new Option('--trace-events <file>', 'the same from FILE, one GLOB or -GLOB per line')
      .argParser((path: string, before: readonly EventsFile[]) => [
        ...before,
        { path, patterns: patternsOf(path) },
      ])
      .default([], ''),
    new Option('--trace-ring <n>', 'keep the last N events, write them at the end').argParser(
      ringSize,
    ),
    new Option('--report <file>', 'draw the run as an HTML page when it has ended'),
  ].map((option) => option.helpGroup(GROUP));
}

/**
 * The requested trace; null if none.
 * @param command the command whose --help has these options
 * @param log the log's file, if there is one
 * @param record the record's file, if there is one
 * @throws CliError with status 2, whose message is one line
 */
export function traceOptions(
  raw: RawTrace,
  command: string,
  log?: string,
  record?: string,
): TraceOptions | null {
  try {
    const options = optionsOf(raw);
    const events = raw.traceEvents.map(({ path }) => ({ what: '--trace-events', path }));
    checkOutputs(outputsOf(options, raw.report, log, record), events);
    return options;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`${error.message} (see ${command} --help)`, error.status);
  }
}

/** The files that are written for these options. A simple trace has the list of its events beside it. */
export function outputsOf(
  trace: TraceOptions | null,
  report: string | undefined,
  log?: string | undefined,
  record?: string | undefined,
): NamedFile[] {
  const outputs: NamedFile[] = [];
  for (const { path, format } of trace?.files ?? []) {
    outputs.push({ what: 'a trace', path });
    if (format === 'simple') outputs.push({ what: 'a trace', path: `${path}.trace-events` });
  }
  if (report !== undefined) outputs.push({ what: 'the report', path: report });
  if (log !== undefined) outputs.push({ what: 'the log', path: log });
  if (record !== undefined) outputs.push({ what: 'the record', path: record });
  return outputs;
}

function optionsOf(raw: RawTrace): TraceOptions | null {
  const { traceFile, traceFormat, traceRing } = raw;
  if (traceFile.length === 0) {
    const given = givenWithoutFile(raw);
    if (given === undefined) return null;
    throw usage(`${given} needs --trace-file, such as --trace-file log:/dev/stderr`);
  }
  const files = traceFile.map((text) => fileOption(text, traceFormat));
  // Also for devices, which checkOutputs lets others share.
  const paths = files.map(({ path }) => resolve(path));
  const twice = paths.findIndex((path, i) => paths.indexOf(path) !== i);
  if (twice >= 0) throw usage(`two traces go to ${files[twice]!.path}: give each its own file`);
  const { names, unmatched } = selectEvents([
    ...raw.traceEvents.flatMap(({ patterns }) => patterns),
    ...raw.trace,
  ]);
  if (unmatched.length > 0) throw usage(unknownEvent(unmatched[0]!));
  return { events: names, files, ring: traceRing };
}

function givenWithoutFile(raw: RawTrace): string | undefined {
  if (raw.trace.length > 0) return '--trace';
  if (raw.traceEvents.length > 0) return '--trace-events';
  if (raw.traceRing !== undefined) return '--trace-ring';
  return raw.traceFormat === undefined ? undefined : '--trace-format';
}

function fileOption(text: string, fallback: TraceFormat | undefined): TraceFileOption {
  const match = /^([A-Za-z]+):(.*)$/s.exec(text);
  if (match === null) {
    if (text === '') throw usage('--trace-file is empty: expected a file');
    if (fallback !== undefined) return { path: text, format: fallback };
    const list = TRACE_FORMATS.join(', ');
    throw usage(
      `--trace-file ${text} has no format: write log:${text} (of ${list}), or --trace-format`,
    );
  }
  const [, word, path] = match as unknown as [string, string, string];
  const format = TRACE_FORMATS.find((one) => one === word);
  if (format === undefined) {
    const meant = nearest(word, TRACE_FORMATS);
    const hint =
      meant === undefined ? `expected ${TRACE_FORMATS.join(', ')}` : `did you mean ${meant}?`;
    throw usage(`there is no trace format ${word}: ${hint} (a file of that name is ./${text})`);
  }
  if (path === '') throw usage(`--trace-file ${text} has no file: write ${word}:FILE`);
  return { path, format };
}

/** The message for a pattern that matches no event. */
export function unknownEvent(glob: string): string {
  const odd = /[^\w*?]/u.exec(glob)?.[0];
  if (odd !== undefined) {
    return `the pattern ${glob} is wrong: names of events have no ${odd}, and a pattern has * and ? only`;
  }
  const meant = /[*?]/.test(glob) ? undefined : nearest(glob, EVENT_NAMES);
  const hint =
    meant === undefined ? 'qemu-loop trace list shows them all' : `did you mean ${meant}?`;
  return `no trace event is called ${glob}: ${hint}`;
}

function patternsOf(path: string): string[] {
  try {
    return parsePatterns(readNamedFile(null, path).toString());
  } catch (error) {
    throw new InvalidArgumentError(`cannot read it: ${whyOf(error)}.`);
  }
}

function ringSize(text: string): number {
  const n = /^\d+$/.test(text) ? Number(text) : 0;
  if (n >= 1 && n <= MOST_KEPT) return n;
  throw new InvalidArgumentError(`expected a number of events from 1 to ${MOST_KEPT}.`);
}

function usage(message: string): CliError {
  return new CliError(message, EXIT_USAGE);
}
