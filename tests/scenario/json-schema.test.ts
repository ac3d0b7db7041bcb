/** The JSON Schema that is shipped is the one that the code makes. `vitest -u` writes it anew. */

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

it('is what is shipped', async () => {
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(file);
});

it('completes keys and words, and knows an integer from a text', () => {
  const schema = scenarioJsonSchema() as Schema & { definitions: Record<string, Schema> };
  expect(schema.required).toEqual(['name']);
  expect(schema.properties!.drive!.enum).toEqual(['aio_poll', 'main_loop']);
  const fd = schema.properties!.fds!.additionalProperties as Schema;
  expect(fd.properties!.count!.type).toBe('integer');
  expect(fd.properties!.ready!.type).toBe('boolean');
  expect(fd.additionalProperties).toBe(false);
});
