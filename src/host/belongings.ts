/** A class, also one whose constructor is private. */
export interface ClassOf<T> {
  readonly prototype: T;
}

/**
 * Objects that belong to a host or a context, one of each class: layers above put them there, and find
 * them again. They live as long as their owner; no module keeps them.
 */
export class Belongings {
  readonly #byClass = new Map<ClassOf<unknown>, unknown>();

  /** The owner's object of a class; undefined until it is given one. */
  get<T>(key: ClassOf<T>): T | undefined {
    return this.#byClass.get(key) as T | undefined;
  }

  add<T>(key: ClassOf<T>, object: T): T {
    this.#byClass.set(key, object);
    return object;
  }
}
