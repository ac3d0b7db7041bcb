import { EDEADLK, ETIMEDOUT } from '../../../host/errno.ts';
import type { Host } from '../../../host/host.ts';
import { type ErrorRecord, errorFrom, recordOf } from '../../../thread/thread-error.ts';
import type { Scenario } from '../../model.ts';
import type { Condition } from '../../model-threads.ts';
import type { Place } from '../../problem.ts';
import { holdsAll } from '../../values.ts';
import { ScenarioEnded, ScenarioStuck } from '../ended.ts';

/** Changes whenever any other word does: whoever waits for something sleeps on it. */
const CHANGES = 0;
/** Not 0 once a thread has ended the run: by an abort, or a limit. */
const ENDED = 1;
const QUIETLY = 0x7fffffff;
/** Stands for the threads of a pool, which have no number of their own. */
const WORKERS = QUIETLY - 1;
/** Not 0 once a thread is about to note its error. */
const CLAIMED = 3;
/** The length of the note, 0 while there is none. */
const NOTED = 2;
/** A bit for each step that a thread leaves out, once that has mattered. */
const ACTED = 4;
const NOTE_BYTES = 64 * 1024;
/** Words before those with names. */
const FIRST = 16;
/** Words of each thread. */
const THREAD_WORDS = 7;
const STATE = 0;
const HOLD = 1;
const IDLE = 2;
const STARTS = 3;
/** The place in the file of the action that it is in the middle of; 0 in none. */
const LINE = 4;
const COLUMN = 5;
/** Its number in the machine, by which locks know it. */
const NUMBER = 6;

/** More threads than there can be. */
const ALL = 0x7fffffff;
/** How often a wait on the real host looks at the limits of the run. */
const LOOK_NS = 100e6;

/** The state of a thread that has done all. */
export const THREAD_IS_OVER = 1;

/** The values of HOLD: nobody is held, it stands there, it may go on. */
const HELD = 1;
const GO_ON = 2;

/** The shared memory of a run, as structured clone takes it to another thread. */
export interface SharedRunHandle {
  readonly words: Int32Array;
  /** The error that ended the run, as JSON. */
  readonly note: SharedArrayBuffer;
  /** Main's CLOCK_MONOTONIC at the start. */
  readonly startNs: number;
}

/** The words that all threads of a run share, as one thread sees them. */
export class SharedRun {
  readonly handle: SharedRunHandle;
  readonly #words: Int32Array;
  readonly #host: Host;
  readonly #at = new Map<string, number>();
  /** The threads in order of the file, main first; a worker of a pool is none of them. */
  readonly threads: readonly string[];
  /** Called while a wait lasts; throws to end it. */
  onLook: () => void = () => {};

  constructor(scenario: Scenario, host: Host, handle: SharedRunHandle | number) {
    const named = scenario.objects.filter(({ section }) => isThread(section));
    this.threads = ['main', ...named.map(({ name }) => name)];
    this.#host = host;
    let next = FIRST + this.threads.length * THREAD_WORDS;
    for (const { name, section } of scenario.objects) {
      if (section === 'words') this.#at.set(name, next++);
    }
    const words =
      typeof handle === 'number' ? new Int32Array(new SharedArrayBuffer(4 * next)) : handle.words;
    this.handle =
      typeof handle === 'number'
        ? { words, note: new SharedArrayBuffer(NOTE_BYTES), startNs: handle }
        : handle;
    this.#words = words;
  }

  get(word: string): number {
    return Atomics.load(this.#words, this.#index(word));
  }

  put(word: string, value: number): void {
    Atomics.store(this.#words, this.#index(word), value);
    this.changed();
  }

  add(word: string, value: number): void {
    Atomics.add(this.#words, this.#index(word), value);
    this.changed();
  }

  holds(condition: Condition): boolean {
    return condition.every(({ word, is }) => holdsAll(is, this.get(word.name)));
  }

  /** Sleeps until a condition holds, whoever makes it so. */
  waitUntil(holds: () => boolean): void {
    const timeoutNs = this.#host.kind === 'sim' ? -1 : LOOK_NS;
    for (;;) {
      const seen = Atomics.load(this.#words, CHANGES);
      this.check();
      if (holds()) return;
      const ret = this.#host.futexWait(this.#words, CHANGES, seen, timeoutNs);
      if (ret === -ETIMEDOUT) this.onLook();
      if (ret === -EDEADLK) throw new ScenarioStuck('nothing can ever end this wait');
    }
  }

  // Threads

  isOver(thread: string): boolean {
    return this.#load(thread, STATE) === THREAD_IS_OVER;
  }

  setState(thread: string, state: number): void {
    this.#store(thread, STATE, state);
  }

  /** Lets a thread with `start: false` begin. */
  start(thread: string): void {
    this.#store(thread, STARTS, 1);
  }

  hasStarted(thread: string): boolean {
    return this.#load(thread, STARTS) !== 0;
  }

  /** The thread is in the middle of the action at a place; 0 and 0 for none. Tells nobody. */
  stand(thread: string, line: number, column: number): void {
    const at = this.#ofThread(thread, LINE);
    this.#words[at] = line;
    this.#words[at + COLUMN - LINE] = column;
  }

  standsAt(thread: string): Place {
    return { line: this.#load(thread, LINE), column: this.#load(thread, COLUMN) };
  }

  /** The thread's number in the machine. */
  setNumber(thread: string, number: number): void {
    this.#words[this.#ofThread(thread, NUMBER)] = number;
  }

  /** The thread with a number in the machine; null for none, or a worker of a pool. */
  withNumber(number: number): string | null {
    return this.threads.find((name) => this.#load(name, NUMBER) === number) ?? null;
  }

  /** Adds the threads that have begun, by their numbers in the machine. */
  nameNumbers(names: Map<number, string>): void {
    for (const name of this.threads) {
      const number = this.#load(name, NUMBER);
      if (number !== 0) names.set(number, name);
    }
  }

  /** The thread stands in its `hold` until somebody lets it go on. */
  standHeld(thread: string): void {
    this.#store(thread, HOLD, HELD);
    this.waitUntil(() => this.#load(thread, HOLD) === GO_ON);
    this.#store(thread, HOLD, 0);
  }

  isHeld(thread: string): boolean {
    return this.#load(thread, HOLD) === HELD;
  }

  goOn(thread: string): void {
    this.#store(thread, HOLD, GO_ON);
  }

  /** The thread has come round: see `wait_idle`. */
  cameRound(thread: string): void {
    Atomics.add(this.#words, this.#ofThread(thread, IDLE), 1);
    this.changed();
  }

  rounds(thread: string): number {
    return this.#load(thread, IDLE);
  }

  // The end

  /** A thread ends by an error, and the run with it. Of several the first counts. */
  end(thread: string, error: unknown): void {
    const own = this.threads.indexOf(thread) + 1;
    const number = own === 0 ? WORKERS : own;
    if (Atomics.compareExchange(this.#words, CLAIMED, 0, number) === 0) {
      this.#note({ thread, error: recordOf(error) });
      Atomics.store(this.#words, ENDED, number);
    }
    this.changed();
  }

  /** Ends all waits of other threads: nobody needs them any more. */
  endQuietly(): void {
    Atomics.store(this.#words, ENDED, QUIETLY);
    this.changed();
  }

  /** The error that ended the run, and its thread; null if none did. */
  get error(): { readonly thread: string; readonly error: Error } | null {
    const noted = this.#noted() as { thread: string; error: ErrorRecord } | null;
    return noted && { thread: noted.thread, error: errorFrom(noted.error, noted.thread) };
  }

  /** A step was left out that the file takes away, and that has mattered. */
  faultActs(number: number): void {
    Atomics.or(this.#words, ACTED, 1 << number);
  }

  hasActed(number: number): boolean {
    return (Atomics.load(this.#words, ACTED) & (1 << number)) !== 0;
  }

  /** Writes plain data where main reads it. */
  #note(value: unknown): void {
    const text = Buffer.from(JSON.stringify(value)).subarray(0, NOTE_BYTES);
    Buffer.from(this.handle.note).set(text);
    Atomics.store(this.#words, NOTED, text.length);
  }

  #noted(): unknown {
    const length = Atomics.load(this.#words, NOTED);
    if (length === 0) return null;
    return JSON.parse(Buffer.from(this.handle.note, 0, length).toString()) as unknown;
  }

  get ended(): boolean {
    return Atomics.load(this.#words, ENDED) !== 0;
  }

  /** @throws ScenarioEnded if another thread has ended the run */
  check(): void {
    if (this.ended) throw new ScenarioEnded(OTHERS_END);
  }

  changed(): void {
    Atomics.add(this.#words, CHANGES, 1);
    this.#host.futexWake(this.#words, CHANGES, ALL);
  }

  #index(word: string): number {
    const at = this.#at.get(word);
    if (at === undefined) throw new Error(`there is no word '${word}'`);
    return at;
  }

  #ofThread(thread: string, word: number): number {
    return FIRST + this.threads.indexOf(thread) * THREAD_WORDS + word;
  }

  #load(thread: string, word: number): number {
    return Atomics.load(this.#words, this.#ofThread(thread, word));
  }

  #store(thread: string, word: number, value: number): void {
    Atomics.store(this.#words, this.#ofThread(thread, word), value);
    this.changed();
  }
}

/** The message of the ScenarioEnded of a thread that another one has ended. */
export const OTHERS_END = 'another thread has ended the run';

function isThread(section: string): boolean {
  return section === 'iothreads' || section === 'threads' || section === 'vcpus';
}
