/** How reading a record, and running it again, can end before its time. */

import { HostGone } from '../host-gone.ts';

/** The bytes are no record, or a damaged one. The message is one line. */
export class RecordReadError extends HostGone {
  override readonly name = 'RecordReadError';
}

/** Why a record has no more answers. */
export type RecordEnding =
  /** It was cut off, as that of a process that was killed. */
  | 'cut'
  /** It was ended by the program that wrote it. */
  | 'whole'
  /** It was taken there, and the program went on. */
  | 'taken'
  /** The rest is damaged. */
  | 'damaged'
  /** The replay was to end there. */
  | 'asked';

/** Words for messages: the record is cut off, ends, ... */
export const ENDINGS: Readonly<Record<RecordEnding, string>> = {
  cut: 'is cut off',
  damaged: 'is damaged from here on',
  whole: 'ends',
  taken: 'was taken',
  asked: 'is replayed no further',
};

/** A run that is replayed has asked for more than was recorded. */
export class RecordEnd extends HostGone {
  override readonly name = 'RecordEnd';
  readonly ending: RecordEnding;

  constructor(message: string, ending: RecordEnding) {
    super(message);
    this.ending = ending;
  }
}

/** A place in a run that is replayed. */
export interface ReplayPlace {
  /** The iteration of the main loop; 0 before the first. */
  readonly iteration: number;
  /** The number of the call, from 1. */
  readonly call: number;
  /** The name of the thread, if it is not main. */
  readonly thread?: string | undefined;
}

/** A run that is replayed has asked for something else than was recorded. */
export class ReplayDivergence extends HostGone {
  override readonly name = 'ReplayDivergence';
  readonly place: ReplayPlace;
  /** The recorded call, for people. */
  readonly recorded: string;
  /** The call that was made instead. */
  readonly now: string;

  constructor(place: ReplayPlace, recorded: string, now: string) {
    const { iteration, call, thread } = place;
    const where = thread === undefined ? `iteration ${iteration}` : `thread '${thread}'`;
    super(`${where}, call ${call}: recorded ${recorded}, now ${now}`);
    this.place = place;
    this.recorded = recorded;
    this.now = now;
  }
}
