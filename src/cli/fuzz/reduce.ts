/** Makes plain data smaller, as long as something still holds of it. */

type Path = readonly (string | number)[];

/**
 * Leaves out items of lists and keys of maps, large parts first, until none can be left out.
 * @param holds asked of each smaller one; the result is the smallest of which it held
 */
export async function reduce<T extends object>(
  whole: T,
  holds: (less: T) => Promise<boolean>,
): Promise<T> {
  const reducer = new Reducer(whole, holds);
  while (await reducer.shrink([]));
  return reducer.best;
}

class Reducer<T extends object> {
  best: T;
  readonly #holds: (less: T) => Promise<boolean>;

  constructor(whole: T, holds: (less: T) => Promise<boolean>) {
    this.best = whole;
    this.#holds = holds;
  }

  /** Shrinks what stands at a path. Returns whether anything was left out. */
  async shrink(path: Path): Promise<boolean> {
    const value = at(this.best, path);
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return this.#shrinkList(path, value);
    return this.#shrinkMap(path, value as Record<string, unknown>);
  }

  async #shrinkList(path: Path, all: readonly unknown[]): Promise<boolean> {
    let list = all;
    for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
      for (let i = 0; i + size <= list.length; ) {
        const rest = [...list.slice(0, i), ...list.slice(i + size)];
        if (await this.#accepts(path, rest)) list = rest;
        else i += size;
      }
    }
    let some = list !== all;
    for (let i = 0; i < list.length; i++) some = (await this.shrink([...path, i])) || some;
    return some;
  }

  /**
   * From the last key on, and what is needed of each before the next: the steps of a scenario are last.
   * With few of them each of the other runs is short, and they name little of what stands before them.
   */
  async #shrinkMap(path: Path, all: Record<string, unknown>): Promise<boolean> {
    let some = false;
    for (const key of Object.keys(all).reverse()) {
      const { [key]: _, ...rest } = at(this.best, path) as Record<string, unknown>;
      const less = (await this.#accepts(path, rest)) || (await this.shrink([...path, key]));
      some = less || some;
    }
    return some;
  }

  /** Takes a value in place of the one at a path, if the whole still holds. */
  async #accepts(path: Path, value: unknown): Promise<boolean> {
    const less = replaced(this.best, path, value) as T;
    if (!(await this.#holds(less))) return false;
    this.best = less;
    return true;
  }
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = replaced(at(value, [key]), rest, by);
  return copy;
}
