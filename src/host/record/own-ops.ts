/** Operations of a record that are not in the table of calls. */

import type { HostCall } from '../calls.ts';

/** They come first, since small numbers are short. */
export const OWN: Readonly<Record<string, HostCall>> = {
  /** The time of a trace event, by its id. */
  time: { args: [['event', 'number']], result: 'number', system: [] },
  /** An answer from outside the Host. */
  outside: { args: [['what', 'text']], result: 'none', system: [] },
  /** The program has ended. */
  end: { args: [], result: 'none', system: [] },
  round: { args: [['wait', 'number']], result: 'none', system: [] },
  pipeAdd: {
    args: [
      ['pipe', 'number'],
      ['signo', 'number'],
      ['flags', 'number'],
    ],
    result: 'number',
    system: [],
  },
  pipeRemove: {
    args: [
      ['pipe', 'number'],
      ['signo', 'number'],
    ],
    result: 'none',
    system: [],
  },
  pipeDrain: { args: [['pipe', 'number']], result: 'none', system: [] },
  pipeDispose: { args: [['pipe', 'number']], result: 'none', system: [] },
};

/** Rare ones come after all others, so that their numbers shift none. */
export const RARE: Readonly<Record<string, HostCall>> = {
  /** A moment at which the program's state has this checksum. See Marks. */
  mark: { args: [['state', 'number']], result: 'none', system: [] },
  /** From here on the operations are those of this thread. */
  turn: { args: [['thread', 'number']], result: 'none', system: [] },
  /** The record was taken here, and the program went on. */
  taken: { args: [], result: 'none', system: [] },
};
