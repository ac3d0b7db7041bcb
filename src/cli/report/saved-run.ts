/** Reads a run that was saved: a trace, or the page of a report, which has its trace in it. */

import type { Host } from '../../host/host.ts';
import { CATALOGUE } from '../../trace/catalogue.ts';
import { readTrace, TraceReadError } from '../../trace/read.ts';
import { CliError, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { readNamedFile } from '../text/read-file.ts';
import type { ReportTrace } from './facts.ts';
import { type PackedTrace, unpackTrace } from './pack.ts';

const PAGE = /^<!doctype html>/i;
const DATA = /<script type="application\/json" id="data">(.*?)<\/script>/s;

/**
 * @param own the process's own host; null on a system that has none
 * @throws CliError with status 2 if the file cannot be read, or has no events
 */
export function readRun(own: Host | null, file: string): ReportTrace {
  let bytes: Uint8Array;
  try {
    bytes = readNamedFile(own, file);
  } catch (error) {
    throw new CliError(`cannot read the trace ${file}: ${whyOf(error)}`, EXIT_USAGE);
  }
  const trace = parse(file, bytes);
  if (trace.events.length > 0) return trace;
  throw new CliError(`${file} has no events: was it traced with --trace-file?`, EXIT_USAGE);
}

function parse(file: string, bytes: Uint8Array): ReportTrace {
  const start = new TextDecoder().decode(bytes.subarray(0, 16));
  if (PAGE.test(start)) return fromPage(file, new TextDecoder().decode(bytes));
  try {
    return readTrace(bytes);
  } catch (error) {
    if (!(error instanceof TraceReadError)) throw error;
    throw new CliError(`${file}: ${error.message}`, EXIT_USAGE);
  }
}

function fromPage(file: string, html: string): ReportTrace {
  try {
    const { trace } = JSON.parse(DATA.exec(html)![1]!) as { trace: PackedTrace };
    if (!trace.names.every((name) => Object.hasOwn(CATALOGUE, name))) throw new Error();
    const read = unpackTrace(trace);
    const isWhole = read.events.every(({ timeNs }) => Number.isFinite(timeNs));
    if (isWhole) return read;
  } catch {}
  throw new CliError(
    `${file} is a page without a trace: name a page that qemu-loop report has made`,
    EXIT_USAGE,
  );
}
