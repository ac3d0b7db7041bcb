import type { ExploredWords } from './explored-words.ts';

/** The state in which no thread can go on. */
export interface Ending {
  word(i: number): number;
  /** By thread: whether it has come to its end. */
  readonly ended: readonly boolean[];
}

export interface Thread {
  readonly name: string;
  /**
   * Must do the same whenever its operations return the same. If it returns a number it begins anew
   * with that; so what it has done before is forgotten, and a thread can run for ever in few states.
   */
  run(words: ExploredWords, local: number): unknown;
}

/** The parts of a program that the explorer needs. */
export interface Explorable {
  readonly threads: readonly Thread[];
  /** The words that do not begin as 0. */
  readonly initial: Readonly<Record<number, number>>;
  /** Says what is wrong with an end; null if nothing is. */
  judge(ending: Ending): string | null;
}
