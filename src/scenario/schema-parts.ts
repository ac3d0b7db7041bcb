import { z } from 'zod';
import { DURATION, isSeed, MAX_SEED, SIGNED_DURATION } from './values.ts';

/**
 * The scalars and maps that the language is made of, as zod schemas over source
 * text: every scalar is a string here. Errors carry what was expected, and the
 * valid words, for explain.ts; the JSON Schema of a scalar is what an editor sees.
 */

/** What an error message carries. */
export interface Expected {
  readonly what: string;
  readonly words: readonly string[];
}

function expected(what: string, words: readonly string[] = []): string {
  return JSON.stringify({ what, words } satisfies Expected);
}

/** Undoes the packing of an error message; null where zod itself wrote it. */
export function unpack(message: string): Expected | null {
  return message.startsWith('{') ? (JSON.parse(message) as Expected) : null;
}

/** JSON Schemas of those schemas whose own would be wrong for an editor. */
const jsonSchemas = new WeakMap<object, Record<string, unknown>>();

export function jsonSchemaOf(schema: object): Record<string, unknown> | undefined {
  return jsonSchemas.get(schema);
}

/** Gives a schema another JSON Schema than zod would. */
export function withJson<T extends z.ZodType>(schema: T, json: Record<string, unknown>): T {
  jsonSchemas.set(schema, json);
  return schema;
}

function text(what: string, pattern: RegExp, json: Record<string, unknown>): z.ZodType {
  const error = expected(what);
  return withJson(z.string({ error }).regex(pattern, { error }), json);
}

/** One of some words. */
export function words(what: string, values: readonly string[]): z.ZodType {
  const list = values.length > 12 ? what : `one of ${values.join(', ')}`;
  return z.enum(values as [string, ...string[]], { error: expected(list, values) });
}

/** A map with these keys and no others. @param others words that are near, beside the keys */
export function map<S extends z.ZodRawShape>(
  what: string,
  shape: S,
  others: readonly string[] = [],
): z.ZodObject<S> {
  return z.strictObject(shape, {
    error: ({ code }) => {
      if (code !== 'unrecognized_keys') return expected(`${what}: a map`);
      const keys = Object.keys(shape);
      if (keys.length === 0) return expected(`no key in ${what}`);
      const list = keys.length > 12 ? `a key of ${what}` : `one of ${keys.join(', ')}`;
      return expected(list, [...keys, ...others]);
    },
  });
}

/** A map from names to what is said of each. */
export function named(what: string, value: z.ZodType): z.ZodType {
  return z.record(z.string(), value, { error: expected(what) });
}

/** A map of one key. */
export function one(what: string, value: z.ZodType): z.ZodType {
  const error = expected(what);
  const schema = z
    .record(z.string(), value, { error })
    .refine((object) => Object.keys(object).length === 1, { error })
    .meta({ minProperties: 1, maxProperties: 1 });
  return schema;
}

export function list(what: string, item: z.ZodType): z.ZodType {
  return z.array(item, { error: expected(what) });
}

/** Or: which of them was meant is told by whether a word, a list or a map stands there. */
export function either(...options: readonly z.ZodType[]): z.ZodType {
  return z.union(options as [z.ZodType, z.ZodType]);
}

export function atLeastOneKey<T extends z.ZodType>(schema: T, what: string): T {
  return schema.refine((object) => Object.keys(object as object).length > 0, {
    error: expected(what),
  });
}

const LONE = ['string', 'number', 'boolean', 'null'];

export const anyText = withJson(z.string({ error: expected('a text') }), { type: LONE });
export const name = text('a name', /./, { type: LONE });
export const bool = text('true or false', /^(true|false)$/, { type: 'boolean' });
export const count = text('a whole number above 0', /^[1-9]\d*$/, { type: 'integer', minimum: 1 });
export const whole = text('a whole number', /^\d+$/, { type: 'integer', minimum: 0 });
export const integer = text('a whole number', /^-?\d+$/, { type: 'integer' });
const aSeed = { error: expected(`a seed from 0 to ${MAX_SEED}`) };
export const seed = withJson(z.string(aSeed).refine(isSeed, aSeed), {
  type: 'integer',
  minimum: 0,
  maximum: MAX_SEED,
});
export const exitStatus = text(
  'an exit status from 0 to 255',
  /^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/,
  { type: 'integer', minimum: 0, maximum: 255 },
);
const IN_UNITS = 'in ns, us, ms or s';
export const duration = text(`a duration such as 10ms or 1.5s, ${IN_UNITS}`, DURATION, {
  type: 'string',
  pattern: DURATION.source,
});
export const signedDuration = text(`a time such as 1ns or -5ms, ${IN_UNITS}`, SIGNED_DURATION, {
  type: 'string',
  pattern: SIGNED_DURATION.source,
});

function comparison(what: string, value: string, json: readonly string[]): z.ZodType {
  const pattern = new RegExp(`^\\s*(<=|>=|<|>)?\\s*(${value})\\s*$`);
  const single = text(what, pattern, { type: json });
  return either(single, list(what, single));
}

const AN_AMOUNT = '\\d+(\\.\\d+)?(ns|us|ms|s)';
export const compareDuration = comparison(`a comparison such as "<10ms", ${IN_UNITS}`, AN_AMOUNT, [
  'string',
]);
export const compareTimeout = comparison(
  `a comparison such as 10ms or "<10ms", ${IN_UNITS}, or 0 or none`,
  `${AN_AMOUNT}|0|none`,
  ['string', 'integer'],
);
export const compareExpiry = comparison(
  `a time such as 100ns, ${IN_UNITS}, or none`,
  `${AN_AMOUNT}|none`,
  ['string'],
);
export const compareCount = comparison('a comparison such as 3 or "<=5"', '\\d+', [
  'string',
  'integer',
]);
