import type { Frame, Play } from '../protocol.ts';
import type { EngineClient } from './engine-client.ts';

/** How many frames are asked for at a time, and how many such windows are kept. */
const WINDOW = 512;
const MOST_WINDOWS = 24;

/** The machine after each event: asked for by windows, since all would not fit into memory. */
export class Frames {
  readonly #client: EngineClient;
  readonly #play: Play;
  readonly #length: number;
  readonly #arrived: () => void;
  readonly #windows = new Map<number, readonly Frame[] | null>();

  /** @param arrived called when frames that were missing are there */
  constructor(client: EngineClient, play: Play, length: number, arrived: () => void) {
    this.#client = client;
    this.#play = play;
    this.#length = length;
    this.#arrived = arrived;
  }

  /** The frame after an event; null if it is not there yet. */
  at(event: number): Frame | null {
    const number = Math.floor(event / WINDOW);
    const window = this.#windows.get(number);
    if (window === undefined) this.#fetch(number);
    // The next one is wanted soon if the run is played.
    const next = number + 1;
    if (window && event % WINDOW > WINDOW / 2 && next * WINDOW < this.#length) {
      if (!this.#windows.has(next)) this.#fetch(next);
    }
    return window?.[event % WINDOW] ?? null;
  }

  #fetch(number: number): void {
    const isBusy = [...this.#windows.values()].includes(null);
    if (isBusy) return;
    if (this.#windows.size >= MOST_WINDOWS)
      this.#windows.delete(this.#windows.keys().next().value!);
    this.#windows.set(number, null);
    const from = number * WINDOW;
    this.#client.frames(this.#play, from, Math.min(this.#length, from + WINDOW)).then(
      (frames) => {
        this.#windows.set(number, frames);
        this.#arrived();
      },
      () => this.#windows.delete(number),
    );
  }
}
