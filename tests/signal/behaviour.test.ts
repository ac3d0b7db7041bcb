import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runAlone } from '../host/own-process.ts';
import { childCases } from './behaviour/children.ts';
import { signalCases } from './behaviour/signals.ts';

const folder = join(import.meta.dirname, 'behaviour');

describe.each(['native', 'compat'])('sigfd %s', (mode) => {
  let ended: Ended;
  const results = new Map<string, string>();

  beforeAll(async () => {
    ended = await runAlone(join(folder, 'runner.ts'), mode);
    for (const line of ended.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const { name, problem } = JSON.parse(line) as { name: string; problem: string };
      results.set(name, problem);
    }
  });

  it('the runner succeeds', () => {
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  });

  const cases = [...signalCases, ...childCases].filter((one) => (one.only ?? mode) === mode);
  it.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(results.get(name)).toBe('');
  });
});
