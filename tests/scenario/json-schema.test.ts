/** The JSON Schema that is shipped is the one that the code makes. With WRITE_SCHEMA=1 it is written anew. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly $ref?: string;
}

const file = join(import.meta.dirname, '..', '..', 'schema', 'scenario.schema.json');

it('is what is shipped', () => {
  const made = scenarioJsonSchema();
  if (process.env.WRITE_SCHEMA === '1') writeFileSync(file, JSON.stringify(made, null, 2));
  const hint = 'WRITE_SCHEMA=1 npx vitest run tests/scenario/json-schema.test.ts writes it';
  expect(JSON.parse(readFileSync(file, 'utf8')), hint).toEqual(made);
});

it('completes keys and words, and knows an integer from a text', () => {
  const schema = scenarioJsonSchema() as Schema;
  expect(schema.required).toEqual(['name']);
  expect(schema.properties!.drive!.enum).toEqual(['aio_poll', 'main_loop']);
  const fd = schema.properties!.fds!.additionalProperties as Schema;
  expect(fd.properties!.count!.type).toBe('integer');
  expect(fd.properties!.ready!.type).toBe('boolean');
  expect(fd.additionalProperties).toBe(false);
});
