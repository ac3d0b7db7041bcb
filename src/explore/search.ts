import { EAGAIN } from '../host/errno.ts';
import type { Buffers } from './buffers.ts';
import type { Tally } from './explored-words.ts';
import type { Footprints } from './footprints.ts';
import {
  changed,
  END,
  FUTEX_WAIT,
  FUTEX_WAKE,
  LOAD,
  needsEmptyBuffer,
  SLEEP_ON,
  STORE,
  STORE_BARRIER,
  STORE_FENCED,
  WAIT_FOR_ZERO,
} from './operation.ts';
import type { Places } from './places.ts';
import { Reduction } from './reduction.ts';
import {
  ASLEEP,
  AWAKE,
  FLUSH,
  type SearchParts,
  STEP_BITS,
  type StateView,
  WAKES,
  WOKEN,
} from './search-parts.ts';
import { mix, States } from './states.ts';

/**
 * One search through the states of a program, breadth first: the first failure that is found is one
 * with the fewest steps, unless the search is reduced.
 *
 * A state is a list of numbers: the words; by thread whether it sleeps, its place, and its buffer.
 */
export class Search {
  readonly states: States;
  transitions = 0;
  ends = 0;
  /** The state that is wrong, and why. */
  failure: { readonly state: number; readonly error: string } | null = null;
  /** States below this one have been expanded. */
  expanded = 0;
  /** Whether a word was found for which a state has no room. */
  outgrown = false;
  /** Told each step that is taken, and the state that it leads to. */
  onStep: ((step: number, state: number) => void) | null = null;

  readonly #places: Places;
  readonly #buffers: Buffers;
  readonly #parts: SearchParts;
  readonly #reduction: Reduction | null;
  readonly #threads: number;
  readonly #memory: number;
  readonly #sleepAt: number;
  readonly #placeAt: number;
  readonly #bufferAt: number;
  /** The state that is expanded, and its hash. */
  readonly #now: Int32Array;
  #hash = 0;
  #state = 0;
  /** The numbers of #now that the step has changed, to be put back. */
  readonly #undo: number[] = [];

  /** @param room for how many words */
  constructor(parts: SearchParts, room: number, footprints: Footprints | null) {
    this.#parts = parts;
    this.#places = parts.places;
    this.#buffers = parts.buffers;
    this.#threads = parts.program.threads.length;
    this.#memory = room;
    this.#sleepAt = room;
    this.#placeAt = room + this.#threads;
    this.#bufferAt = room + 2 * this.#threads;
    this.states = new States(room + 3 * this.#threads);
    this.#now = new Int32Array(this.states.width);
    this.#reduction = footprints === null ? null : new Reduction(parts, room, footprints);
    this.#begin();
  }

  #begin(): void {
    const now = this.#now;
    const tallies: Tally[] = [];
    for (let thread = 0; thread < this.#threads; thread++) {
      const root = this.#places.root(thread);
      now[this.#placeAt + thread] = root.place;
      tallies.push(...root.tallies);
    }
    for (const [word, value] of Object.entries(this.#parts.program.initial)) {
      now[this.#parts.wordOf(Number(word))] = value;
    }
    for (const { word, by } of tallies) now[this.#parts.wordOf(word)]! += by;
    for (let i = 0; i < now.length; i++) this.#hash ^= mix(i, now[i]!);
    this.states.add(now, this.#hash, -1, 0);
    this.#checkFailed(0);
  }

  /** Expands up to this number of states. Returns whether there are more. */
  run(count: number): boolean {
    const last = this.expanded + count;
    while (this.expanded < this.states.count && this.expanded < last) {
      this.expand(this.expanded++);
      if (this.failure !== null || this.outgrown) return false;
    }
    return this.expanded < this.states.count;
  }

  /** Takes all steps that are possible in a state. */
  expand(state: number): void {
    this.#state = state;
    this.#hash = this.states.read(state, this.#now);
    if (this.#reduction !== null && this.#expandSome(this.#reduction)) return;
    let canGoOn = false;
    for (let thread = 0; thread < this.#threads; thread++) {
      if (this.#flush(thread) !== -1) canGoOn = true;
      if (this.#operate(thread) !== -1) canGoOn = true;
    }
    if (canGoOn) return;
    this.ends++;
    const error = this.#parts.program.judge(this.ending(state));
    if (error !== null) this.failure ??= { state, error };
  }

  /** A state, for a judge or a story. */
  ending(state: number): StateView {
    const numbers = new Int32Array(this.states.width);
    this.states.read(state, numbers);
    const placeOf = (thread: number): number => numbers[this.#placeAt + thread]!;
    return {
      word: (i) => numbers.subarray(0, this.#memory)[this.#parts.wordOf(i)] ?? 0,
      ended: this.#parts.program.threads.map(
        (_, thread) => this.#places.kind[placeOf(thread)] === END,
      ),
      placeOf,
      bufferOf: (thread) => numbers[this.#bufferAt + thread]!,
    };
  }

  /**
   * Takes the steps of some threads alone, if no later step of the others depends on them: then
   * their order among the others' makes no difference. One of the results must be a state that was
   * not expanded yet, so that no thread is put off for ever.
   */
  #expandSome(reduction: Reduction): boolean {
    const units = reduction.choose(this.#now);
    if (units === 0) return false;
    let isNew = false;
    for (let thread = 0; thread < this.#threads; thread++) {
      if ((units & (1 << thread)) !== 0 && this.#operate(thread) > this.#state) isNew = true;
      if ((units & (1 << (thread + this.#threads))) !== 0 && this.#flush(thread) > this.#state) {
        isNew = true;
      }
    }
    return isNew;
  }

  /** Stores of a thread reach memory. Returns the last state after one, or -1 if there is none. */
  #flush(thread: number): number {
    const buffer = this.#now[this.#bufferAt + thread]!;
    if (buffer === 0) return -1;
    let last = -1;
    for (let i = 0; i < this.#buffers.contents[buffer]!.length; i += 2) {
      if (this.#buffers.mayLeave(buffer, i)) last = Math.max(last, this.#flushAt(thread, i));
    }
    return last;
  }

  #flushAt(thread: number, index: number): number {
    const buffer = this.#now[this.#bufferAt + thread]!;
    const content = this.#buffers.contents[buffer]!;
    this.#set(content[index]!, content[index + 1]!);
    this.#set(this.#bufferAt + thread, this.#buffers.without(buffer, index));
    return this.#reach(thread, FLUSH + index / 2);
  }

  /** A thread does its next operation. Returns the state after it, or -1 if it cannot. */
  #operate(thread: number): number {
    const place = this.#now[this.#placeAt + thread]!;
    const kind = this.#places.kind[place]!;
    if (kind >= END) return -1;
    const buffer = this.#now[this.#bufferAt + thread]!;
    if (buffer !== 0 && needsEmptyBuffer(kind)) return -1;
    const word = this.#places.word[place]!;
    switch (kind) {
      case LOAD:
        return this.#goOn(thread, place, this.#loaded(buffer, word));
      case STORE:
        if (this.#parts.isSc) this.#set(word, this.#places.value[place]!);
        else {
          const after = this.#buffers.append(buffer, word, this.#places.value[place]!);
          this.#set(this.#bufferAt + thread, after);
        }
        return this.#goOn(thread, place, 0);
      case STORE_BARRIER:
        this.#set(this.#bufferAt + thread, this.#buffers.barrier(buffer));
        return this.#goOn(thread, place, 0);
      case FUTEX_WAIT:
        return this.#futexWait(thread, place, word);
      case FUTEX_WAKE:
        return this.#futexWake(thread, place, word);
      default:
        return this.#change(thread, place, kind, word);
    }
  }

  #loaded(buffer: number, word: number): number {
    const own = buffer === 0 ? -1 : this.#buffers.newest(buffer, word);
    return own < 0 ? this.#now[word]! : this.#buffers.contents[buffer]![own + 1]!;
  }

  #change(thread: number, place: number, kind: number, word: number): number {
    if (word < 0) return this.#goOn(thread, place, 0);
    const old = this.#now[word]!;
    if (kind === SLEEP_ON && old === 0) return -1;
    if (kind === WAIT_FOR_ZERO && old !== 0) return -1;
    this.#set(word, changed(kind, old, this.#places.value[place]!, this.#places.next[place]!));
    return this.#goOn(thread, place, kind === STORE_FENCED ? 0 : old);
  }

  #futexWait(thread: number, place: number, word: number): number {
    const sleeping = this.#now[this.#sleepAt + thread]!;
    if (sleeping === ASLEEP) return -1;
    if (sleeping === WOKEN) {
      this.#set(this.#sleepAt + thread, AWAKE);
      return this.#goOn(thread, place, 0);
    }
    if (this.#now[word] !== this.#places.value[place]) return this.#goOn(thread, place, -EAGAIN);
    this.#set(this.#sleepAt + thread, ASLEEP);
    return this.#reach(thread, 0);
  }

  /** If it wakes fewer than all, each of the sleepers may be the one. */
  #futexWake(thread: number, place: number, word: number): number {
    const asleep: number[] = [];
    for (let other = 0; other < this.#threads; other++) {
      const sleeps = this.#now[this.#sleepAt + other] === ASLEEP;
      if (sleeps && this.#places.word[this.#now[this.#placeAt + other]!] === word) {
        asleep.push(other);
      }
    }
    const count = this.#places.value[place]!;
    if (count >= asleep.length) {
      for (const other of asleep) this.#set(this.#sleepAt + other, WOKEN);
      return this.#goOn(thread, place, asleep.length);
    }
    let state = -1;
    for (const other of asleep) {
      this.#set(this.#sleepAt + other, WOKEN);
      state = this.#goOn(thread, place, count, WAKES + other);
    }
    return state;
  }

  #goOn(thread: number, place: number, result: number, detail = 0): number {
    const { target, tallies } = this.#places.after(place, result);
    this.#set(this.#placeAt + thread, target);
    for (const { word, by } of tallies) {
      const i = this.#parts.wordOf(word);
      if (i < this.#memory) this.#set(i, this.#now[i]! + by);
    }
    return this.#reach(thread, detail);
  }

  #set(i: number, value: number): void {
    const old = this.#now[i]!;
    this.#undo.push(i, old);
    this.#hash ^= mix(i, old) ^ mix(i, value);
    this.#now[i] = value;
  }

  /** The state is as the step leaves it: adds it, and puts back the one that is expanded. */
  #reach(thread: number, detail: number): number {
    this.transitions++;
    this.outgrown = this.#parts.words.length > this.#memory;
    const before = this.states.count;
    const step = (thread << STEP_BITS) | detail;
    const reached = this.states.add(this.#now, this.#hash, this.#state, step);
    if (reached === before) this.#checkFailed(reached);
    this.onStep?.(step, reached);
    while (this.#undo.length > 0) {
      const old = this.#undo.pop()!;
      const i = this.#undo.pop()!;
      this.#hash ^= mix(i, old) ^ mix(i, this.#now[i]!);
      this.#now[i] = old;
    }
    return reached;
  }

  #checkFailed(state: number): void {
    if (this.#places.errors.size === 0) return;
    for (let thread = 0; thread < this.#threads; thread++) {
      const error = this.#places.errors.get(this.#now[this.#placeAt + thread]!);
      if (error === undefined) continue;
      const { name } = this.#parts.program.threads[thread]!;
      this.failure ??= { state, error: `${name}: ${error}` };
    }
  }
}
