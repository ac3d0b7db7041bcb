/** Makes the live log that the options ask for. */

import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../host/constants.ts';
import type { Disposable, Host } from '../../host/host.ts';
import { CATALOGUE, EVENT_NAMES } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import type { Outputs } from '../output/outputs.ts';
import { count } from '../text/units.ts';
import type { JsonLogParts } from './json-log.ts';
import { followNames, liveText } from './live-text.ts';
import type { LogLevel, LogWriter } from './log.ts';
import { LogFile } from './log-file.ts';
import { LogTarget, type LostLine } from './log-target.ts';
import { PrettyLog } from './pretty-log.ts';
import { TerseLog } from './terse-log.ts';
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
  readonly logLevel: LogLevel;
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
export function openLog(parts: LogParts, options: LogOptions): OpenLog {
  const { quiet, logLevel: level, logFile, color } = options;
  if (quiet) return { log: SILENT, state: () => [] };
  const { host, trace, outputs, jsonLog, whyOf, startNs, keep } = parts;
  const file = logFile === undefined ? null : keep(new LogFile(host, outputs, logFile));
  const names = followNames(trace);
  const opened = (target: LogTarget, full: LogWriter): OpenLog => {
    const log = level === 'error' || level === 'warn' ? new TerseLog(full, level) : full;
    return { log, state: () => [log.state, target.state] };
  };
  if (jsonLog === null) {
    const target = new LogTarget(host, outputs, file, color, lostText);
    const { write, style } = target;
    return opened(target, new PrettyLog(write, style, names, startNs, { whyOf }));
  }
  const epochMs = (host.clockNs(CLOCK_REALTIME) - host.clockNs(CLOCK_MONOTONIC)) / 1e6;
  const target = new LogTarget(host, outputs, file, color, lostJson(host, epochMs));
  const jsonParts = {
    sink: target.write,
    events: EVENT_NAMES,
    catalogue: CATALOGUE,
    describe: liveText,
    names,
    whyOf,
    epochMs,
  };
  return opened(target, jsonLog(jsonParts));
}

const WARN = 40;

function lostText(parts: number): string {
  return `qemu-loop: ${lostMessage(parts)}\n`;
}

/** It is written before a line that waits in the log, so it cannot be one of the log's own. */
function lostJson(host: Host, epochMs: number): LostLine {
  return (parts) => {
    const time = Number((epochMs + host.clockNs(CLOCK_MONOTONIC) / 1e6).toFixed(3));
    const msg = lostMessage(parts);
    return `${JSON.stringify({ level: WARN, time, event: 'log_lost', parts, msg })}\n`;
  };
}

function lostMessage(parts: number): string {
  return `${count(parts, 'part')} of the log ${parts === 1 ? 'is' : 'are'} lost here`;
}
