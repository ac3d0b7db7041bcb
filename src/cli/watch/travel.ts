import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Where } from './controls.ts';
import { Model, type ModelState } from './model.ts';
import { AioPollRounds, MainLoopRounds } from './rounds.ts';
import { Search, type Sought } from './search.ts';

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
  /** News of a search, for the last line; '' for none. */
  message = '';
  /** The search under way; null if there is none. */
  #search: Search | null = null;
  /** The iteration that was shown when a search for an earlier one began. */
  #shown = 0;
  readonly #points: Point[] = [];
  /** The iterations in which something other than the loop's own rounds has happened. */
  readonly #eventful: number[] = [];

  /** Whether the run is on its way to somewhere, without being shown. */
  get underWay(): boolean {
    return this.goal !== null || this.#search !== null;
  }

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
      this.#lookBack(iteration);
      if (this.goal !== null && iteration >= this.goal && !this.again) this.goal = null;
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
    if (typeof where === 'object') return this.#seek(where, now, isOver);
    const goal = this.#iterationOf(where, now);
    if (goal === null || goal < 1) return 'there is nothing before this';
    if (goal > iteration && isOver) return `the run has ${iteration} iterations`;
    this.goal = goal;
    this.again = goal <= iteration;
    return '';
  }

  #seek(sought: Sought, now: number, isOver: boolean): string {
    if (sought.isForward && isOver) return 'the run is over: N searches before this';
    if (!sought.isForward && now < 3) return 'there is nothing before this';
    this.#shown = now;
    // The iteration before this one is shown, and so is what it has.
    this.#search = sought.isForward
      ? new Search(sought, now, Number.POSITIVE_INFINITY)
      : new Search(sought, 1, now - 2);
    this.again = !sought.isForward;
    return '';
  }

  /** Takes an event on the way, which a search may look for. */
  take(loop: MainLoop, model: Model, id: EventId, args: readonly TraceValue[]): void {
    this.#search?.takeEvent(loop, model, id, args);
    this.#stopAtFound();
  }

  /** The same for a line of the order log, or of output. */
  takeText(iteration: number, text: string): void {
    this.#search?.takeText(iteration, text);
    this.#stopAtFound();
  }

  /** The next one is found: the run stops after its iteration. */
  #stopAtFound(): void {
    const search = this.#search;
    if (search === null || !search.isForward || search.found === 0) return;
    this.goal = search.found + 1;
    this.#search = null;
  }

  /** All before the iteration that was shown is known: goes to the last one that has the text. */
  #lookBack(iteration: number): void {
    const search = this.#search;
    if (search === null || search.isForward || iteration < this.#shown - 1) return;
    this.#search = null;
    this.again = search.found > 0;
    this.goal = search.found > 0 ? search.found + 1 : this.#shown;
    if (search.found === 0) this.message = `'${search.text}' is not before this`;
  }

  /** The run has come to its end. */
  runEnded(): void {
    if (this.again) return;
    if (this.#search !== null) this.message = `'${this.#search.text}' is not after this`;
    this.#search = null;
    this.goal = null;
  }

  #iterationOf(where: Exclude<Where, Sought>, now: number): number | null {
    if (where === 'before') return now - 1;
    if (where !== 'last event') return where;
    return this.#eventful.findLast((one) => one < now) ?? null;
  }
}
