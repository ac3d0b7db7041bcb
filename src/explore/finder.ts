/** Looks for an error of a program, and tells the shortest way there; of a sound one, that there is none. */

import { besideOf } from './beside.ts';
import { type BuiltIn, make } from './built-in.ts';
import { Explorer } from './explorer.ts';
import type { Model } from './operation.ts';
import { type Story, storyOf } from './story.ts';

/** The result; printed with --json as it is. */
export interface Found {
  readonly program: string;
  readonly without: string;
  readonly model: string;
  readonly error: string | null;
  /** Whether all states are known. */
  readonly ended: 'done' | 'memory' | 'interrupted';
  /** Whether no way to an error has fewer steps. */
  readonly isShortest: boolean;
  readonly states: number;
  readonly transitions: number;
  /** States in which nothing goes on. */
  readonly ends: number;
  /** How often a function of the program was run. */
  readonly runs: number;
  readonly story: Story | null;
}

export interface FinderOptions {
  /** By default the strongest in which the weakening fails, and PSO without one. */
  readonly model?: Model | undefined;
  readonly reduce?: boolean;
  /** The most memory that the states of a search may take, in bytes. */
  readonly mostBytes: number;
}

/** Explores reduced; if that finds an error, it explores whole, for the shortest way there. */
export class Finder {
  readonly model: Model;
  readonly #program: BuiltIn;
  readonly #without: string;
  readonly #options: FinderOptions;
  readonly #first: Explorer;
  #whole: Explorer | null = null;

  constructor(program: BuiltIn, without: string, options: FinderOptions) {
    const weakening = program.weakenings.find(({ name }) => name === without);
    this.model = options.model ?? weakening?.model ?? 'PSO';
    this.#program = program;
    this.#without = without;
    this.#options = options;
    this.#first = this.#explorer(options.reduce ?? true);
  }

  /** The search that is made now, or was made last. */
  get now(): Explorer {
    return this.#whole ?? this.#first;
  }

  /** Expands up to this number of states. Returns whether it must be called again. */
  run(states: number): boolean {
    if (this.now.run(states)) return true;
    const isReduced = this.#options.reduce ?? true;
    if (this.#whole !== null || !isReduced || this.#first.search.failure === null) return false;
    this.#whole = this.#explorer(false, this.#first);
    return true;
  }

  found(isInterrupted = false): Found {
    const { search, parts } = this.#first;
    const { failure } = this.#shown.search;
    const { stopped } = this.now;
    return {
      program: this.#program.name,
      without: this.#without,
      model: this.model,
      error: failure?.error ?? null,
      ended: isInterrupted ? 'interrupted' : stopped === null ? 'done' : 'memory',
      isShortest: this.#options.reduce === false || this.#shown === this.#whole,
      states: search.states.count,
      transitions: search.transitions,
      ends: search.ends,
      runs: parts.places.runs,
      story: failure === null ? null : storyOf(this.#shown, this.#program),
    };
  }

  /** After an error of a weakened program: a run of the sound one, by the same turns as far as it can. */
  beside(): Story | null {
    if (this.#shown.search.failure === null || this.#without === '') return null;
    const sound = make(this.#program, '');
    return besideOf(sound, this.#shown, this.model, this.#program);
  }

  /** The whole search may end without the error that the reduced one has. */
  get #shown(): Explorer {
    return this.#whole !== null && this.#whole.search.failure !== null ? this.#whole : this.#first;
  }

  #explorer(reduce: boolean, known?: Explorer): Explorer {
    const { mostBytes } = this.#options;
    return new Explorer(make(this.#program, this.#without), {
      model: this.model,
      mostBytes,
      reduce,
      known,
    });
  }
}
