/** Reads the file of --record. */

import type { Host } from '../../host/host.ts';
import { RecordReadError } from '../../host/record/errors.ts';
import { type RecordFile, readRecord } from '../../host/record/file.ts';
import { CliError, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { version } from '../options/version.ts';
import { readNamedFile } from '../text/read-file.ts';

/** The parts of each program's header without which it cannot run again. */
const NEEDS: Readonly<Record<string, (program: Program) => boolean>> = {
  spawn: ({ passFds }) => Array.isArray(passFds),
  run: ({ file, text }) => typeof file === 'string' && typeof text === 'string',
};

type Program = RecordFile['header']['program'];

/**
 * @param own the process's own host; null on a system that has none
 * @throws CliError with status 2 if there is none, it is not one, or this version cannot run it
 */
export function openRecord(own: Host | null, path: string): RecordFile {
  const record = readFrom(own, path);
  const { program } = record.header;
  const needs = NEEDS[String(program.command)];
  if (needs === undefined) {
    throw notOurs(path, record, `it is a record of '${program.command}', which is unknown`);
  }
  if (!needs(program)) throw notOurs(path, record, `its '${program.command}' lacks a part`);
  return record;
}

/** This version cannot run what another has recorded. */
export function notOurs(path: string, record: RecordFile, what: string): CliError {
  return new CliError(`${path}: ${what}${versionNote(record)}`, EXIT_USAGE);
}

function readFrom(own: Host | null, path: string): RecordFile {
  try {
    return readRecord(readNamedFile(own, path));
  } catch (error) {
    const why =
      error instanceof RecordReadError ? error.message : `cannot read it: ${whyOf(error)}`;
    throw new CliError(`${path}: ${why}`, EXIT_USAGE);
  }
}

/** Says that another version has made the record; '' if it was this one. */
export function versionNote({ header }: RecordFile): string {
  const now = version();
  if (header.version === now) return '';
  return `; qemu-loop ${header.version} has made the record, and this is ${now}: replay it with that version`;
}
