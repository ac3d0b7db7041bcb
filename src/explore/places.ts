import { ExploredWords, type Tally } from './explored-words.ts';
import { END, FAILED, type Operation } from './operation.ts';
import type { Thread } from './program.ts';

/** An edge from a place to the one after it, by the result of the operation between. */
export interface Edge {
  readonly result: number;
  readonly target: number;
  readonly tallies: readonly Tally[];
  readonly next: Edge | null;
}

/** A thread that has done more operations since it began goes round in circles. */
const MOST_OPERATIONS = 1000;

const NOTHING: Operation = { kind: END, word: -1, value: 0, next: 0 };
const FAILURE: Operation = { ...NOTHING, kind: FAILED };

/**
 * The places where the threads of a program can be. A place is what a thread's operations have
 * returned since it began, and has its next operation. The function runs, from its start, once for
 * each place.
 */
export class Places {
  // By place.
  readonly kind: number[] = [];
  /** As the explorer numbers them. */
  readonly word: number[] = [];
  readonly value: number[] = [];
  readonly next: number[] = [];
  readonly scope: string[] = [];
  readonly edges: (Edge | null)[] = [];
  readonly #thread: number[] = [];
  readonly #local: number[] = [];
  readonly #results: (readonly number[])[] = [];
  readonly errors = new Map<number, string>();
  /** How often a function was run. */
  runs = 0;

  readonly #threads: readonly Thread[];
  readonly #wordOf: (word: number) => number;
  readonly #roots = new Map<string, { place: number; tallies: readonly Tally[] }>();

  /** @param wordOf the explorer's number of a word */
  constructor(threads: readonly Thread[], wordOf: (word: number) => number) {
    this.#threads = threads;
    this.#wordOf = wordOf;
  }

  get count(): number {
    return this.kind.length;
  }

  root(thread: number, local = 0): { place: number; tallies: readonly Tally[] } {
    const key = `${thread} ${local}`;
    let root = this.#roots.get(key);
    if (root === undefined) {
      root = this.#run(thread, local, []);
      this.#roots.set(key, root);
    }
    return root;
  }

  /** The place after this one, if its operation returns the result. */
  after(place: number, result: number): Edge {
    for (let edge: Edge | null = this.edges[place]!; edge !== null; edge = edge.next) {
      if (edge.result === result) return edge;
    }
    const { place: target, tallies } = this.#run(this.#thread[place]!, this.#local[place]!, [
      ...this.#results[place]!,
      result,
    ]);
    const edge = { result, target, tallies, next: this.edges[place]! };
    this.edges[place] = edge;
    return edge;
  }

  #run(
    thread: number,
    local: number,
    results: readonly number[],
  ): { place: number; tallies: readonly Tally[] } {
    this.runs++;
    const words = new ExploredWords(results);
    let failure: string | null = null;
    try {
      const again = this.#threads[thread]!.run(words, local);
      if (typeof again === 'number' && words.stopped === null) {
        const { place, tallies } = this.root(thread, again);
        return { place, tallies: [...words.tallies, ...tallies] };
      }
    } catch (error) {
      if (words.stopped === null) failure = (error as Error).message;
    }
    if (words.stopped !== null && results.length >= MOST_OPERATIONS) {
      failure = `goes on after ${MOST_OPERATIONS} operations`;
      words.stopped = null;
    }
    const { stopped } = words;
    const operation = stopped?.operation ?? (failure === null ? NOTHING : FAILURE);
    const place = this.count;
    this.kind.push(operation.kind);
    this.word.push(operation.word < 0 ? -1 : this.#wordOf(operation.word));
    this.value.push(operation.value | 0);
    this.next.push(operation.next | 0);
    this.scope.push(stopped?.scope ?? '');
    this.edges.push(null);
    this.#thread.push(thread);
    this.#local.push(local);
    this.#results.push(results);
    if (failure !== null) this.errors.set(place, failure);
    return { place, tallies: words.tallies };
  }
}
