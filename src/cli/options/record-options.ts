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

export interface RawRecord {
  readonly record?: string;
  readonly recordLast?: number;
}

/** @throws CliError if there is a size, and no file */
export function recordLastOf({ record, recordLast }: RawRecord, command: string): number | null {
  if (recordLast !== undefined && record === undefined) {
    throw usageError('--record-last is about --record: add --record FILE', command);
  }
  return recordLast ?? null;
}
