import type { z } from 'zod';
import { keysCheckOf } from './schema-parts.ts';
import { type MapNode, type Node, toPlain } from './source.ts';

/** Whether a schema accepts a node. */
export type Accepts = (node: Node) => boolean;

/**
 * A schema as a function that only says yes or no, without a copy of the file and without issues: zod
 * takes ten times as long. It is made from zod's own description of the schema, so there is one
 * language. It never accepts what zod refuses; what it does not know it refuses, and zod decides.
 */
export function acceptorOf(schema: z.core.$ZodType): Accepts {
  let accepts = known.get(schema);
  if (accepts === undefined) {
    accepts = make(schema as z.core.$ZodTypes);
    known.set(schema, accepts);
  }
  return accepts;
}

const known = new WeakMap<z.core.$ZodType, Accepts>();
const never: Accepts = () => false;

function make(schema: z.core.$ZodTypes): Accepts {
  const { def } = schema._zod;
  switch (def.type) {
    case 'string':
      return textsThat(textChecks(def.checks));
    case 'enum': {
      const words = new Set<unknown>(Object.values(def.entries));
      return textsThat((text) => words.has(text));
    }
    case 'object':
      return isStrict(def) ? both(objectOf(def), nodeChecks(def.checks)) : never;
    case 'record':
      return both(recordOf(def), nodeChecks(def.checks));
    case 'array':
      return both(listOf(def), nodeChecks(def.checks));
    case 'optional':
      return acceptorOf(def.innerType);
    case 'union': {
      const options = def.options.map(acceptorOf);
      return (node) => {
        for (const accepts of options) if (accepts(node)) return true;
        return false;
      };
    }
    case 'lazy': {
      // The schema contains itself.
      let inner: Accepts | null = null;
      return (node) => {
        inner ??= acceptorOf(def.getter());
        return inner(node);
      };
    }
    default:
      return never;
  }
}

type AcceptsText = (text: string) => boolean;

function textsThat(accepts: AcceptsText): Accepts {
  return (node) => node.kind === 'scalar' && !node.empty && accepts(node.text);
}

function both(first: Accepts, second: Accepts | null): Accepts {
  return second === null ? first : (node) => first(node) && second(node);
}

type Checks = readonly z.core.$ZodCheck[] | undefined;

function textChecks(checks: Checks): AcceptsText {
  const all = (checks ?? []).map((check): AcceptsText => {
    const def = (check as z.core.$ZodChecks)._zod.def;
    if (def.check === 'string_format' && def.pattern !== undefined) {
      const { pattern } = def;
      return (text) => pattern.test(text);
    }
    const { fn } = def as { fn?: (value: unknown) => unknown };
    return fn === undefined ? () => false : (text) => Boolean(fn(text));
  });
  const [first, second] = all;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (text) => all.every((accepts) => accepts(text));
}

/** The checks of a map or a list; null if there are none. */
function nodeChecks(checks: Checks): Accepts | null {
  if (checks === undefined || checks.length === 0) return null;
  const all = checks.map((check): Accepts => {
    const def = (check as z.core.$ZodChecks)._zod.def;
    if (def.check === 'length_equals') {
      return (node) => node.kind === 'list' && node.items.length === def.length;
    }
    const { fn } = def as { fn?: (value: unknown) => unknown };
    if (fn === undefined) return never;
    const holds = keysCheckOf(fn);
    if (holds === undefined) return (node) => Boolean(fn(toPlain(node)));
    return (node) => holds((node as MapNode).entries.map(({ key }) => key.text));
  });
  return (node) => all.every((accepts) => accepts(node));
}

function isStrict({ catchall }: z.core.$ZodObjectDef): boolean {
  return catchall?._zod.def.type === 'never';
}

function objectOf({ shape }: z.core.$ZodObjectDef): Accepts {
  const values = new Map(Object.entries(shape).map(([key, value]) => [key, acceptorOf(value)]));
  const required = Object.keys(shape).filter((key) => shape[key]!._zod.def.type !== 'optional');
  return (node) => {
    if (node.kind !== 'map') return false;
    for (const { key, value } of node.entries) {
      const accepts = values.get(key.text);
      if (accepts === undefined || !accepts(value)) return false;
    }
    return required.every((name) => node.entries.some(({ key }) => key.text === name));
  };
}

function recordOf({ keyType, valueType }: z.core.$ZodRecordDef): Accepts {
  const acceptsKey = acceptorOf(keyType);
  const acceptsValue = acceptorOf(valueType);
  return (node) =>
    node.kind === 'map' &&
    node.entries.every(({ key, value }) => acceptsKey(key) && acceptsValue(value));
}

function listOf({ element }: z.core.$ZodArrayDef): Accepts {
  const accepts = acceptorOf(element);
  return (node) => node.kind === 'list' && node.items.every(accepts);
}
