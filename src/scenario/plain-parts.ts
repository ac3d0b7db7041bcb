import type { Place } from './problem.ts';
import type { ListNode, MapEntry, MapNode, Node, ScalarNode } from './source.ts';

/** YAML allows 1,024. */
const LONGEST_KEY = 1_000;
/** A map with fewer keys needs no set of them. */
const FEW = 8;

/**
 * The maps and lists that are being read, one inside the other: what each has so far. A list that
 * grows by itself has room to spare, which in a long file is a third of all memory.
 */
export class OpenParts {
  readonly entries: MapEntry[] = [];
  readonly items: Node[] = [];
  /** The keys of maps that have many, by the place of their first entry. */
  readonly #keys = new Map<number, Set<string>>();

  /**
   * False if the library must look at the key.
   * @param start the place of the map's first entry
   */
  isNew({ text }: ScalarNode, start: number): boolean {
    const { entries } = this;
    if (text === '__proto__' || text.length > LONGEST_KEY) return false;
    if (entries.length - start < FEW) {
      for (let i = start; i < entries.length; i++) if (entries[i]!.key.text === text) return false;
      return true;
    }
    let keys = this.#keys.get(start);
    if (keys === undefined) {
      keys = new Set(entries.slice(start).map(({ key }) => key.text));
      this.#keys.set(start, keys);
    }
    return keys.size !== keys.add(text).size;
  }

  map(start: number, at: Place): MapNode {
    if (this.#keys.size > 0) this.#keys.delete(start);
    return { kind: 'map', entries: this.entries.splice(start), at };
  }

  list(start: number, at: Place): ListNode {
    return { kind: 'list', items: this.items.splice(start), at };
  }
}

/** Texts that come again and again, such as keys: each is made once. */
export class Texts {
  readonly #recent: (string | undefined)[] = new Array(256);

  /** The part of a text from start to end; it has at least one character. */
  part(text: string, start: number, end: number): string {
    if (end - start > LONGEST_KEPT) return text.slice(start, end);
    const first = text.charCodeAt(start);
    const place = (first * 31 + text.charCodeAt(end - 1) * 7 + end - start) & 255;
    const recent = this.#recent[place];
    if (recent !== undefined && recent.length === end - start && text.startsWith(recent, start)) {
      return recent;
    }
    const part = text.slice(start, end);
    this.#recent[place] = part;
    return part;
  }
}

const LONGEST_KEPT = 24;
