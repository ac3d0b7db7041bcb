/** The search for a text in the events of a run, and in the lines of its output. */

import {
  CATALOGUE,
  EV,
  EVENT_NAMES,
  type EventDef,
  type EventId,
  isText,
} from '../../trace/catalogue.ts';
import { formatEvent, type TraceValue } from '../../trace/tracer.ts';
import { fdName, liveText, type Names } from '../log/live-text.ts';
import { isListed } from './listed.ts';
import type { ModelState } from './model-state.ts';
import { eachFd } from './moment.ts';
import type { Rounds } from './rounds.ts';
import { readTape, type Tape, type TapeReader } from './tape.ts';

/** By event id: whether its text is its format, with its numbers in decimal. */
const PLAIN: readonly boolean[] = EVENT_NAMES.map((name, i) => {
  const { format, args }: EventDef = CATALOGUE[name];
  const conversions = format.match(/%(ld|[dpsx])/g) ?? [];
  const isDecimal = args.every(([, type], at) => isText(type) || /d$/.test(conversions[at] ?? ''));
  const values = args.map(([, type]) => (isText(type) ? 'a' : 1));
  const id = i as EventId;
  const said = liveText(id, values, { fds: new Map(), coroutines: new Map() });
  return isDecimal && said.func === name && said.text === formatEvent(id, values);
});

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** A text to look for: in the next iterations, or in those before. */
export interface Sought {
  readonly text: string;
  readonly isForward: boolean;
}

/** A search in the past. */
export interface Seek extends Sought {
  /** The first and the last iteration to look at. */
  readonly from: number;
  readonly to: number;
}

/** Says what has a text, in small letters or in capitals. */
export class TextMatcher {
  readonly #lower: string;
  readonly #hasDigits: boolean;
  /** By event id: whether its name has the text. */
  readonly #names: readonly boolean[];

  constructor(text: string) {
    this.#hasDigits = /\d/.test(text);
    this.#lower = text.toLowerCase();
    this.#names = EVENT_NAMES.map((name) => name.includes(this.#lower));
  }

  /** @param fds gives the names of the descriptors, which only the events of polls have */
  hasEvent(
    id: EventId,
    args: readonly TraceValue[],
    fds: () => Names['fds'],
    coroutines: Names['coroutines'],
  ): boolean {
    if (!isListed(id, args)) return false;
    if (this.#names[id]!) return true;
    const names = { fds: isPoll(id) ? fds() : NO_NAMES, coroutines };
    const { func, text } = liveText(id, args, names);
    return this.hasText(`${func} ${text}`);
  }

  /**
   * Whether the text of an event is its format with numbers in it, and the text that is sought has no digit:
   * then it does not matter which numbers these are.
   */
  isPlain(id: EventId): boolean {
    return !this.#hasDigits && PLAIN[id]!;
  }

  /** The same for a line of the order log, or of output. */
  hasText(text: string): boolean {
    return text.toLowerCase().includes(this.#lower);
  }
}

/** Whether two events have the same arguments; if loosely, any numbers of the same sign are the same. */
function areAlike(a: readonly TraceValue[], b: readonly TraceValue[], isLoose: boolean): boolean {
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i], b[i]];
    if (one === other) continue;
    if (!isLoose || typeof one !== 'number' || typeof other !== 'number') return false;
    if (!isShort(one) || !isShort(other) || one < 0 !== other < 0) return false;
  }
  return true;
}

/** Whether a number is written with digits only. */
function isShort(value: number): boolean {
  return Number.isSafeInteger(value);
}

function isPoll(id: EventId): boolean {
  return id === EV.poll_enter || id === EV.poll_return;
}

/** Answers that are kept for each kind of event. */
const MOST_ANSWERS = 8;

/** An answer about an event. */
interface Answer {
  readonly args: readonly TraceValue[];
  /** The descriptors and coroutines that it stands for. */
  readonly version: number;
  readonly has: boolean;
}

/** Searches the tape of a block. */
export class SearchReader implements TapeReader {
  /** The iteration that was sought; 0 until it is found. */
  found = 0;
  readonly #seek: Seek;
  readonly #matcher: TextMatcher;
  readonly #rounds: Rounds;
  readonly #coroutines: Map<number, string>;
  #names: readonly string[] = [];
  readonly #lineAt: (line: number) => string;
  /** The last answers, by event id. */
  readonly #answers: Answer[][] = [];
  #version = 0;
  #fdNumbers: readonly number[] = [];
  #fds: ReadonlyMap<number, string> | null = null;
  #iteration = 0;
  /** The iteration whose lines begin at `line`; -1 if there is none yet. */
  #lineOf = -1;
  #line = 0;

  /** @param state before the block */
  constructor(
    rounds: Rounds,
    { coroutines }: ModelState,
    seek: Seek,
    lineAt: (line: number) => string,
  ) {
    this.#rounds = rounds;
    this.#coroutines = new Map(coroutines);
    this.#seek = seek;
    this.#matcher = new TextMatcher(seek.text);
    this.#lineAt = lineAt;
  }

  /** @param lineEnd the line after the last of the block */
  search(tape: Tape, lineEnd: number): number {
    this.#names = tape.names;
    readTape(tape, this, true);
    if (!this.#isDone) this.#takeLines(lineEnd);
    return this.found;
  }

  get #isDone(): boolean {
    return this.#seek.isForward && this.found > 0;
  }

  event(id: EventId, _timeNs: number, args: readonly TraceValue[]): void {
    const mark = this.#rounds.at(id, args);
    if (mark?.kind === 'begin') this.#iteration = mark.iteration;
    if (id === EV.coroutine_create) {
      this.#coroutines.set(Number(args[0]), String(args[1]));
      this.#version++;
    }
    if (this.#looksAt(this.#iteration) && this.#has(id, args)) this.found = this.#iteration;
  }

  /** Events of other threads are searched as those of main. */
  other(_thread: string, id: EventId, _timeNs: number, args: readonly TraceValue[]): void {
    if (this.#looksAt(this.#iteration) && this.#has(id, args)) this.found = this.#iteration;
  }

  note(_timeNs: number, func: string, text: string): void {
    if (!this.#looksAt(this.#iteration)) return;
    if (this.#matcher.hasText(`${func} ${text}`)) this.found = this.#iteration;
  }

  stoodStill(): void {}

  keepsAll(): void {}

  moment(numbers: readonly number[]): boolean {
    const [fds, lines] = eachFd(numbers);
    this.#takeLines(lines);
    this.#lineOf = this.#iteration;
    this.#line = lines;
    if (!isSame(fds, this.#fdNumbers)) {
      this.#fdNumbers = fds;
      this.#fds = null;
      this.#version++;
    }
    return !this.#isDone;
  }

  #looksAt(iteration: number): boolean {
    return !this.#isDone && iteration >= this.#seek.from && iteration <= this.#seek.to;
  }

  #has(id: EventId, args: readonly TraceValue[]): boolean {
    const isLoose = this.#matcher.isPlain(id);
    this.#answers[id] ??= [];
    const answers = this.#answers[id];
    for (const one of answers) {
      if (one.version === this.#version && areAlike(one.args, args, isLoose)) return one.has;
    }
    const has = this.#matcher.hasEvent(id, args, this.#fdNames, this.#coroutines);
    if (answers.unshift({ args: [...args], version: this.#version, has }) > MOST_ANSWERS)
      answers.pop();
    return has;
  }

  readonly #fdNames = (): ReadonlyMap<number, string> => {
    if (this.#fds !== null) return this.#fds;
    const names = new Map<number, string>();
    const numbers = this.#fdNumbers;
    for (let i = 0; i < numbers.length; i += 2) {
      names.set(numbers[i]!, fdName(this.#names[numbers[i + 1]!]!));
    }
    this.#fds = names;
    return names;
  };

  #takeLines(end: number): void {
    if (this.#lineOf < 0 || !this.#looksAt(this.#lineOf)) return;
    for (let i = this.#line; i < end; i++) {
      if (this.#matcher.hasText(this.#lineAt(i))) this.found = this.#lineOf;
    }
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
