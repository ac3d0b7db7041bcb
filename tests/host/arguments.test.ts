import { describe, expect, it } from 'vitest';
import { checkOptions, takeSpawnRequest } from '../../src/host/arguments.ts';
import type { SpawnRequest } from '../../src/host/host.ts';

describe('the environment of a SpawnRequest', () => {
  const envOf = (env: unknown): readonly string[] | undefined =>
    takeSpawnRequest({ file: '/bin/true', argv: ['true'], env } as SpawnRequest).env;

  it('may be an object, whose undefined values are left out', () => {
    expect(envOf({ A: '1', B: undefined, C: 'x=y' })).toEqual(['A=1', 'C=x=y']);
    expect(envOf({})).toEqual([]);
  });

  it('may be an array of lines, which is copied', () => {
    const lines = ['A=1'];
    expect(envOf(lines)).toEqual(lines);
    expect(envOf(lines)).not.toBe(lines);
    expect(envOf(undefined)).toBe(undefined);
  });

  it.each([5, 'A=1', null, ['A=1', 5], { A: 5 }, { A: null }])('is refused: %j', (env) => {
    expect(() => envOf(env)).toThrow(/^spawn: env of \/bin\/true is .* or an object of strings$/);
  });
});

it('an error about an option names the method that it lacks', () => {
  expect(() => checkOptions({ host: {} }, 'MainLoop', { host: 'a Host' })).toThrow(
    "MainLoop: option 'host' is an object without clockNs(): expected a Host",
  );
});
