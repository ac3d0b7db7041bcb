/** How a replay can end before its run did, for people. */

import { RecordEnd, type RecordEnding, ReplayDivergence } from '../../host/record/errors.ts';
import type { RecordFile } from '../../host/record/file.ts';
import { visible } from '../../trace/visible.ts';
import { EXIT_INTERNAL } from '../exit/errors.ts';
import { versionNote } from './read-record.ts';

const PLANNED: readonly RecordEnding[] = ['asked', 'taken'];

/** A line about the error that ended a replay. */
export function endedText(error: Error, path: string, record: RecordFile): string {
  return `qemu-loop: ${visible(`${path}: ${messageOf(error)}${noteOf(error, record)}`)}\n`;
}

function messageOf(error: Error): string {
  if (error instanceof ReplayDivergence) return `the replay differs: ${error.message}`;
  return error.message;
}

function noteOf(error: Error, record: RecordFile): string {
  return error instanceof RecordEnd && error.ending !== 'whole' ? '' : versionNote(record);
}

/** A line if the run ended before the iteration that --to names; empty if not, or if it names none. */
export function beyondEnd(path: string, to: number | undefined, last: number): string {
  if (to === undefined || last >= to) return '';
  return `qemu-loop: ${visible(path)}: the run ended after iteration ${last}, before --to ${to}\n`;
}

/** The exit status of a replay that ended so: 0 if it was to end there. */
export function replayEnd(error: Error): number {
  return error instanceof RecordEnd && PLANNED.includes(error.ending) ? 0 : EXIT_INTERNAL;
}
