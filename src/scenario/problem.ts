import { checkObject } from '../host/arguments.ts';
import { nearest } from './nearest.ts';
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
export function formatProblem(problem: Problem): string {
  checkObject(problem, 'formatProblem: the problem', 'one of loadScenario');
  const { file, line, column, message } = problem;
  return `${file}:${line}:${column}: ${message}`;
}

/** Takes the problems of one file. */
export class Problems {
  readonly file: string;
  readonly list: Problem[] = [];

  constructor(file: string) {
    this.file = file;
  }

  add(at: Place, message: string): void {
    const { line, column } = at;
    this.list.push({ file: this.file, line, column, message });
  }

  /** Adds `found X, expected Y; did you mean Z?`. */
  expected(at: Place, found: string, expected: string, words: readonly string[] = []): void {
    const near = nearest(found, words);
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    this.add(at, `found ${quote(found)}, expected ${expected}${hint}`);
  }

  /** In order of the file, each once. */
  sorted(): Problem[] {
    const seen = new Set<string>();
    return [...this.list]
      .sort((a, b) => a.line - b.line || a.column - b.column)
      .filter((problem) => {
        const text = formatProblem(problem);
        return seen.size !== seen.add(text).size;
      });
  }
}

/** What was typed is quoted; `a map`, which stands for something, is not. */
function quote(text: string): string {
  return ['a map', 'a list', 'nothing'].includes(text) ? text : `'${text}'`;
}
