import type { ChoiceKind, Choices } from '../../host/sim/choices.ts';
import { formatSchedule } from './schedule.ts';

/** A run that has more places of choice takes way 0 at the others, and they are not looked at. */
const MOST_PLACES = 100_000;

/** A place at which a run was open. */
export interface ChoicePlace {
  readonly kind: ChoiceKind;
  readonly ways: number;
  readonly way: number;
  /** The result of the call that looked at the events that came or did not; null if there is none. */
  saw: string | null;
}

/** A schedule does not fit the file: at a place of choice there is no such way. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/** Takes the ways of a schedule, then way 0, and remembers all places. */
export class ScheduledChoices implements Choices {
  readonly places: ChoicePlace[] = [];
  /** Whether there were more places than are remembered. */
  isCut = false;
  readonly #ways: readonly number[];
  #misfit: string | null = null;

  constructor(ways: readonly number[]) {
    this.#ways = ways;
  }

  choose(kind: ChoiceKind, ways: number): number {
    const at = this.places.length;
    if (at === MOST_PLACES) {
      this.isCut = true;
      return 0;
    }
    let way = this.#ways[at] ?? 0;
    if (way >= ways) {
      this.#misfit ??= `at place ${at + 1} there are ${ways} ways, and the schedule takes way ${way}`;
      way = 0;
    }
    this.places.push({ kind, ways, way, saw: null });
    return way;
  }

  get made(): number {
    return this.places.length;
  }

  saw(from: number, result: string): void {
    for (let i = from; this.places[i]?.kind === 'event'; i++) this.places[i]!.saw = result;
  }

  /**
   * To be called after the run.
   * @param isWhole whether the run went on to its end
   * @throws ScheduleError if the schedule is one of another file, or of another version of it
   */
  check(isWhole = true): void {
    const { length } = this.places;
    if (isWhole && length < this.#ways.length) {
      this.#misfit ??= `the run has ${length} places of choice, and the schedule ${this.#ways.length}`;
    }
    if (this.#misfit === null) return;
    const schedule = formatSchedule(this.#ways);
    throw new ScheduleError(`the schedule ${schedule} is not one of this file: ${this.#misfit}`);
  }
}

/** The preemptions that a way costs. */
export function costOf(kind: ChoiceKind, way: number): number {
  return kind === 'preempt' ? way : 0;
}
