import type { ThreadTicket } from '../../host.ts';
import { ByteSink } from '../bytes.ts';
import type { Recorder } from '../recorder.ts';
import { RecordTurns } from './record-turns.ts';
import { LENGTH, RECORD_WORDS } from './turn-words.ts';

/**
 * The room for operations that main has not written yet. It comes round every 100 ms at least, and
 * memory that is not used costs nothing.
 */
const BYTES = 64 << 20;

/** The things that the threads of a recorded run share, and the turns of one of them. */
export interface RecordedThreads {
  /** See turn-words.ts. */
  readonly words: Int32Array;
  /** The operations that main has not written yet. */
  readonly bytes: SharedArrayBuffer;
  readonly turns: RecordTurns;
}

/** Makes the host of a thread of a run that is recorded: see RecordThreadHost. */
export interface RecordTicket extends ThreadTicket, Omit<RecordedThreads, 'turns'> {
  readonly kind: 'recorded';
  /** The ticket of its kernel. */
  readonly of: ThreadTicket;
  /** Main's is 0. */
  readonly number: number;
}

/** Main is about to make its first thread: from here on its operations go where those of all go. */
export function firstThread(recorder: Recorder): RecordedThreads {
  const words = new Int32Array(new SharedArrayBuffer(4 * RECORD_WORDS));
  const bytes = new SharedArrayBuffer(BYTES);
  const { sink: own } = recorder;
  const sink = new ByteSink(bytes);
  sink.bytes.set(own.bytes.subarray(0, own.length));
  sink.length = own.length;
  recorder.sink = sink;
  words[LENGTH] = sink.length;
  return { words, bytes, turns: new RecordTurns(words, recorder, 0) };
}
