/** Texts by number, so that what mentions them is kept as numbers. */
export class NameTable {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  /** The number of a text, which gets one if it has none. */
  of(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.list.length;
      this.#numbers.set(text, number);
      this.list.push(text);
    }
    return number;
  }
}
