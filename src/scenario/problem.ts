import { checkObject, checkString } from '../host/arguments.ts';
import { nearest, newAllowance } from '../host/nearest.ts';
import { visible } from '../trace/visible.ts';
import { MOST_PROBLEMS } from './limits.ts';

/** A place in a file; both numbers count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A name that a file mentions, and its place. */
export interface Mention {
  readonly name: string;
  readonly at: Place;
}

/** A problem of a scenario file. */
export interface Problem extends Place {
  readonly file: string;
  /** The finding, the expectation, and the nearest valid word. */
  readonly message: string;
}

/** A problem as a compiler prints it, on one line: `file:line:column: message`. */
export function formatProblem(problem: Problem): string {
  checkObject(problem, 'formatProblem: the problem', 'one of loadScenario');
  const { file, line, column, message } = problem;
  checkString(message, "formatProblem: the problem's message");
  return visible(`${file}:${line}:${column}: ${message}`);
}

/** Candidates for a hint; a function if they take time to find. */
export type Words = Iterable<string> | (() => Iterable<string>);

/** Takes the problems of one file, up to a limit. */
export class Problems {
  readonly file: string;
  readonly list: Problem[] = [];
  readonly #allowance = newAllowance();
  #isFull = false;

  constructor(file: string) {
    this.file = file;
  }

  /** Whether the limit is reached, and no more need be looked for. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(at: Place, message: string): void {
    if (this.#isFull) return;
    const { line, column } = at;
    this.#isFull = this.list.length === MOST_PROBLEMS;
    const last = `more than ${MOST_PROBLEMS} problems: no others are told of`;
    this.list.push({ file: this.file, line, column, message: this.#isFull ? last : message });
  }

  /**
   * Adds `found X, expected Y; did you mean Z?`.
   * @param meant the word that is certainly meant; otherwise the nearest of the words
   */
  expected(at: Place, found: string, expected: string, words: Words = [], meant?: string): void {
    if (this.#isFull) return;
    const all = typeof words === 'function' ? words() : words;
    const near = meant ?? nearest(found, all, this.#allowance);
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    this.add(at, `found ${quote(found)}, expected ${expected}${hint}`);
  }

  /** In order of the file, each once; a note that there are more comes last. */
  sorted(): Problem[] {
    const seen = new Set<string>();
    const told = this.#isFull ? this.list.slice(0, -1) : this.list;
    return [...told]
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .concat(this.list.slice(told.length))
      .filter((problem) => {
        const text = formatProblem(problem);
        return seen.size !== seen.add(text).size;
      });
  }
}

/** Longer texts are cut in messages. */
const MOST_QUOTED = 100;

/** Quotes a text from the file; `a map` and the like, which describe a node, stay unquoted. */
function quote(text: string): string {
  if (text.length > MOST_QUOTED) return `'${text.slice(0, MOST_QUOTED)}…'`;
  return ['a map', 'a list', 'nothing'].includes(text) ? text : `'${text}'`;
}
