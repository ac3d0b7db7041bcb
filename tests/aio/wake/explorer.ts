/**
 * Runs every interleaving of a few threads over words.
 *
 * A thread is a function of the values that its operations returned: it is run again from its start
 * with those values, up to its next operation. What it does next is kept by the list of values, so
 * the function runs once for each new list. A state is the memory, each thread's list, and its store
 * buffer. States are visited breadth first, so the first failure found has the fewest steps.
 */

import type { Words } from '../../../src/aio/wake/words.ts';

/**
 * SC: each operation takes effect at once. TSO: a plain store waits in a buffer of its thread, which
 * reads it there, until it reaches memory; everything else that changes memory empties it first.
 */
export type Model = 'SC' | 'TSO';

type Kind =
  | 'load'
  | 'store'
  | 'exchange'
  | 'compareExchange'
  | 'fetchAdd'
  | 'fetchOr'
  | 'fetchAnd'
  /** Blocks until the word is other than 0, as poll on an eventfd does. */
  | 'sleep on'
  /** Blocks until the word is 0. */
  | 'wait for 0'
  /** Adds to a word that only its thread and the judge know: done at once, and no barrier. */
  | 'count';

interface Operation {
  readonly kind: Kind | 'end';
  readonly word: number;
  readonly value: number;
  readonly next: number;
}

/** The memory of a program, as its threads see it. */
export interface ExploredWords extends Words {
  sleepOn(i: number): void;
  waitForZero(i: number): void;
  count(i: number, value?: number): number;
}

export interface Program {
  /** By name. The functions must do the same whenever their words return the same. */
  readonly threads: Readonly<Record<string, (words: ExploredWords) => void>>;
  readonly size: number;
  readonly names: Readonly<Record<number, string>>;
  /** Says what is wrong with a state in which no thread can go on; null if nothing is. */
  judge(memory: readonly number[], ended: readonly boolean[]): string | null;
}

export interface Explored {
  readonly states: number;
  /** Null if every end is right. */
  readonly error: string | null;
  /** The steps to the error. */
  readonly steps: readonly string[];
}

/** Thrown at an operation whose value is not known yet. */
class Unknown extends Error {
  readonly operation: Operation;

  constructor(operation: Operation) {
    super();
    this.operation = operation;
  }
}

/** A list of returned values, by a thread, and what the thread does then. */
interface Place {
  readonly id: number;
  readonly values: readonly number[];
  readonly operation: Operation;
  readonly error: string | null;
  readonly after: Map<number, Place>;
}

interface State {
  readonly memory: readonly number[];
  readonly places: readonly Place[];
  /** Word and value of each store that has not reached memory, oldest first. */
  readonly buffers: readonly (readonly number[])[];
  readonly from: State | null;
  readonly step: string;
}

const END: Operation = { kind: 'end', word: 0, value: 0, next: 0 };
const MOST_STATES = 400_000;

class Replay implements ExploredWords {
  #left: readonly number[];
  #at = 0;

  constructor(values: readonly number[]) {
    this.#left = values;
  }

  #do(kind: Kind, word: number, value = 0, next = 0): number {
    if (this.#at === this.#left.length) throw new Unknown({ kind, word, value, next });
    return this.#left[this.#at++]!;
  }

  load(i: number): number {
    return this.#do('load', i);
  }

  store(i: number, value: number): void {
    this.#do('store', i, value);
  }

  exchange(i: number, value: number): number {
    return this.#do('exchange', i, value);
  }

  compareExchange(i: number, expected: number, value: number): number {
    return this.#do('compareExchange', i, expected, value);
  }

  fetchAdd(i: number, value: number): number {
    return this.#do('fetchAdd', i, value);
  }

  fetchOr(i: number, value: number): number {
    return this.#do('fetchOr', i, value);
  }

  fetchAnd(i: number, value: number): number {
    return this.#do('fetchAnd', i, value);
  }

  sleepOn(i: number): void {
    this.#do('sleep on', i);
  }

  waitForZero(i: number): void {
    this.#do('wait for 0', i);
  }

  count(i: number, value = 1): number {
    return this.#do('count', i, value);
  }
}

export function explore(program: Program, model: Model, memory: readonly number[]): Explored {
  return new Explorer(program, model).run(memory);
}

class Explorer {
  readonly #program: Program;
  readonly #isTso: boolean;
  readonly #names: readonly string[];
  readonly #threads: readonly ((words: ExploredWords) => void)[];
  readonly #seen = new Set<string>();
  readonly #states: State[] = [];
  #places = 0;

  constructor(program: Program, model: Model) {
    this.#program = program;
    this.#isTso = model === 'TSO';
    this.#names = Object.keys(program.threads);
    this.#threads = Object.values(program.threads);
  }

  run(memory: readonly number[]): Explored {
    const places = this.#threads.map((_, thread) => this.#place(thread, []));
    const buffers = places.map(() => []);
    const start = Array.from({ length: this.#program.size }, (_, i) => memory[i] ?? 0);
    this.#reach({ memory: start, places, buffers, from: null, step: '' });
    for (let i = 0; i < this.#states.length; i++) {
      if (i > MOST_STATES) throw new Error('the program has too many states');
      const state = this.#states[i]!;
      const thrown = state.places.find(({ error }) => error !== null);
      if (thrown !== undefined) return this.#failed(state, thrown.error!);
      let canGoOn = false;
      for (let thread = 0; thread < this.#threads.length; thread++) {
        if (this.#flush(state, thread)) canGoOn = true;
        if (this.#step(state, thread)) canGoOn = true;
      }
      if (canGoOn) continue;
      const ended = state.places.map(({ operation }) => operation.kind === 'end');
      const error = this.#program.judge(state.memory, ended);
      if (error !== null) return this.#failed(state, error);
    }
    return { states: this.#states.length, error: null, steps: [] };
  }

  #failed(state: State, error: string): Explored {
    const steps: string[] = [];
    for (let s: State | null = state; s?.from; s = s.from) steps.unshift(s.step);
    return { states: this.#states.length, error, steps };
  }

  /** Runs a thread's function with these values, up to the operation after them. */
  #place(thread: number, values: readonly number[]): Place {
    let operation = END;
    let error: string | null = null;
    try {
      this.#threads[thread]!(new Replay(values));
    } catch (reason) {
      if (reason instanceof Unknown) operation = reason.operation;
      else error = `${this.#names[thread]}: ${(reason as Error).message}`;
    }
    return { id: this.#places++, values, operation, error, after: new Map() };
  }

  #reach(state: State): void {
    const key = `${state.memory.join()};${state.places.map(({ id }) => id).join()};${state.buffers.join(';')}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#states.push(state);
  }

  /** The oldest store in a thread's buffer reaches memory. */
  #flush(state: State, thread: number): boolean {
    const buffer = state.buffers[thread]!;
    if (buffer.length === 0) return false;
    const [word, value] = buffer as [number, number];
    this.#reach({
      memory: state.memory.with(word, value),
      places: state.places,
      buffers: state.buffers.with(thread, buffer.slice(2)),
      from: state,
      step: `${this.#names[thread]}: ${this.#word(word)} = ${value} reaches memory`,
    });
    return true;
  }

  /** A thread does its next operation. Returns false if it cannot. */
  #step(state: State, thread: number): boolean {
    const place = state.places[thread]!;
    const { kind, word, value, next } = place.operation;
    const buffer = state.buffers[thread]!;
    if (kind === 'end') return false;
    let memory = state.memory;
    let buffers = state.buffers;
    let result = memory[word]!;
    if (kind === 'load') {
      for (let i = 0; i < buffer.length; i += 2) if (buffer[i] === word) result = buffer[i + 1]!;
    } else if (kind === 'store' && this.#isTso) {
      buffers = buffers.with(thread, [...buffer, word, value]);
    } else {
      if (buffer.length > 0) return false;
      if (kind === 'sleep on' && result === 0) return false;
      if (kind === 'wait for 0' && result !== 0) return false;
      memory = memory.with(word, changed(kind, result, value, next));
    }
    if (kind === 'store' || kind === 'sleep on' || kind === 'wait for 0') result = 0;
    let after = this.#after(thread, place, result);
    while (after.operation.kind === 'count') {
      const { word: counted, value: more } = after.operation;
      const before = memory[counted]!;
      memory = memory.with(counted, before + more);
      after = this.#after(thread, after, before);
    }
    const step = `${this.#names[thread]}: ${this.#text(place.operation, result)}`;
    const places = state.places.with(thread, after);
    this.#reach({ memory, places, buffers, from: state, step });
    return true;
  }

  #after(thread: number, place: Place, result: number): Place {
    let after = place.after.get(result);
    if (after === undefined) {
      after = this.#place(thread, [...place.values, result]);
      place.after.set(result, after);
    }
    return after;
  }

  #word(word: number): string {
    return this.#program.names[word] ?? `word ${word}`;
  }

  #text({ kind, word, value, next }: Operation, result: number): string {
    const name = this.#word(word);
    if (kind === 'load') return `load ${name}: ${result}`;
    if (kind === 'store') return `store ${name} ${value}`;
    if (kind === 'sleep on' || kind === 'wait for 0') return `${kind} ${name}`;
    const to = kind === 'compareExchange' ? `${value} to ${next}` : `${value}`;
    return `${kind} ${name} ${to}: was ${result}`;
  }
}

function changed(kind: Kind, old: number, value: number, next: number): number {
  switch (kind) {
    case 'store':
    case 'exchange':
      return value;
    case 'compareExchange':
      return old === value ? next : old;
    case 'fetchAdd':
      return old + value;
    case 'fetchOr':
      return old | value;
    case 'fetchAnd':
      return old & value;
    default:
      return old;
  }
}
