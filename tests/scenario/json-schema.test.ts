/** The shipped JSON Schema is the one that the code makes. WRITE_SCHEMA=1 writes it anew. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';

interface Schema {
  readonly description?: string;
  readonly const?: string;
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly $ref?: string;
}

const root = join(import.meta.dirname, '..', '..');
const file = join(root, 'schema', 'scenario.schema.json');

it('is the shipped one', () => {
  const made = scenarioJsonSchema();
  if (process.env.WRITE_SCHEMA === '1') writeFileSync(file, JSON.stringify(made, null, 2));
  const write = 'WRITE_SCHEMA=1 npx vitest run tests/scenario/json-schema.test.ts';
  const hint = `${write} writes it, and npm run format lays it out`;
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

it('explains every key and every action, in a line', () => {
  const missing: string[] = [];
  let seen = 0;
  const see = (schema: Schema, path: string): void => {
    seen++;
    const line = schema.description ?? '';
    if (line === '' || line.includes('\n') || line.length > 110) missing.push(path);
  };
  const visit = (part: unknown, path: string): void => {
    if (typeof part !== 'object' || part === null) return;
    const { properties, const: word } = part as Schema;
    if (word !== undefined) see(part, `${path}/${word}`);
    for (const [key, value] of Object.entries(properties ?? {})) see(value, `${path}/${key}`);
    for (const [key, value] of Object.entries(part)) visit(value, `${path}/${key}`);
  };
  visit(scenarioJsonSchema(), '');
  expect(missing, 'src/scenario/schema-about.ts is where it is said').toEqual([]);
  expect(seen).toBeGreaterThan(150);
});

it('tells a child that is described from one that is expected', () => {
  const { properties } = scenarioJsonSchema() as Schema;
  const endsSo = (schema: Schema, key: string): string | undefined =>
    schema.anyOf!.at(-1)!.properties![key]!.description;
  const child = properties!.children!.additionalProperties as Schema;
  const ended = properties!.expect!.properties!.children!.additionalProperties as Schema;
  expect(child.properties!.exit!.description).toBe('It exits with that status.');
  expect(endsSo(ended, 'exit')).toBe('It exited with that status.');
});

it('is loaded by no run, with what it explains', () => {
  const said = (scenarioJsonSchema() as Schema).properties!.fds!.description!;
  expect(readFileSync(file, 'utf8')).toContain(said);
  for (const bundle of ['command.cjs', 'scenarios.cjs']) {
    expect(readFileSync(join(root, 'dist', bundle), 'utf8'), bundle).not.toContain(said);
  }
});
