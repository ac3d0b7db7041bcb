import type { ChromeWriter, FlowPhase } from './chrome-writer.ts';

/** What a slice stands for; together with a key it says which end is its own. */
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
  | 'coroutine';

interface Open {
  readonly kind: SliceKind;
  readonly key: number | string;
  readonly name: string;
  /** When the last point of an arrow in it was; -1 where there is none. */
  flowNs: number;
}

/**
 * The slices of the loop's track that are open. They nest, whatever comes: an end
 * without a beginning (the trace began later) is dropped, and an end closes what
 * is open above it (a callback threw).
 */
export class ChromeSlices {
  readonly #writer: ChromeWriter;
  readonly #tid: number;
  readonly #open: Open[] = [];
  /** What comes is no sooner: a slice that has been made longer ended then. */
  #floorNs = 0;

  constructor(writer: ChromeWriter, tid: number) {
    this.#writer = writer;
    this.#tid = tid;
  }

  /** When something that is said to be at timeNs is to stand. */
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

  /** A phase begins: the one before it in the same iteration ends. */
  phase(timeNs: number, name: string): void {
    const at = this.#open.findLastIndex(({ kind }) => kind === 'phase' || kind === 'iteration');
    const isPhase = at >= 0 && this.#open[at]!.kind === 'phase';
    if (at >= 0) this.#closeTo(isPhase ? at : at + 1, timeNs);
    this.begin('phase', name, timeNs, name, '');
  }

  /** The handler that is running, if it is a signal's. */
  get signal(): number | string | null {
    return this.#open.findLast(({ kind }) => kind === 'signal')?.key ?? null;
  }

  /**
   * A point of an arrow here. Where no slice is open that could hold it, it gets one. Its
   * slice ends later than that: readers drop arrows of a slice that has no length.
   */
  flow(phase: FlowPhase, timeNs: number, id: number, name: string): void {
    const atNs = this.notBefore(timeNs);
    const holder = this.#open.at(-1);
    if (holder !== undefined) {
      holder.flowNs = atNs;
      this.#writer.flow(phase, this.#tid, atNs, id, name);
      return;
    }
    this.#writer.begin(this.#tid, atNs, 'flow', name);
    this.#writer.flow(phase, this.#tid, atNs, id, name);
    this.#close({ name, flowNs: atNs }, atNs, '');
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
