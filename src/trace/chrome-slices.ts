import type { ChromeWriter, FlowPhase } from './chrome-writer.ts';

/** The kind of a slice. Kind and key together tell which end belongs to which beginning. */
export type SliceKind =
  | 'iteration'
  | 'phase'
  | 'aio_poll'
  | 'poll'
  | 'spin'
  | 'fd'
  | 'bh'
  | 'timer'
  | 'signal'
  | 'coroutine'
  | 'lock'
  | 'await'
  | 'alone';

interface Open {
  readonly kind: SliceKind;
  readonly key: number | string;
  readonly name: string;
  /** The time of the last point of an arrow in it; -1 if it has none. */
  flowNs: number;
}

/**
 * The open slices of the loop's track. They always nest: an end without a beginning (the trace
 * began later) is dropped, and an end also closes the slices open above it (a callback threw).
 */
export class ChromeSlices {
  readonly #writer: ChromeWriter;
  readonly #tid: number;
  readonly #open: Open[] = [];
  /** No later event is before this time: the end of a slice that had to be made longer, or an arrow's. */
  #floorNs = 0;

  constructor(writer: ChromeWriter, tid: number) {
    this.#writer = writer;
    this.#tid = tid;
  }

  /** The time at which to draw an event of timeNs. */
  notBefore(timeNs: number): number {
    return Math.max(timeNs, this.#floorNs);
  }

  begin(kind: SliceKind, key: number | string, timeNs: number, name: string, args: string): void {
    this.#open.push({ kind, key, name, flowNs: -1 });
    this.#writer.begin(this.#tid, this.notBefore(timeNs), kind, name, args);
  }

  end(kind: SliceKind, key: number | string, timeNs: number, args = ''): void {
    const at = this.#open.findLastIndex((slice) => slice.kind === kind && slice.key === key);
    if (at < 0) return;
    this.#closeTo(at + 1, timeNs);
    this.#close(this.#open.pop()!, timeNs, args);
  }

  /** Begins a phase and ends the one before it in the same iteration. */
  phase(timeNs: number, name: string): void {
    const at = this.#open.findLastIndex(({ kind }) => kind === 'phase' || kind === 'iteration');
    const isPhase = at >= 0 && this.#open[at]!.kind === 'phase';
    if (at >= 0) this.#closeTo(isPhase ? at : at + 1, timeNs);
    this.begin('phase', name, timeNs, name, '');
  }

  /** The signal whose handler is running, or null. */
  get signal(): number | string | null {
    return this.#open.findLast(({ kind }) => kind === 'signal')?.key ?? null;
  }

  /**
   * Adds a point of an arrow here, and opens a slice for it if none is open. The slice ends later
   * than the point: readers drop the arrows of a slice without length. Returns the time at which the
   * point is drawn.
   */
  flow(phase: FlowPhase, timeNs: number, id: number, name: string): number {
    const atNs = this.notBefore(timeNs);
    const holder = this.#open.at(-1);
    if (holder !== undefined) {
      holder.flowNs = atNs;
      this.#floorNs = atNs;
      this.#writer.flow(phase, this.#tid, atNs, id, name);
      return atNs;
    }
    this.#writer.begin(this.#tid, atNs, 'flow', name);
    this.#writer.flow(phase, this.#tid, atNs, id, name);
    this.#close({ name, flowNs: atNs }, atNs, '');
    return atNs;
  }

  close(timeNs: number): void {
    this.#closeTo(0, timeNs);
  }

  #closeTo(depth: number, timeNs: number): void {
    while (this.#open.length > depth) this.#close(this.#open.pop()!, timeNs, '');
  }

  #close({ name, flowNs }: Pick<Open, 'name' | 'flowNs'>, timeNs: number, args: string): void {
    this.#floorNs = Math.max(this.notBefore(timeNs), flowNs + 1);
    this.#writer.end(this.#tid, this.#floorNs, name, args);
  }
}
