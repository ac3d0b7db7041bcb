/**
 * Runs every interleaving of a few threads over words.
 *
 * A thread is a function of what its operations returned, so its state is that list: see Places. The
 * function is the shipped code itself: only the words are given.
 */

import { Buffers } from './buffers.ts';
import { Footprints } from './footprints.ts';
import type { Model } from './operation.ts';
import { Places } from './places.ts';
import type { Explorable } from './program.ts';
import { Search } from './search.ts';
import type { SearchParts } from './search-parts.ts';

export interface ExploreOptions {
  readonly model: Model;
  /** Whether orders of steps that do not depend on each other count as one; by default true. */
  readonly reduce?: boolean;
  /** The most memory that the states may take, in bytes; by default 1 GiB. */
  readonly mostBytes?: number;
  /** Another of the same program: what its threads do, which it knows, need not be found anew. */
  readonly known?: Explorer | undefined;
}

const MOST_BYTES = 2 ** 30;
/** Room for words that are found later. */
const SPARE = 4;

/** The places of a program, and the numbers of its words, as far as they are found. */
function newPlaces(program: Explorable): Pick<SearchParts, 'places' | 'wordOf' | 'words'> {
  const numbers = new Map<number, number>();
  const words: number[] = [];
  const wordOf = (word: number): number => {
    let number = numbers.get(word);
    if (number === undefined) {
      number = words.push(word) - 1;
      numbers.set(word, number);
    }
    return number;
  };
  return { places: new Places(program.threads, wordOf), wordOf, words };
}

/** Explores a program, in as many parts as its caller likes. */
export class Explorer {
  readonly program: Explorable;
  readonly parts: SearchParts;
  /** The current search, or the last one. */
  search: Search;
  /** Transitions of all searches. */
  #transitions = 0;
  /** Why the search has ended without all states; null if it has not. */
  stopped: 'memory' | null = null;
  readonly #words: readonly number[];
  readonly #mostBytes: number;
  #footprints: Footprints | null;
  #done = false;

  constructor(program: Explorable, options: ExploreOptions) {
    this.program = program;
    this.#mostBytes = options.mostBytes ?? MOST_BYTES;
    const { words, wordOf, places } = options.known?.parts ?? newPlaces(program);
    this.#words = words;
    const isPso = options.model === 'PSO';
    const isSc = options.model === 'SC';
    this.parts = { program, places, buffers: new Buffers(isPso), isSc, wordOf, words };
    for (let thread = 0; thread < program.threads.length; thread++) {
      for (const { word } of places.root(thread).tallies) wordOf(word);
    }
    for (const word of Object.keys(program.initial)) wordOf(Number(word));
    this.#footprints = (options.reduce ?? true) ? this.#newFootprints() : null;
    this.search = this.#newSearch();
  }

  /** Transitions of all searches: a reduced one is done until it finds no more places. */
  get transitions(): number {
    return this.#transitions + this.search.transitions;
  }

  #newFootprints(): Footprints {
    return new Footprints(this.parts.places, this.#words.length);
  }

  #newSearch(): Search {
    return new Search(this.parts, this.#words.length + SPARE, this.#footprints);
  }

  /**
   * Expands up to this number of states. Returns whether it must be called again: false once there is a
   * failure, or all states are known, or the memory is used up.
   */
  run(states: number): boolean {
    if (this.#done) return false;
    const { search } = this;
    if (search.run(states)) {
      if (search.states.bytes < this.#mostBytes) return true;
      this.stopped = 'memory';
    } else if (search.outgrown && search.failure === null) {
      this.#again(this.#footprints === null ? null : this.#newFootprints());
      return true;
    } else if (search.failure === null && this.#footprints !== null) {
      const later = this.#newFootprints();
      if (!this.#footprints.isComplete(later)) {
        this.#again(later);
        return true;
      }
    }
    this.#done = true;
    return false;
  }

  #again(footprints: Footprints | null): void {
    this.#transitions += this.search.transitions;
    this.#footprints = footprints;
    this.search = this.#newSearch();
  }
}

/** Explores a program to its end. */
export function explore(program: Explorable, options: ExploreOptions): Explorer {
  const explorer = new Explorer(program, options);
  while (explorer.run(1 << 16));
  return explorer;
}
