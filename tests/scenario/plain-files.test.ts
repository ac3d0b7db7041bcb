/** Files as people write them are read without the YAML library and zod, which take ten times as long. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { Parser } from 'yaml';
import { loadScenario } from '../../src/scenario/load.ts';
import { scenarioSchema } from '../../src/scenario/schema.ts';

const library = vi.spyOn(Parser.prototype, 'parse').mockImplementation(() => {
  throw new Error('the library reads it');
});

const schema = vi.spyOn(scenarioSchema, 'safeParse').mockImplementation(() => {
  throw new Error('zod checks it');
});

afterAll(() => {
  library.mockRestore();
  schema.mockRestore();
});

const folder = join(import.meta.dirname, '..', '..', 'scenarios');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

it.each(files)('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(loadScenario(text, file).problems).toEqual([]);
});

it('not so with an anchor: the library is watched', () => {
  expect(() => loadScenario('name: &a x\nsteps: [step]\n', 'f')).toThrow('the library reads it');
});

it('not so if something is wrong: zod is watched', () => {
  expect(() => loadScenario('name: x\nsteps: [stepp]\n', 'f')).toThrow('zod checks it');
});
