/** Writes the operations of a run. */

import { ByteSink } from './bytes.ts';
import { pieceBytes } from './file.ts';
import { OPS, type Op, op, writeArgs } from './ops.ts';
import { RecordRing } from './ring.ts';

/** A piece is written when it has this many bytes. */
const PIECE = 64 * 1024;
/** The room for an operation of usual size. */
const USUAL = 256;
/** Before a sleep, a piece is written if it has this many bytes, */
const WORTHWHILE = 512;
/** or if this many sleeps have come since the last one. */
const SLEEPS = 16;

const TIME = op('time');
const TURN = op('turn');

/** Gets the bytes of a record, piece by piece; each is its own to keep. */
export type RecordWriter = (bytes: Uint8Array) => void;

/** The operations that a run has made. An argument list that is repeated takes no room. */
export class Recorder {
  /** Another one once threads share it. */
  sink: ByteSink;
  readonly #write: RecordWriter | null;
  /** The bytes of the last arguments of each operation. */
  readonly #last: (Uint8Array | undefined)[] = OPS.map(() => undefined);
  readonly #flushesAsleep: boolean;
  #sleeps = 0;
  #timeNs = 0;

  /**
   * @param write null in a thread other than main, which writes for all
   * @param flushesAsleep whether a sleep is a reason to write what there is
   */
  constructor(
    write: RecordWriter | null,
    flushesAsleep: boolean,
    sink = new ByteSink(PIECE + 4096),
  ) {
    this.sink = sink;
    this.#write = write;
    this.#flushesAsleep = flushesAsleep;
  }

  /** Begins an operation. Its answer goes to `sink` next. */
  begin(what: Op, args: readonly unknown[]): void {
    const { sink } = this;
    this.startsPiece();
    const start = sink.length;
    sink.uint(2 * what.code);
    const argsAt = sink.length;
    writeArgs(sink, what, args);
    const last = this.#last[what.code];
    if (last !== undefined && isSame(last, sink.bytes, argsAt, sink.length)) {
      sink.length = argsAt;
      sink.bytes[start]! |= 1;
    } else this.#last[what.code] = sink.bytes.slice(argsAt, sink.length);
  }

  /** Begins an operation whose arguments are those of the last one of its kind. */
  again(what: Op): void {
    this.startsPiece();
    this.sink.uint(2 * what.code + 1);
  }

  /** The same, and its result. */
  answerAgain(what: Op, result: number): void {
    this.startsPiece();
    this.sink.answer(2 * what.code + 1, result);
  }

  /** From here on the operations are those of this thread. */
  turn(thread: number): void {
    this.sink.room(32);
    this.sink.uint(2 * TURN.code);
    this.sink.uint(thread);
  }

  /** The time of a trace event. */
  time(event: number, ns: number): number {
    this.begin(TIME, [event]);
    this.sink.number(ns - this.#timeNs);
    this.#timeNs = ns;
    return ns;
  }

  /** Makes room for an operation of usual size: a sink has some behind a piece. */
  startsPiece(): void {
    if (this.sink.length >= PIECE) this.#endPiece();
  }

  #endPiece(): void {
    this.flush();
    this.sink.room(USUAL);
  }

  /** The thread is about to sleep, and has time to write. */
  sleeps(): void {
    if (!this.#flushesAsleep) return;
    if (this.sink.length >= WORTHWHILE || ++this.#sleeps >= SLEEPS) this.flush();
  }

  /**
   * From here on nothing refers to what came before: no arguments are those of the last ones, and no
   * time is the difference to one.
   */
  restart(nowNs: number): void {
    this.#last.fill(undefined);
    this.#timeNs = nowNs;
  }

  flush(): void {
    const { sink } = this;
    this.#sleeps = 0;
    if (sink.length === 0 || this.#write === null) return;
    const piece = pieceBytes(sink.bytes.subarray(0, sink.length));
    sink.length = 0;
    this.#write(piece);
  }
}

/** A recorder of main's, whose pieces go to a writer, or a ring. */
export function newRecorder(to: RecordWriter | RecordRing): Recorder {
  return to instanceof RecordRing
    ? new Recorder((piece) => to.add(piece), false)
    : new Recorder(to, true);
}

function isSame(last: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (last.length !== to - from) return false;
  for (let i = 0; i < last.length; i++) if (last[i] !== bytes[from + i]) return false;
  return true;
}
