import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Files beside the program of a thread that it loads before it can tell anything. */
const LOADED = ['core.js', 'core-code.js'];

/** The files without which a thread cannot begin, as they were found the first time. */
export class ProgramFiles {
  readonly #entry: string;
  #all: readonly string[] | null = null;

  constructor(entry: URL) {
    this.#entry = fileURLToPath(entry);
  }

  /**
   * Checks that they are still there, before each start: a thread that lacks one ends without a word.
   * @param what begins the message
   * @param more the path of a further one
   * @throws Error
   */
  check(what: string, more: string | undefined): void {
    this.#all ??= this.#found();
    const missing = [...this.#all, ...(more === undefined ? [] : [more])].find(
      (path) => !existsSync(path),
    );
    if (missing === undefined) return;
    const why =
      missing === this.#entry
        ? "the program of all threads: a bundle with this library in it needs the library's files beside it"
        : 'which all threads load: install the library again, and start this process anew';
    throw new Error(`${what}: ${missing} is missing, ${why}`);
  }

  #found(): readonly string[] {
    const folder = this.#entry.slice(0, this.#entry.lastIndexOf('/') + 1);
    return [this.#entry, ...LOADED.map((name) => folder + name).filter((path) => existsSync(path))];
  }
}
