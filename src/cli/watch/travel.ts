import type { Where } from './controls.ts';
import { Model, type ModelState } from './model.ts';
import { AioPollRounds, MainLoopRounds } from './rounds.ts';

/** How many iterations lie between two states that are kept. */
const APART = 512;
/** How many iterations before its goal a run is shown again, so that it has events to show. */
const WARM = 64;

/** The state of the view before an iteration. */
export interface Point {
  readonly iteration: number;
  readonly state: ModelState;
}

/**
 * Steps back and forth in a run that is the same each time. To step back is to make it again:
 * without its events up to the last state that is kept, and with them from there on.
 */
export class Travel {
  /** The iteration to go to; null if the run is where the person wants it. */
  goal: number | null = null;
  /** Whether the goal lies behind, so that the run has to be made again. */
  again = false;
  readonly #points: Point[] = [];
  /** The iterations in which something other than the loop's own rounds has happened. */
  readonly #eventful: number[] = [];

  /** The state to begin from on the way to the goal; null for the start of the run. */
  get point(): Point | null {
    const { goal } = this;
    if (goal === null) return null;
    return this.#points.findLast((point) => point.iteration <= goal - WARM) ?? null;
  }

  /**
   * A model that keeps the states, and ends the way at its goal.
   * @param drive the scenario's
   * @param point the state that it will begin from
   */
  newModel(drive: string, point: Point | null): Model {
    const polls = point === null ? 0 : point.iteration - 1;
    const rounds = drive === 'aio_poll' ? new AioPollRounds(polls) : new MainLoopRounds();
    const model = new Model(rounds, false);
    model.keepAll = true;
    model.onHappened = () => {
      if (model.iteration > (this.#eventful.at(-1) ?? 0)) this.#eventful.push(model.iteration);
    };
    model.onBegin = (iteration) => {
      const last = this.#points.at(-1)?.iteration ?? 0;
      if (iteration >= last + APART) this.#points.push({ iteration, state: model.state() });
      if (this.goal !== null && iteration >= this.goal) this.goal = null;
    };
    return model;
  }

  /**
   * Sets a goal. Returns a message if there is no such iteration.
   * @param iteration the one that is shown
   * @param isOver whether it is the last, and over
   */
  go(where: Where, iteration: number, isOver: boolean): string {
    const now = isOver ? iteration + 1 : iteration;
    const goal = this.#iterationOf(where, now);
    if (goal === null || goal < 1) return 'there is nothing before this';
    if (goal > iteration && isOver) return `the run has ${iteration} iterations`;
    this.goal = goal;
    this.again = goal <= iteration;
    return '';
  }

  #iterationOf(where: Where, now: number): number | null {
    if (where === 'before') return now - 1;
    if (where !== 'last event') return where;
    return this.#eventful.findLast((one) => one < now) ?? null;
  }
}
