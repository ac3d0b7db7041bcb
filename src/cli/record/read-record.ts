/** Reads the file of --record. */

import { RecordReadError } from '../../host/record/errors.ts';
import { type RecordFile, readRecord } from '../../host/record/file.ts';
import { CliError, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { version } from '../options/version.ts';
import { readNamedFile } from '../text/read-file.ts';

/** @throws CliError with status 2 if there is none, or it is not one */
export function openRecord(path: string): RecordFile {
  try {
    return readRecord(readNamedFile(path));
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
