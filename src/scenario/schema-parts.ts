import * as z from 'zod';
import { QEMU_VERSIONS } from '../aio/profile.ts';
import { grouped, MOST_CLOCK_NS, MOST_NS, MOST_TIMES } from './limits.ts';
import { signalOf } from './read.ts';
import { DURATION, durationNs, isSeed, MAX_SEED, SIGNED_DURATION } from './values.ts';

/**
 * The scalars and maps of the language, as zod schemas over source text: every scalar is a string
 * here. Errors carry the expectation and the valid words, for explain.ts; the JSON Schema of a
 * scalar is for editors.
 */

/** The content of an error message. */
export interface Expected {
  readonly what: string;
  readonly words: readonly string[];
}

function expected(what: string, words: readonly string[] = []): string {
  return JSON.stringify({ what, words } satisfies Expected);
}

/** Unpacks an error message; null if zod itself wrote it. */
export function unpack(message: string): Expected | null {
  return message.startsWith('{') ? (JSON.parse(message) as Expected) : null;
}

/** JSON Schemas for schemas whose generated one would be wrong for an editor. */
const jsonSchemas = new WeakMap<object, Record<string, unknown>>();

export function jsonSchemaOf(schema: object): Record<string, unknown> | undefined {
  return jsonSchemas.get(schema);
}

/** A condition on the keys of a map. */
type HoldsForKeys = (keys: readonly string[]) => boolean;

const keysChecks = new WeakMap<object, HoldsForKeys>();

/** The condition on keys that a function given to refine() is. */
export function keysCheckOf(refinement: object): HoldsForKeys | undefined {
  return keysChecks.get(refinement);
}

/** Accepts a map only if its keys fulfil a condition; says what is expected otherwise. */
export function ifKeys<T extends z.ZodType>(schema: T, holds: HoldsForKeys, what: string): T {
  const refinement = (object: unknown): boolean => holds(Object.keys(object as object));
  keysChecks.set(refinement, holds);
  return schema.refine(refinement, { error: expected(what) });
}

/** Gives a schema a JSON Schema of our own. */
export function withJson<T extends z.ZodType>(schema: T, json: Record<string, unknown>): T {
  jsonSchemas.set(schema, json);
  return schema;
}

function text(what: string, pattern: RegExp, json: Record<string, unknown>): z.ZodString {
  const error = expected(what);
  return withJson(z.string({ error }).regex(pattern, { error }), json);
}

/**
 * Accepts matches of a pattern only if they are within bounds; others are reported as unexpected.
 */
function within(
  schema: z.ZodString,
  pattern: RegExp,
  isWithin: (text: string) => boolean,
  what: string,
): z.ZodType {
  const error = expected(what);
  const bounded = schema.refine((value) => !pattern.test(value) || isWithin(value), { error });
  return withJson(bounded, jsonSchemaOf(schema)!);
}

/** A whole number, in digits. */
function number(what: string, pattern: RegExp, least: number, most: number): z.ZodType {
  const json = { type: 'integer', minimum: least, maximum: most };
  const isWithin = (value: string): boolean => Number(value) >= least && Number(value) <= most;
  const bounds = `a whole number from ${grouped(least)} to ${grouped(most)}`;
  return within(text(what, pattern, json), pattern, isWithin, bounds);
}

/** One of some words. */
export function words(what: string, values: readonly string[]): z.ZodType {
  const list = values.length > 12 ? what : `one of ${values.join(', ')}`;
  return z.enum(values as [string, ...string[]], { error: expected(list, values) });
}

/** YAML reads both as numbers, so an editor has to accept those. */
export const qemuVersion: z.ZodType = withJson(words('a QEMU', QEMU_VERSIONS), {
  enum: QEMU_VERSIONS.flatMap((version) => [Number(version), version]),
});

/** A map with these keys and no others. @param others more words to suggest, besides the keys */
export function map<S extends z.ZodRawShape>(
  what: string,
  shape: S,
  others: readonly string[] = [],
): z.ZodObject<S> {
  // Made once: there may be an issue for each of very many maps.
  const noMap = expected(`${what}: a map`);
  const keys = Object.keys(shape);
  const list = keys.length > 12 ? `a key of ${what}` : `one of ${keys.join(', ')}`;
  const noKey =
    keys.length === 0 ? expected(`no key in ${what}`) : expected(list, [...keys, ...others]);
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? noKey : noMap),
  });
}

/** A map from names to their descriptions. */
export function named(what: string, value: z.ZodType): z.ZodType {
  return z.record(z.string(), value, { error: expected(what) });
}

/** A map with one key. */
export function one(what: string, value: z.ZodType): z.ZodType {
  const anyKeys = z.record(z.string(), value, { error: expected(what) });
  const schema = ifKeys(anyKeys, (keys) => keys.length === 1, what);
  return schema.meta({ minProperties: 1, maxProperties: 1 });
}

export function list(what: string, item: z.ZodType): z.ZodType {
  return z.array(item, { error: expected(what) });
}

/**
 * One of several options. The kind of node (word, list, map) decides which one errors are about.
 */
export function either(...options: readonly z.ZodType[]): z.ZodType {
  return z.union(options as [z.ZodType, z.ZodType]);
}

export function atLeastOneKey<T extends z.ZodType>(schema: T, what: string): T {
  return ifKeys(schema, (keys) => keys.length > 0, what);
}

const LONE = ['string', 'number', 'boolean', 'null'];

export const anyText = withJson(z.string({ error: expected('a text') }), { type: LONE });
export const name = text('a name', /./, { type: LONE });
export const A_SIGNAL = 'a signal, such as SIGTERM or SIGRTMIN+1';
export const signal = withJson(
  z.string({ error: expected(A_SIGNAL) }).refine((value) => signalOf(value) !== 0, {
    error: expected(A_SIGNAL),
  }),
  { type: 'string' },
);
export const bool = text('true or false', /^(true|false)$/, { type: 'boolean' });
export const count = countTo(MOST_TIMES);
export const whole = wholeTo(MOST_TIMES);
/** The value that sigqueue sends is a C int. */
export const int = number('a whole number', /^-?\d+$/, -(2 ** 31), 2 ** 31 - 1);

/** A number of things, at least one. */
export function countTo(most: number): z.ZodType {
  return number('a whole number above 0', /^[1-9]\d*$/, 1, most);
}

/** A number of things, possibly none. */
export function wholeTo(most: number): z.ZodType {
  return number('a whole number', /^\d+$/, 0, most);
}

/** How often a vCPU's loop turns. */
export const turns = within(
  text('a whole number above 0, or forever', /^(forever|[1-9]\d*)$/, {
    anyOf: [{ type: 'integer', minimum: 1, maximum: MOST_TIMES }, { enum: ['forever'] }],
  }),
  /^\d+$/,
  (value) => Number(value) <= MOST_TIMES,
  `forever, or a whole number from 1 to ${grouped(MOST_TIMES)}`,
);

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
const UP_TO = `up to ${MOST_NS / 1e9}s`;
export const duration = durationOr('');

/** @param other says what may stand there instead */
export function durationOr(other: string): z.ZodType {
  return within(
    text(`a duration such as 10ms or 1.5s, ${IN_UNITS}${other}`, DURATION, {
      type: 'string',
      pattern: DURATION.source,
    }),
    DURATION,
    (value) => durationNs(value) <= MOST_NS,
    `a duration ${UP_TO}`,
  );
}
export const signedDuration = within(
  text(`a time such as 1ns or -5ms, ${IN_UNITS}`, SIGNED_DURATION, {
    type: 'string',
    pattern: SIGNED_DURATION.source,
  }),
  SIGNED_DURATION,
  (value) => Math.abs(durationNs(value)) <= MOST_CLOCK_NS,
  `a time within ${MOST_CLOCK_NS / 1e9}s of 0`,
);

/** @param most the largest value, in ns, or a count */
function comparison(what: string, value: string, json: readonly string[], most: number): z.ZodType {
  const pattern = new RegExp(`^\\s*(?:<=|>=|<|>)?\\s*(${value})\\s*$`);
  const amountOf = (bound: string): number => {
    const [, found] = pattern.exec(bound)!;
    if (found === 'none') return 0;
    return /[a-z]$/.test(found!) ? durationNs(found!) : Number(found);
  };
  const bounds = most === Number.MAX_SAFE_INTEGER ? grouped(most) : `${most / 1e9}s`;
  const single = within(
    text(what, pattern, { type: json }),
    pattern,
    (bound) => amountOf(bound) <= most,
    `a comparison with at most ${bounds}`,
  );
  return either(single, list(what, single));
}

const AN_AMOUNT = '\\d+(?:\\.\\d+)?(?:ns|us|ms|s)';
export const compareDuration = comparison(
  `a comparison such as "<10ms", ${IN_UNITS}`,
  AN_AMOUNT,
  ['string'],
  MOST_NS,
);
export const compareTimeout = comparison(
  `a comparison such as 10ms or "<10ms", ${IN_UNITS}, or 0 or none`,
  `${AN_AMOUNT}|0|none`,
  ['string', 'integer'],
  MOST_NS,
);
export const compareExpiry = comparison(
  `a time such as 100ns, ${IN_UNITS}, or none`,
  `${AN_AMOUNT}|none`,
  ['string'],
  MOST_CLOCK_NS,
);
export const compareCount = comparison(
  'a comparison such as 3 or "<=5"',
  '\\d+',
  ['string', 'integer'],
  Number.MAX_SAFE_INTEGER,
);
