import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AnyGenerator, DEFAULT_RUNS, DEFAULT_SEED } from './generators.ts';
import { fuzz } from './run.ts';

const folder = join(import.meta.dirname, 'generators');
const names = readdirSync(folder).map((file) => basename(file, '.ts'));

describe.each(names)('%s', (name) => {
  it('holds for every input of the fixed seed', async () => {
    const generator: AnyGenerator = (await import(join(folder, `${name}.ts`))).default;
    const count = generator.runs ?? DEFAULT_RUNS;
    const failure = await fuzz(generator, { name, seed: DEFAULT_SEED, count });
    expect(failure, failure ?? '').toBeNull();
  });
});
