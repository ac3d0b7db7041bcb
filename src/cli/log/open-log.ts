/** Makes the live log that the options ask for. */

import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../host/constants.ts';
import type { Disposable, Host } from '../../host/host.ts';
import { CATALOGUE, EVENT_NAMES } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import type { Outputs } from '../output/outputs.ts';
import type { JsonLogParts } from './json-log.ts';
import { followNames, liveText } from './live-text.ts';
import type { LogWriter } from './log.ts';
import { LogFile } from './log-file.ts';
import { LogTarget } from './log-target.ts';
import { PrettyLog } from './pretty-log.ts';
import type { WhyOf } from './why.ts';

/** Makes the JSON log; loaded only if it is wanted. */
export type JsonLogMaker = (parts: JsonLogParts) => LogWriter;

export interface LogParts {
  readonly host: Host;
  readonly trace: Tracer;
  readonly outputs: Outputs;
  /** null if the log is for people. */
  readonly jsonLog: JsonLogMaker | null;
  /** Gives the reason for each kind of line; null if it is not wanted. */
  readonly whyOf: WhyOf | null;
  readonly startNs: number;
  /** Registers a part to be disposed of at the end. */
  readonly keep: <T extends Disposable>(part: T) => T;
}

export interface LogOptions {
  readonly quiet: boolean;
  readonly logFile: string | undefined;
  readonly color: 'auto' | 'always' | 'never';
}

const SILENT: LogWriter = { state: [], event() {}, note() {}, summary() {}, flush() {} };

/** A log that is open. */
export interface OpenLog {
  readonly log: LogWriter;
  /** All that decides how the next line is written. */
  readonly state: () => readonly unknown[];
}

/** @throws HostError if its file cannot be opened */
export function openLog(parts: LogParts, { quiet, logFile, color }: LogOptions): OpenLog {
  if (quiet) return { log: SILENT, state: () => [] };
  const { host, trace, outputs, jsonLog, whyOf, startNs, keep } = parts;
  const file = logFile === undefined ? null : keep(new LogFile(host, outputs, logFile));
  const names = followNames(trace);
  const target = new LogTarget(host, outputs, file, color);
  const { write: sink, style } = target;
  const opened = (log: LogWriter): OpenLog => ({ log, state: () => [log.state, target.state] });
  if (jsonLog === null) return opened(new PrettyLog(sink, style, names, startNs, { whyOf }));
  const epochMs = (host.clockNs(CLOCK_REALTIME) - host.clockNs(CLOCK_MONOTONIC)) / 1e6;
  const jsonParts = {
    sink,
    events: EVENT_NAMES,
    catalogue: CATALOGUE,
    describe: liveText,
    names,
    whyOf,
    epochMs,
  };
  return opened(jsonLog(jsonParts));
}
