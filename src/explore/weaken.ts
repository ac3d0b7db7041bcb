/** Ways to weaken an operation of shipped code, without a change of the code. */

import type { Weaken } from './explored-words.ts';
import {
  COMPARE_EXCHANGE,
  changed,
  FETCH_OR,
  FUTEX_WAKE,
  LOAD,
  type Operation,
  STORE,
  STORE_FENCED,
} from './operation.ts';

/** Whether an operation is meant: by its method, and its word. */
function isMeant(method: string, word: number) {
  return (operation: Operation, scope: string): boolean =>
    scope === method && operation.word === word;
}

/** The method changes the word by a load and a plain store. */
export function plainly(method: string, word: number): () => Weaken {
  const isOne = isMeant(method, word);
  return () => (words, operation, scope) => {
    const { kind, value, next } = operation;
    if (kind === LOAD || kind === STORE || !isOne(operation, scope)) return undefined;
    const isStore = kind === STORE_FENCED;
    const old = isStore ? 0 : words.load(word);
    if (kind !== COMPARE_EXCHANGE || old === value) {
      words.store(word, changed(kind, old, value, next));
    }
    return old;
  };
}

/**
 * The method does not do the operation, but goes on as if it had returned this.
 * @param only the kind of operation; all by default
 */
export function skipped(method: string, word: number, result: number, only?: number): () => Weaken {
  const isOne = isMeant(method, word);
  return () => (_words, operation, scope) => {
    const isSkipped = isOne(operation, scope) && (only === undefined || only === operation.kind);
    return isSkipped ? result : undefined;
  };
}

/** Nobody is woken from a futex. */
export const noWake =
  (): Weaken =>
  (_words, { kind }) =>
    kind === FUTEX_WAKE ? 0 : undefined;

/** A thread looks at the second word before it changes the first, not after. */
export function looksBefore(isChanged: (word: number) => boolean, looked: number): () => Weaken {
  return () => {
    let seen: number | null = null;
    return (words, { kind, word }) => {
      if (kind !== LOAD && seen === null && isChanged(word)) seen = words.load(looked);
      if (kind !== LOAD || word !== looked || seen === null) return undefined;
      const early = seen;
      seen = null;
      return early;
    };
  };
}

/** The method stores the first word only after it has changed the second. */
export function storedAfter(method: string, first: (word: number) => boolean, second: number) {
  return (): Weaken => {
    let held: Operation | null = null;
    return (words, operation, scope) => {
      const { kind, word, value, next } = operation;
      if (scope !== method) return undefined;
      if ((kind === STORE || kind === STORE_FENCED) && first(word)) {
        held = operation;
        return 0;
      }
      if (word !== second || (kind !== COMPARE_EXCHANGE && kind !== FETCH_OR)) return undefined;
      const isOr = kind === FETCH_OR;
      const seen = isOr ? words.fetchOr(word, value) : words.compareExchange(word, value, next);
      if ((isOr || seen === value) && held !== null) words.store(held.word, held.value);
      return seen;
    };
  };
}
