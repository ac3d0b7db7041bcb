import type { ChromeWriter } from './chrome-writer.ts';

/** No thread has this id: Linux numbers them up to 2^22. */
const TRACK = 2 ** 22 + 1;
/** Directly below the threads, and above the children. */
const ORDER = 0;

/** The track of the BQL: who holds it. It is there once a thread takes the lock. */
export class BqlTrack {
  readonly #writer: ChromeWriter;
  #named = false;
  /** The name of the thread that holds it; null if nobody does. */
  #holder: string | null = null;
  #endNs = 0;

  constructor(writer: ChromeWriter) {
    this.#writer = writer;
  }

  begin(timeNs: number, thread: string, args: string): void {
    if (!this.#named) this.#writer.track(TRACK, 'BQL', ORDER);
    this.#named = true;
    this.end(timeNs);
    this.#writer.begin(TRACK, Math.max(timeNs, this.#endNs), 'bql', thread, args);
    this.#holder = thread;
  }

  /** Does nothing if nobody is known to hold it: the trace began later. */
  end(timeNs: number): void {
    if (this.#holder === null) return;
    this.#endNs = Math.max(timeNs, this.#endNs);
    this.#writer.end(TRACK, this.#endNs, this.#holder);
    this.#holder = null;
  }
}
