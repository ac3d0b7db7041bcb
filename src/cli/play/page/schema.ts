/** Looks up the schema of scenario files for a place in a file. */

/** A part of a JSON schema, as far as it is used here. */
export interface Schema {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** A step into a file: a key of a map, or an item of a list. */
export type PathStep = string | { readonly item: true };

/** A key or a value that may stand at a place. */
export interface Word {
  readonly label: string;
  readonly about: string;
  readonly isKey: boolean;
}

const MOST_DEPTH = 12;

export class SchemaGuide {
  readonly #root: Schema;

  constructor(root: Schema) {
    this.#root = root;
  }

  /** The keys and words that may stand at the end of a path. */
  words(path: readonly PathStep[]): Word[] {
    const words = new Map<string, Word>();
    const add = (label: string, about: string, isKey: boolean): void => {
      if (!words.has(label)) words.set(label, { label, about, isKey });
    };
    for (const schema of this.#at(path)) {
      for (const [key, value] of Object.entries(schema.properties ?? {}))
        add(key, this.#about(value), true);
      for (const value of schema.enum ?? []) add(String(value), schema.description ?? '', false);
      if (schema.const !== undefined) add(String(schema.const), schema.description ?? '', false);
    }
    return [...words.values()];
  }

  /** The explanation of a key at the end of a path; '' if there is none. */
  about(path: readonly PathStep[], key: string): string {
    for (const schema of this.#at(path)) {
      const value = schema.properties?.[key];
      if (value !== undefined) return this.#about(value);
      const word = schema.enum?.includes(key) || schema.const === key;
      if (word && schema.description !== undefined) return schema.description;
    }
    return '';
  }

  #about(schema: Schema): string {
    if (schema.description !== undefined) return schema.description;
    const inner = this.#expand(schema, 0).find(({ description }) => description !== undefined);
    return inner?.description ?? '';
  }

  #at(path: readonly PathStep[]): Schema[] {
    let here = this.#expand(this.#root, 0);
    for (const step of path) {
      here = here
        .flatMap((schema) => this.#into(schema, step))
        .flatMap((schema) => this.#expand(schema, 0));
    }
    return here;
  }

  #into(schema: Schema, step: PathStep): Schema[] {
    if (typeof step !== 'string') {
      return [...(schema.items === undefined ? [] : [schema.items]), ...(schema.prefixItems ?? [])];
    }
    const own = schema.properties?.[step];
    if (own !== undefined) return [own];
    const { additionalProperties } = schema;
    return typeof additionalProperties === 'object' ? [additionalProperties] : [];
  }

  /** A schema and all that it may stand for. */
  #expand(schema: Schema, depth: number): Schema[] {
    if (depth > MOST_DEPTH) return [];
    const named = schema.$ref?.replace('#/definitions/', '');
    const target = named === undefined ? undefined : this.#root.definitions?.[named];
    const others = [
      ...(target === undefined ? [] : [target]),
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...(schema.allOf ?? []),
    ];
    return [schema, ...others.flatMap((one) => this.#expand(one, depth + 1))];
  }
}
