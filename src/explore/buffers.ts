/** Stands between the stores before and behind a store barrier. */
const BARRIER = -1;

/**
 * The contents that store buffers can have, each with a number; 0 is the empty one. A buffer is a
 * list of words and values, oldest first.
 */
export class Buffers {
  readonly contents: (readonly number[])[] = [[]];
  readonly #known = new Map<string, number>([['', 0]]);
  readonly #appended: Map<number, Map<number, number>>[] = [new Map()];
  readonly #isPso: boolean;

  constructor(isPso: boolean) {
    this.#isPso = isPso;
  }

  append(buffer: number, word: number, value: number): number {
    const byWord = this.#appended[buffer]!;
    let byValue = byWord.get(word);
    if (byValue === undefined) {
      byValue = new Map();
      byWord.set(word, byValue);
    }
    let after = byValue.get(value);
    if (after === undefined) {
      after = this.#numberOf([...this.contents[buffer]!, word, value]);
      byValue.set(value, after);
    }
    return after;
  }

  /** Later stores reach memory after those that are here. */
  barrier(buffer: number): number {
    const content = this.contents[buffer]!;
    if (!this.#isPso || content.length === 0 || content.at(-2) === BARRIER) return buffer;
    return this.append(buffer, BARRIER, 0);
  }

  /** The index of the newest store of a word, or -1. */
  newest(buffer: number, word: number): number {
    const content = this.contents[buffer]!;
    for (let i = content.length - 2; i >= 0; i -= 2) if (content[i] === word) return i;
    return -1;
  }

  /** Whether the store at this index may be the next to reach memory. */
  mayLeave(buffer: number, index: number): boolean {
    if (index === 0) return true;
    if (!this.#isPso) return false;
    const content = this.contents[buffer]!;
    const word = content[index]!;
    if (word === BARRIER) return false;
    for (let i = 0; i < index; i += 2) {
      if (content[i] === word || content[i] === BARRIER) return false;
    }
    return true;
  }

  without(buffer: number, index: number): number {
    const rest = this.contents[buffer]!.toSpliced(index, 2);
    while (rest[0] === BARRIER) rest.splice(0, 2);
    return this.#numberOf(rest);
  }

  #numberOf(content: readonly number[]): number {
    const key = content.join();
    let number = this.#known.get(key);
    if (number === undefined) {
      number = this.contents.length;
      this.#known.set(key, number);
      this.contents.push(content);
      this.#appended.push(new Map());
    }
    return number;
  }
}
