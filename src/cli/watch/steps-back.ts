import type { Where } from './controls.ts';
import type { Pace } from './pacer.ts';
import type { Seek, Sought } from './search.ts';
import { iterationOf, othersOf } from './stops.ts';
import type { View } from './view.ts';

/** The run behind a view, as far as it can be sent somewhere. Each returns a message if it cannot. */
export interface Sendable {
  isOver(): boolean;
  /** Runs on to an iteration, and pauses before it. */
  goTo(iteration: number): string;
  /** Runs on until after an iteration that has a text. */
  searchOn(text: string): string;
  /** Makes the run again up to a stop, and goes on from there. */
  again(stop: number, pace: Pace): string;
  /** Stops what would change the run while its past is shown. */
  standStill(): void;
}

/** A search that takes no longer is neither shown nor ended, ns. */
const QUICK_NS = 100e6;

/** A search that a key has ended. */
interface LeftSearch extends Sought {
  /** The iteration that was shown. */
  readonly shown: number;
  /** The iteration that comes next. */
  readonly at: number;
}

/** Goes back and forth: shows what is kept of the past, and sends the run to what is not. */
export class StepsBack {
  readonly #view: View;
  readonly #run: Sendable;
  #left: LeftSearch | null = null;

  constructor(view: View, run: Sendable) {
    this.#view = view;
    this.#run = run;
  }

  /** Goes to another iteration. Returns a message if it cannot; '' if it can. */
  go(where: Where): string {
    if (typeof where === 'object') return this.#seek(where);
    if (typeof where === 'number') return this.#goTo(where);
    const { model, past } = this.#view;
    const now = this.#now;
    const isOwn = model.drawnByLoop || where === 'last event';
    const goal = isOwn ? past.eventfulBefore(now) : past.before(now);
    return this.#goTo(goal ?? 0);
  }

  /** A step from an iteration of the past that is shown. */
  step(pace: Pace): true {
    const view = this.#view;
    view.say(this.#stepFrom(view.picture!.stop, pace));
    return true;
  }

  /** The stop that is shown, or the one after the last. */
  get #now(): number {
    const { picture, model } = this.#view;
    if (picture !== null) return picture.stop;
    const isBetween = !model.inIteration && othersOf(model.stop) === 0;
    return this.#run.isOver() || isBetween ? model.iteration + 1 : model.stop;
  }

  /** Whether the run stands where an iteration has just begun. */
  #standsAt(stop: number): boolean {
    const { model } = this.#view;
    if (this.#run.isOver() || model.stop !== stop || othersOf(stop) > 0) return false;
    return model.inIteration && model.phase === '';
  }

  #goTo(goal: number): string {
    const { past, model } = this.#view;
    if (goal <= 0) return 'there is nothing before this';
    if (goal > model.stop) {
      if (this.#run.isOver()) return `the run has ${model.iteration} iterations`;
      const problem = this.#run.goTo(goal);
      if (problem === '') this.#view.picture = null;
      return problem;
    }
    if (this.#standsAt(goal)) return this.#showRun();
    if (!past.has(goal)) return this.#run.again(goal, 'iteration');
    this.#view.picture = past.picture(goal);
    this.#run.standStill();
    return '';
  }

  #showRun(): string {
    this.#view.picture = null;
    return '';
  }

  #stepFrom(stop: number, pace: Pace): string {
    const { model, past, pacer } = this.#view;
    if (pace !== 'iteration') return this.#run.again(stop, pace);
    const next = model.drawnByLoop ? past.eventfulAfter(stop) : past.after(stop);
    if (next !== null && next <= model.stop) return this.#goTo(next);
    // The run itself is in this iteration, or over.
    if (!this.#run.isOver() && !model.drawnByLoop) pacer.stepIteration();
    return this.#showRun();
  }

  #seek({ text, isForward }: Sought): string {
    return isForward ? this.#seekOn(text) : this.#seekBack(text);
  }

  /** The iteration before the one that is shown is shown with it, and so is what it has. */
  #seekBack(text: string): string {
    const { past } = this.#view;
    const to = Math.ceil(this.#now) - 2;
    if (to < 1) return 'there is nothing before this';
    const found = this.#search({ text, isForward: false, from: 1, to });
    if (found < 0) return this.#leftText;
    if (found > 0) return this.#goTo(found + 1);
    const kept = past.first > 1 ? `, as far as iteration ${past.first}` : '';
    return `'${text}' is not before this${kept}`;
  }

  #seekOn(text: string): string {
    const { picture, model } = this.#view;
    const isOver = this.#run.isOver();
    if (picture === null) {
      return isOver ? 'the run is over: N searches before this' : this.#run.searchOn(text);
    }
    const from = iterationOf(picture.stop);
    const seek = { text, isForward: true, from, to: Number.POSITIVE_INFINITY };
    const found = this.#search(seek);
    if (found < 0) return this.#leftText;
    if (found > 0 && !(isOver && found === model.iteration)) return this.#goTo(found + 1);
    if (found > 0) return this.#showRun();
    if (isOver) return `'${text}' is not after this`;
    const problem = this.#run.searchOn(text);
    if (problem === '') this.#showRun();
    return problem;
  }

  /** Past.search, which a key ends. The next search for the same then goes on there. */
  #search(seek: Seek): number {
    const { past, output } = this.#view;
    const shown = this.#now;
    const left = this.#left;
    this.#left = null;
    const isSame = left?.text === seek.text && left.isForward === seek.isForward;
    const begins = isSame && left.shown === shown ? left.at : null;
    const limit = seek.isForward ? { from: begins ?? seek.from } : { to: begins ?? seek.to };
    const quickNs = this.#view.nowNs + QUICK_NS;
    return past.search({ ...seek, ...limit }, output, (at) => {
      if (this.#view.nowNs < quickNs || !this.#isEnded(seek, at)) return true;
      this.#left = { ...seek, shown, at };
      return false;
    });
  }

  /** Shows how far a search is, if a frame is due. Returns whether a key has ended it. */
  #isEnded({ text, isForward }: Sought, at: number): boolean {
    const view = this.#view;
    if (view.hasKeys) return true;
    if (view.nowNs < view.dueNs) return false;
    view.say(
      `'${text}': searching ${isForward ? 'on' : 'back'} from iteration ${at}, a key ends it`,
    );
    view.draw();
    return false;
  }

  get #leftText(): string {
    const { text, isForward, at } = this.#left!;
    return `'${text}': the search is at iteration ${at}, ${isForward ? 'n' : 'N'} goes on`;
  }
}
