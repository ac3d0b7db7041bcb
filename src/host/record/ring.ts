/**
 * A record in memory that keeps its end. The run between two marks of the same state is left out, so
 * that what is kept can be replayed from its start: see Marks.
 */

import { ByteSink } from './bytes.ts';
import { pieceBytes } from './file.ts';
import { op } from './ops.ts';

/** The last piece of a record that is taken while its program goes on. */
export function takenPiece(): Uint8Array {
  const sink = new ByteSink(16);
  sink.uint(2 * op('taken').code);
  return pieceBytes(sink.bytes.subarray(0, sink.length));
}

/** A mark, and the pieces up to the next one. */
interface Segment {
  /** The checksum of the state at the mark; -1 for the start of the run. */
  readonly state: number;
  readonly pieces: Uint8Array[];
  size: number;
}

/** There is a mark about this often in a full ring. */
const SEGMENTS = 64;
/** The share of the ring from which on parts are left out, and the share that stays. */
const FULL = 0.75;
const STAYS = 0.5;

export class RecordRing {
  /** Whether it had to end before the run: the run's states were all different. */
  isOver = false;
  readonly #most: number;
  readonly #segments: Segment[] = [{ state: -1, pieces: [], size: 0 }];
  #size = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** The bytes that it has. */
  get size(): number {
    return this.#size;
  }

  /** All pieces that are kept, in order. */
  pieces(): Uint8Array[] {
    return this.#segments.flatMap(({ pieces }) => pieces);
  }

  /** @param pending bytes that are about to be added */
  wantsMark(pending: number): boolean {
    return this.#segments.at(-1)!.size + pending >= this.#most / SEGMENTS;
  }

  add(piece: Uint8Array): void {
    if (this.isOver) return;
    if (this.#size + piece.length > this.#most) this.#leaveOut();
    if (this.#size + piece.length > this.#most) {
      this.isOver = true;
      return;
    }
    const segment = this.#segments.at(-1)!;
    segment.pieces.push(piece);
    segment.size += piece.length;
    this.#size += piece.length;
  }

  /** A mark begins with the next piece. */
  mark(state: number): void {
    if (this.isOver) return;
    this.#segments.push({ state, pieces: [], size: 0 });
    if (this.#size > FULL * this.#most) this.#leaveOut();
  }

  /** Leaves out as much of the oldest as it takes, from a mark to a later one of the same state. */
  #leaveOut(): void {
    const segments = this.#segments;
    const spare = (): number => this.#size - STAYS * this.#most;
    for (let from = 1; from < segments.length && spare() > 0; from++) {
      const to = this.#sameLater(from, spare());
      if (to < 0) continue;
      for (const { size } of segments.splice(from, to - from)) this.#size -= size;
    }
  }

  /**
   * The last mark of the same state before which there is no more than this, or the first one at
   * all; -1 if there is none.
   */
  #sameLater(from: number, most: number): number {
    const segments = this.#segments;
    let found = -1;
    let size = segments[from]!.size;
    for (let to = from + 1; to < segments.length; to++) {
      if (found >= 0 && size > most) return found;
      if (segments[to]!.state === segments[from]!.state) found = to;
      size += segments[to]!.size;
    }
    return found;
  }
}
