import { END, isWrite } from './operation.ts';
import type { Edge, Places } from './places.ts';

const BITS = 32;

/**
 * The words that a thread may still touch from each of its places on, as far as its places are
 * known. Those that are found later count as touching only the word of their own operation; so a
 * search that was reduced by these is right only if it has found no more: see `isComplete`.
 */
export class Footprints {
  readonly #places: Places;
  readonly #lanes: number;
  readonly #reads: Int32Array;
  readonly #writes: Int32Array;
  readonly #known: number;

  constructor(places: Places, words: number) {
    this.#places = places;
    this.#known = places.count;
    this.#lanes = Math.ceil(words / BITS);
    this.#reads = new Int32Array(this.#known * this.#lanes);
    this.#writes = new Int32Array(this.#known * this.#lanes);
    for (let place = 0; place < this.#known; place++) this.#addOwn(place);
    while (this.#spread());
  }

  #addOwn(place: number): void {
    const word = this.#places.word[place]!;
    if (word < 0) return;
    const lane = place * this.#lanes + Math.floor(word / BITS);
    this.#reads[lane]! |= 1 << (word % BITS);
    if (isWrite(this.#places.kind[place]!)) this.#writes[lane]! |= 1 << (word % BITS);
  }

  /** Adds to each place what those after it have. Returns whether that was anything new. */
  #spread(): boolean {
    let more = false;
    for (let place = this.#known - 1; place >= 0; place--) {
      for (let edge: Edge | null = this.#places.edges[place]!; edge !== null; edge = edge.next) {
        if (this.#join(place, edge.target)) more = true;
      }
    }
    return more;
  }

  #join(place: number, other: number): boolean {
    let more = false;
    for (const bits of [this.#reads, this.#writes]) {
      for (let lane = 0; lane < this.#lanes; lane++) {
        const to = place * this.#lanes + lane;
        const joined = bits[to]! | bits[other * this.#lanes + lane]!;
        if (joined !== bits[to]) more = true;
        bits[to] = joined;
      }
    }
    return more;
  }

  /** Whether a thread at this place may still touch the word, or, if `onlyWrites`, change it. */
  touches(place: number, word: number, onlyWrites: boolean): boolean {
    if (place >= this.#known) {
      const kind = this.#places.kind[place]!;
      return this.#places.word[place] === word && (isWrite(kind) || (!onlyWrites && kind < END));
    }
    const bits = onlyWrites ? this.#writes : this.#reads;
    const lane = Math.floor(word / BITS);
    if (lane >= this.#lanes) return false;
    return (bits[place * this.#lanes + lane]! & (1 << (word % BITS))) !== 0;
  }

  /** Whether these are the same as another's, which knows more places. */
  isComplete(later: Footprints): boolean {
    if (later.#known !== this.#known || later.#lanes !== this.#lanes) return false;
    return [this.#reads, this.#writes].every((bits, i) => {
      const others = i === 0 ? later.#reads : later.#writes;
      return bits.every((lane, at) => lane === others[at]);
    });
  }
}
