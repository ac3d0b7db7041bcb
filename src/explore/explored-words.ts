import { SharedWords } from '../aio/wake/shared-words.ts';
import type { Words } from '../aio/wake/words.ts';
import {
  COMPARE_EXCHANGE,
  EXCHANGE,
  FENCE,
  FETCH_ADD,
  FETCH_AND,
  FETCH_OR,
  FUTEX_WAIT,
  FUTEX_WAKE,
  LOAD,
  type Operation,
  SLEEP_ON,
  STORE,
  STORE_BARRIER,
  STORE_FENCED,
  WAIT_FOR_ZERO,
} from './operation.ts';

/**
 * Thrown at an operation whose result is not known yet: no Error, since the stack that one records takes
 * longer than the rest of a run.
 */
class Unknown {
  readonly operation: Operation;
  readonly scope: string;

  constructor(operation: Operation, scope: string) {
    this.operation = operation;
    this.scope = scope;
  }
}

/**
 * Does an operation otherwise than the code asked for: does others on the words, and returns their
 * result; or returns undefined, and the operation is done as it is.
 * @param scope the method that does it
 */
export type Weaken = (
  words: ExploredWords,
  operation: Operation,
  scope: string,
) => number | undefined;

/** Adds to a word that only the judge reads. */
export interface Tally {
  readonly word: number;
  readonly by: number;
}

/**
 * The memory of a program, as one of its threads sees it: a list of what its operations returned.
 * The first operation that is not on the list ends the thread's run.
 */
export class ExploredWords extends SharedWords {
  readonly #results: readonly number[];
  #at = 0;
  /** Those behind the last operation on the list. */
  readonly tallies: Tally[] = [];
  readonly #scopes: string[] = [];
  #isSilent = false;
  /** The operation that ended the run; null if none did. */
  stopped: Unknown | null = null;
  weaken: Weaken | null = null;

  constructor(results: readonly number[]) {
    super();
    this.#results = results;
  }

  #do(kind: number, word: number, value = 0, next = 0): number {
    if (this.#isSilent) return 0;
    const { weaken } = this;
    if (weaken !== null) {
      this.weaken = null;
      try {
        const result = weaken(this, { kind, word, value, next }, this.#scopes[0] ?? '');
        if (result !== undefined) return result;
      } finally {
        this.weaken = weaken;
      }
    }
    if (this.#at < this.#results.length) return this.#results[this.#at++]!;
    // The code may have a finally, or a catch: it must not get to another operation.
    this.stopped ??= new Unknown({ kind, word, value, next }, this.#scopes.join(' in '));
    throw this.stopped;
  }

  /** The operations within have this name in a story. */
  named<T>(name: string, act: () => T): T {
    this.#scopes.unshift(name);
    try {
      return act();
    } finally {
      this.#scopes.shift();
    }
  }

  /** The operations within were done before the program began, on words that are 0: they do nothing. */
  silently(act: () => void): void {
    this.#isSilent = true;
    act();
    this.#isSilent = false;
  }

  /** The operations of each method of an object have the method's name. */
  watch<T extends object>(object: T): T {
    return new Proxy(object, {
      get: (target, key) => {
        const value: unknown = this.named(String(key), () => Reflect.get(target, key, target));
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          this.named(String(key), () => Reflect.apply(value, target, args));
      },
    });
  }

  override load(i: number): number {
    return this.#do(LOAD, i);
  }

  override peek(i: number): number {
    return this.load(i);
  }

  override store(i: number, value: number): void {
    this.#do(STORE, i, value);
  }

  /** As Atomics.store: nothing that follows is done before it has reached memory. */
  storeFenced(i: number, value: number): void {
    this.#do(STORE_FENCED, i, value);
  }

  /** The same words, whose stores are fenced. */
  get fenced(): Words {
    return {
      load: (i) => this.load(i),
      peek: (i) => this.load(i),
      store: (i, value) => this.storeFenced(i, value),
      exchange: (i, value) => this.exchange(i, value),
      compareExchange: (i, expected, value) => this.compareExchange(i, expected, value),
      fetchAdd: (i, value) => this.fetchAdd(i, value),
      fetchOr: (i, value) => this.fetchOr(i, value),
      fetchAnd: (i, value) => this.fetchAnd(i, value),
    };
  }

  override exchange(i: number, value: number): number {
    return this.#do(EXCHANGE, i, value);
  }

  override compareExchange(i: number, expected: number, value: number): number {
    return this.#do(COMPARE_EXCHANGE, i, expected, value);
  }

  override fetchAdd(i: number, value: number): number {
    return this.#do(FETCH_ADD, i, value);
  }

  override fetchOr(i: number, value: number): number {
    return this.#do(FETCH_OR, i, value);
  }

  override fetchAnd(i: number, value: number): number {
    return this.#do(FETCH_AND, i, value);
  }

  /** As smp_mb of QEMU. */
  fence(): void {
    this.#do(FENCE, -1);
  }

  /** As smp_wmb of QEMU. */
  storeBarrier(): void {
    this.#do(STORE_BARRIER, -1);
  }

  /** Blocks while the word is 0. Returns the word. */
  sleepOn(i: number): number {
    return this.#do(SLEEP_ON, i);
  }

  waitForZero(i: number): void {
    this.#do(WAIT_FOR_ZERO, i);
  }

  /** As Host.futexWait, without a timeout. */
  futexWait(i: number, expected: number): number {
    return this.#do(FUTEX_WAIT, i, expected);
  }

  /** As Host.futexWake. */
  futexWake(i: number, count: number): number {
    return this.#do(FUTEX_WAKE, i, count);
  }

  /** Adds to a word that only the judge reads: no step, and no barrier. */
  count(word: number, by = 1): void {
    if (this.#at === this.#results.length) this.tallies.push({ word, by });
  }
}
