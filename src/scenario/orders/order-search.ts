/**
 * All orders of a scenario that its file leaves open: which of the events at the same time, or
 * within `jitter`, comes first, and when threads lose the processor. Each run repeats the ways of an
 * earlier one up to a place of choice, and takes another there. Runs with fewer preemptions come
 * first, and among those the ones with fewer ways other than 0: so the first of its kind is the
 * simplest, and a search that is cut off has seen many kinds.
 */
import type { Choices } from '../../host/sim/choices.ts';
import type { Scenario } from '../model.ts';
import type { Machine } from '../run/machine.ts';
import { type RunOptions, type RunResult, runScenario } from '../run/run.ts';
import type { World } from '../run/world.ts';
import { formatSchedule } from './schedule.ts';
import { costOf, ScheduledChoices } from './scheduled-choices.ts';

export interface OrderSearchOptions {
  /** How often a thread may lose the processor that could go on, in a run. */
  readonly preemptions: number;
  readonly mostRuns: number;
  readonly makeWorld: (seed: number, choices: Choices) => World;
  /** Makes what is called during a run, before each wait and while it is busy; it may end the run. */
  readonly newLimit?: (() => Pick<RunOptions, 'beforeWait' | 'whileBusy'>) | undefined;
  /** Gets the machine of each run, as of RunOptions. */
  readonly onMachine?: ((machine: Machine) => void) | undefined;
}

/** A run to be made. */
interface Branch {
  /** The ways of the run that took way 0 at the place `at`, where this one takes another. */
  readonly taken: readonly number[];
  readonly at: number;
  readonly way: number;
  /** The next thing that run saw. If this run sees the same, its way makes no difference. */
  readonly unless: string | null;
}

/** An order, and the first of its runs, which has the fewest preemptions. */
export interface FoundOrder {
  readonly schedule: string;
  readonly preemptions: number;
  readonly result: RunResult;
  runs: number;
}

export class OrderSearch {
  readonly scenario: Scenario;
  /** In the order in which they were found. */
  readonly orders: FoundOrder[] = [];
  runs = 0;
  /** Places of choice with ways that were not taken, for --preemptions and mostRuns. */
  preemptionsLeftOut = 0;
  /** Whether mostRuns ended it. */
  isCut = false;
  /** The number of preemptions of the runs that are tried now. */
  level = 0;
  readonly #options: OrderSearchOptions;
  readonly #byText = new Map<string, FoundOrder>();
  /** To be run, first in, first out; and those with one preemption more. */
  #todo: Branch[] = [{ taken: [], at: -1, way: 0, unless: null }];
  #later: Branch[] = [];
  #taken = 0;

  constructor(scenario: Scenario, options: OrderSearchOptions) {
    this.scenario = scenario;
    this.#options = options;
  }

  /** Makes one run. Returns false if there is none left. */
  next(): boolean {
    if (this.#taken === this.#todo.length) {
      this.#todo = this.#later;
      this.#later = [];
      this.#taken = 0;
      this.level++;
    }
    const branch = this.#todo[this.#taken++];
    if (branch === undefined) return false;
    if (this.runs === this.#options.mostRuns) {
      this.isCut = true;
      return false;
    }
    this.#run(branch);
    return true;
  }

  #run({ taken, at, way, unless }: Branch): void {
    const ways = at < 0 ? [] : [...taken.slice(0, at), way];
    const choices = new ScheduledChoices(ways);
    const make = (seed: number): World => this.#options.makeWorld(seed, choices);
    const { onMachine } = this.#options;
    const hooks = { ...this.#options.newLimit?.(), onMachine };
    const result = runScenario(this.scenario, make, hooks);
    choices.check();
    this.runs++;
    if (choices.isCut) this.isCut = true;
    this.#keep(choices, result);
    // The event could as well come before a later look, which another branch tries.
    const { saw } = choices.places[ways.length - 1] ?? { saw: null };
    if (saw === null || saw !== unless) this.#branch(choices, ways.length);
  }

  #keep(choices: ScheduledChoices, result: RunResult): void {
    const text = textOf(result);
    const known = this.#byText.get(text);
    if (known !== undefined) {
      known.runs++;
      return;
    }
    const schedule = formatSchedule(choices.places.map(({ way }) => way));
    const found = { schedule, preemptions: this.level, result, runs: 1 };
    this.#byText.set(text, found);
    this.orders.push(found);
  }

  /** The other ways at the places behind those that were given. */
  #branch({ places }: ScheduledChoices, from: number): void {
    const taken = places.map(({ way }) => way);
    for (let i = from; i < places.length; i++) {
      const { kind, ways, saw } = places[i]!;
      for (let way = ways - 1; way > 0; way--) {
        if (costOf(kind, way) === 0) this.#add(this.#todo, { taken, at: i, way, unless: saw });
        else if (this.level < this.#options.preemptions) {
          this.#add(this.#later, { taken, at: i, way, unless: null });
        } else this.preemptionsLeftOut++;
      }
    }
  }

  /** More than can be run need not be kept. */
  #add(list: Branch[], branch: Branch): void {
    const known = this.runs - this.#taken + this.#todo.length + this.#later.length;
    if (known > this.#options.mostRuns) {
      this.isCut = true;
      return;
    }
    list.push(branch);
  }
}

/** Everything in which two orders differ for their readers. */
function textOf({ status, order, abort, failures }: RunResult): string {
  const entries = order.map(({ text }) => text);
  return JSON.stringify([status, entries, abort, failures.map(({ message }) => message)]);
}
