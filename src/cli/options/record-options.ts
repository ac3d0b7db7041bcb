/** Options of --record. */

import { InvalidArgumentError, Option } from 'commander';
import { usageError } from './parse-command.ts';

const BYTES: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9 };
/** Less has no room for the header and a few iterations. */
const LEAST_BYTES = 64_000;
const MOST_BYTES = 2e9;

/** A number of bytes. */
function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(KB|MB|GB)$/.exec(text);
  if (match === null) {
    const bare = /^\d+(\.\d+)?$/.test(text);
    const why = bare
      ? `it needs a unit: ${text}MB, ${text}KB or ${text}GB.`
      : 'expected a size such as 8MB, 500KB or 1GB.';
    throw new InvalidArgumentError(why);
  }
  const bytes = Number(match[1]) * BYTES[match[2]!]!;
  if (bytes >= LEAST_BYTES && bytes <= MOST_BYTES) return bytes;
  throw new InvalidArgumentError('expected 64KB to 2GB.');
}

/** @param when the case in which the file is written */
export function recordLastFlag(when: string): Option {
  return new Option(
    '--record-last <size>',
    `keep --record in memory, at most that much (8MB), and write it only if ${when}`,
  ).argParser(size);
}

/** @param parse what may be named */
export function recordSignalFlag(parse: (text: string) => number): Option {
  return new Option(
    '--record-signal <signal>',
    'write what --record-last has, too, at that signal',
  ).argParser(parse);
}

export interface RawRecord {
  readonly record?: string;
  readonly recordLast?: number;
  readonly recordSignal?: number;
}

/** @throws CliError if there is a size, and no file */
export function recordLastOf({ record, recordLast }: RawRecord, command: string): number | null {
  if (recordLast !== undefined && record === undefined) {
    throw usageError('--record-last is about --record: add --record FILE', command);
  }
  return recordLast ?? null;
}

/** @throws CliError if the signal has nothing to write */
export function recordSignalOf(
  { recordLast, recordSignal }: RawRecord,
  command: string,
): number | undefined {
  if (recordSignal !== undefined && recordLast === undefined) {
    const message = '--record-signal is about --record-last: add it, or leave the signal out';
    throw usageError(message, command);
  }
  return recordSignal;
}
