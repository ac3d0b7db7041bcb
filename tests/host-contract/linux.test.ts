import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runAlone } from '../host/own-process.ts';
import { cases } from './cases/index.ts';
import type { CaseResult } from './contract.ts';

describe.each([
  ['code of our own', 'own', ''],
  ['the C library', 'libc', ''],
  ['a signal handler of our own', 'handler', 'signal pipe'],
])('by %s', (_what, way, only) => {
  const chosen = cases.filter(({ name }) => name.includes(only));
  let ended: Ended;
  const results = new Map<string, CaseResult>();

  beforeAll(async () => {
    ended = await runAlone(join(import.meta.dirname, 'linux-runner.ts'), way, only);
    for (const line of ended.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const result = JSON.parse(line) as CaseResult;
      results.set(result.name, result);
    }
  });

  it('the runner succeeds, and no two cases have the same name', () => {
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
    expect(new Set(chosen.map(({ name }) => name)).size).toBe(chosen.length);
  });

  it.each(chosen.map(({ name }) => name))('%s', (name) => {
    expect(results.get(name)).toEqual({ name, ok: true });
  });
});
