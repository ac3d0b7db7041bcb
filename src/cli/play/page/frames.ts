import type { Frame } from '../../report/frame.ts';
import type { Play } from '../protocol.ts';
import type { EngineClient } from './engine-client.ts';

/** How many frames are asked for at a time, and how many such windows are kept. */
const WINDOW = 512;
const MOST_WINDOWS = 24;

/**
 * The machine after each event: asked for by windows, since all would not fit into memory. While a
 * run plays fast, only every nth event is drawn.
 */
export class Frames {
  readonly #client: EngineClient;
  readonly #play: Play;
  readonly #length: number;
  readonly #arrived: () => void;
  /** By stride and number; null while it is on its way. */
  readonly #windows = new Map<string, readonly Frame[] | null>();

  /** @param arrived called when frames that were missing are there */
  constructor(client: EngineClient, play: Play, length: number, arrived: () => void) {
    this.#client = client;
    this.#play = play;
    this.#length = length;
    this.#arrived = arrived;
  }

  /** The frame after an event, or after the last one before it that the stride hits; null if it is not there yet. */
  at(event: number, stride: number): Frame | null {
    const place = Math.floor(event / stride);
    const number = Math.floor(place / WINDOW);
    const window = this.#windows.get(key(stride, number));
    if (window === undefined) this.#fetch(number, stride);
    // The next one is wanted soon if the run is played.
    const isLate = place % WINDOW > WINDOW / 2 && (number + 1) * WINDOW * stride < this.#length;
    if (window && isLate && !this.#windows.has(key(stride, number + 1))) {
      this.#fetch(number + 1, stride);
    }
    return window?.[place % WINDOW] ?? null;
  }

  #fetch(number: number, stride: number): void {
    const isBusy = [...this.#windows.values()].includes(null);
    if (isBusy) return;
    const name = key(stride, number);
    if (this.#windows.size >= MOST_WINDOWS) {
      this.#windows.delete(this.#windows.keys().next().value!);
    }
    this.#windows.set(name, null);
    const from = number * WINDOW * stride;
    const to = Math.min(this.#length, from + WINDOW * stride);
    this.#client.frames(this.#play, from, to, stride).then(
      (frames) => {
        this.#windows.set(name, frames);
        this.#arrived();
      },
      () => this.#windows.delete(name),
    );
  }
}

function key(stride: number, number: number): string {
  return `${stride} ${number}`;
}
