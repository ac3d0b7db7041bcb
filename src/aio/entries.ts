import { checkFunction, checkString } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';
import { EntryNames } from './entry-names.ts';
import type { Calls } from './wake/calls.ts';

/** A function that other threads call by its name, with up to six numbers. */
export type EntryCallback = (...numbers: number[]) => void;

/** The entries of a context, for its home thread. */
export class Entries {
  readonly #names: EntryNames;
  readonly #calls: Calls;
  readonly #callbacks: (EntryCallback | null)[] = [];

  constructor(names: SharedArrayBuffer, calls: Calls) {
    this.#names = new EntryNames(names);
    this.#calls = calls;
  }

  add(name: string, callback: EntryCallback): Disposable {
    checkString(name, 'newEntry: the name');
    checkFunction(callback, `newEntry: the callback of '${name}'`);
    const number = this.#names.add(name);
    this.#callbacks[number] = callback;
    return {
      dispose: () => {
        this.#callbacks[number] = null;
      },
    };
  }

  nameOf(call: number): string {
    return this.#names.list[this.#calls.entry(call)]!;
  }

  /** The callback of the bottom half that a call becomes. */
  readonly run = (call: number): void => {
    const calls = this.#calls;
    const callback = this.#callbacks[calls.entry(call)] ?? null;
    const count = calls.count(call);
    const a = calls.number(call, 0);
    const b = calls.number(call, 1);
    const c = calls.number(call, 2);
    const d = calls.number(call, 3);
    const e = calls.number(call, 4);
    const f = calls.number(call, 5);
    calls.free(call);
    if (callback === null) return;
    if (count === 0) callback();
    else if (count === 1) callback(a);
    else if (count === 2) callback(a, b);
    else if (count === 3) callback(a, b, c);
    else if (count === 4) callback(a, b, c, d);
    else if (count === 5) callback(a, b, c, d, e);
    else callback(a, b, c, d, e, f);
  };
}
