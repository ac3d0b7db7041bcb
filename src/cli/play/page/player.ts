import type { Thing } from '../../report/things.ts';
import type { RunView, Step } from '../run-view.ts';

/** Events a second. */
export const SPEEDS = [1, 2, 5, 10, 30, 100, 1000, 10_000] as const;

/** The place at which the run stands, and whether it plays. */
export class Player {
  at = 0;
  playing = false;
  speed: number = 5;
  step: Step = 'event';
  readonly breakpoints: Thing[] = [];
  readonly #changed: () => void;
  #view: RunView | null = null;
  #owed = 0;
  #lastMs = 0;

  /** @param changed called when the place, or whether it plays, has changed */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get view(): RunView | null {
    return this.#view;
  }

  /** Takes another run, at the same place if it has it. */
  load(view: RunView | null, at = this.at): void {
    this.#view = view;
    this.playing = false;
    this.at = Math.max(0, Math.min(at, (view?.length ?? 1) - 1));
    this.#changed();
  }

  go(at: number): void {
    const last = (this.#view?.length ?? 1) - 1;
    this.at = Math.max(0, Math.min(last, Math.round(at)));
    this.#changed();
  }

  move(by: 1 | -1): void {
    if (this.#view === null) return;
    this.playing = false;
    this.go(this.#view.next(this.step, this.at, by));
  }

  toggle(): void {
    if (this.#view === null || this.#view.length === 0) return;
    this.playing = !this.playing;
    if (!this.playing) {
      this.#changed();
      return;
    }
    if (this.at === this.#view.length - 1) this.at = 0;
    this.#owed = 0;
    this.#lastMs = performance.now();
    this.#changed();
    requestAnimationFrame((ms) => this.#frame(ms));
  }

  /** Whether any breakpoint is at the event. */
  stopsAt(event: number): boolean {
    return this.breakpoints.some((thing) => this.#view!.mentions(event, thing));
  }

  #frame(ms: number): void {
    if (!this.playing || this.#view === null) return;
    this.#owed += (Math.max(0, ms - this.#lastMs) * this.speed) / 1000;
    this.#lastMs = ms;
    const last = this.#view.length - 1;
    let at = this.at;
    for (; this.#owed >= 1 && at < last && this.playing; this.#owed--) {
      at++;
      if (this.stopsAt(at)) this.playing = false;
    }
    if (at === last) this.playing = false;
    if (at !== this.at || !this.playing) {
      this.at = at;
      this.#changed();
    }
    if (this.playing) requestAnimationFrame((next) => this.#frame(next));
  }
}
