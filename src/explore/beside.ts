/** A run of a sound program beside the failure of a weakened one. */

import type { BuiltIn } from './built-in.ts';
import { Explorer } from './explorer.ts';
import type { Model } from './operation.ts';
import type { Explorable } from './program.ts';
import type { Search } from './search.ts';
import { stepOf } from './search-parts.ts';
import { type Story, tell } from './story.ts';
import { stepsOf, type TakenStep, type WayStep, wayTo } from './way.ts';

/** A run of a few threads to its end has some dozens. */
const MOST_STATES = 20_000;
/** More steps than these between two of the guide's are another run. */
const MOST_EXTRA = 50;

/** A step that is possible now. */
interface Choice {
  readonly step: number;
  readonly state: number;
  readonly thread: number;
  /** The word that it is about; -1 for none. */
  readonly word: number;
  readonly isFlush: boolean;
}

/** A program had words that a walk had no room for: it must begin again. */
class Outgrown extends Error {}

/**
 * Lets the threads of the sound program take their turns as those of the failed one did, as far as they
 * can, and then run to their ends. Null if that takes too many states.
 */
export function besideOf(
  sound: Explorable,
  failed: Explorer,
  model: Model,
  program: Pick<BuiltIn, 'words'>,
): Story | null {
  const guide = stepsOf(failed, wayTo(failed.search, failed.search.failure!.state));
  let explorer = new Explorer(sound, { model, reduce: false });
  for (;;) {
    const walk = new Walk(explorer);
    try {
      walk.follow(guide);
      if (!walk.finish()) return null;
      return tell(explorer, { steps: walk.steps, end: walk.state }, '', program);
    } catch (error) {
      if (!(error instanceof Outgrown)) throw error;
      explorer = new Explorer(sound, { model, reduce: false, known: explorer });
    }
  }
}

/** One run, step by step. */
class Walk {
  readonly steps: WayStep[] = [];
  state = 0;
  readonly #explorer: Explorer;
  readonly #search: Search;
  #thread = 0;

  constructor(explorer: Explorer) {
    this.#explorer = explorer;
    this.#search = explorer.search;
  }

  follow(guide: readonly TakenStep[]): void {
    guide.forEach((step, i) => {
      if (step.isFlush) this.#flush(step);
      else this.#operate(step, guide.slice(i + 1));
    });
  }

  #flush({ thread, word }: TakenStep): void {
    this.#take(
      this.#choices().find((one) => one.isFlush && one.thread === thread && one.word === word),
    );
  }

  /**
   * The operation of the guide, or what the sound thread does in its place. What it will do later with
   * the guide waits until then.
   */
  #operate({ thread, word }: TakenStep, later: readonly TakenStep[]): void {
    const isLater = (one: Choice): boolean =>
      later.some((step) => !step.isFlush && step.thread === thread && step.word === one.word);
    for (let extra = 0; extra < MOST_EXTRA; extra++) {
      const own = this.#choices().filter((one) => one.thread === thread);
      // Its stores must reach memory first.
      const next = own.find(({ isFlush }) => !isFlush) ?? own[0];
      if (next === undefined) return;
      const isExtra = next.isFlush || (next.word !== word && !isLater(next));
      if (!isExtra && next.word !== word) return;
      this.#take(next);
      if (!isExtra) return;
    }
  }

  /** Goes on to an end, with few changes between threads. Returns whether it has come there. */
  finish(): boolean {
    const seen = new Set<number>();
    /** The ways that are left at each step. */
    const left: Choice[][] = [];
    for (;;) {
      const isNew = !seen.has(this.state);
      seen.add(this.state);
      if (seen.size > MOST_STATES) return false;
      const choices = this.#choices();
      if (choices.length === 0) return true;
      left.push(isNew ? choices.sort((a, b) => this.#rank(a) - this.#rank(b)) : []);
      while (left.at(-1)!.length === 0) {
        left.pop();
        if (left.length === 0) return false;
        this.state = this.steps.pop()!.before;
      }
      this.#take(left.at(-1)!.shift());
    }
  }

  #rank({ thread, isFlush }: Choice): number {
    return (thread === this.#thread ? 0 : 2) + (isFlush ? 1 : 0);
  }

  #take(choice: Choice | undefined): void {
    if (choice === undefined) return;
    this.steps.push({ before: this.state, step: choice.step });
    this.state = choice.state;
    this.#thread = choice.thread;
  }

  #choices(): Choice[] {
    const { parts } = this.#explorer;
    const search = this.#search;
    const now = search.ending(this.state);
    const choices: Choice[] = [];
    search.onStep = (step, state) => {
      const { thread, flushed } = stepOf(step);
      const number =
        flushed >= 0
          ? parts.buffers.contents[now.bufferOf(thread)]![flushed]!
          : parts.places.word[now.placeOf(thread)]!;
      const word = number < 0 ? -1 : parts.words[number]!;
      choices.push({ step, state, thread, word, isFlush: flushed >= 0 });
    };
    search.expand(this.state);
    search.onStep = null;
    if (search.outgrown) throw new Outgrown();
    return choices;
  }
}
