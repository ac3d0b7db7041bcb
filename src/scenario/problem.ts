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
    const hint = near === null ? '' : `; did you mean '${near}'?`;
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

/** The word nearest to what was typed; null where none is near. */
export function nearest(found: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(found.length / 3)) + 1;
  for (const word of words) {
    if (word === found) continue;
    const distance =
      word.toLowerCase() === found.toLowerCase() ? 0 : editDistance(found, word, bestDistance);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from a to b; limit where more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        d = Math.min(d, beforeLast[j - 2]! + 1);
      }
      row.push(d);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
