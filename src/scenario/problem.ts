import { MOST_PROBLEMS } from './limits.ts';
import { nearest, newAllowance } from './nearest.ts';

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a scenario file. */
export interface Problem extends Place {
  readonly file: string;
  /** What was found, what was expected, and the nearest valid word. */
  readonly message: string;
}

/** A problem as a compiler prints it: `file:line:column: message`. */
export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** Words that a hint is taken from; a function where it takes time to find them. */
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

  /** Whether there are so many that the others need not be looked for. */
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
   * @param meant what is meant for certain; else the nearest of the words
   */
  expected(at: Place, found: string, expected: string, words: Words = [], meant?: string): void {
    if (this.#isFull) return;
    const all = typeof words === 'function' ? words() : words;
    const near = meant ?? nearest(found, all, this.#allowance);
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    this.add(at, `found ${quote(found)}, expected ${expected}${hint}`);
  }

  /** In order of the file, each once; that there are more comes last. */
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

/** Of a longer text its beginning says what it is. */
const MOST_QUOTED = 100;

/** What was typed is quoted; `a map`, which stands for something, is not. */
function quote(text: string): string {
  if (text.length > MOST_QUOTED) return `'${text.slice(0, MOST_QUOTED)}…'`;
  return ['a map', 'a list', 'nothing'].includes(text) ? text : `'${text}'`;
}
