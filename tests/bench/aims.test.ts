import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aimsMarkdown, aimsOf, aimsText } from '../../bench/aims.ts';
import { benchRun, result } from './bench-run.ts';

const PIPE = 'pipe byte, aio_poll, handler reads';

describe('aims', () => {
  it('are met at their limit, and missed above it', () => {
    const pipe = (ours: number) =>
      aimsOf(benchRun([result(PIPE, { rounds: { ours: [ours], c: [100] } })]));
    const aim = 'pipe: at most 1.5 of plain C';
    expect(pipe(150)).toEqual([{ aim, cameOut: '1.50', met: true }]);
    expect(pipe(151)).toEqual([{ aim, cameOut: '1.51', met: false }]);
    expect(pipe(150.2)).toEqual([{ aim, cameOut: '1.502', met: false }]);
  });

  it('are rates for children', () => {
    const name = '100 children at once';
    const of = (ours: number) => {
      const results = [result(name, { rounds: { ours: [ours], c: [95] } })];
      const sections = [{ name: 'children', about: '', results, notes: [] }];
      return aimsOf(benchRun([], { sections }));
    };
    expect(of(100)).toMatchObject([{ cameOut: '0.95', met: true }]);
    expect(of(101)).toMatchObject([{ cameOut: '0.94', met: false }]);
  });

  it('name the rows that are slower than QEMU', () => {
    const rows = [
      result('a', { qemuNs: 250, rounds: { ours: [200], qemu: [100] } }),
      result('b', { qemuNs: 100 }),
    ];
    expect(aimsText(benchRun(rows)).split('\n')).toEqual([
      'aims',
      'MISSED  no row of core slower than QEMU recorded: b 2.00',
      'MISSED  no row of core slower than QEMU here: a 2.00',
    ]);
    expect(aimsText(benchRun([result('a', { qemuNs: 200 })]))).toContain('met     no row');
    expect(aimsText(benchRun([]))).toBe('');
  });

  it('each have a figure in the run that the page shows', () => {
    const path = join(import.meta.dirname ?? '.', '..', '..', 'docs', 'performance.json');
    const lines = aimsMarkdown(JSON.parse(readFileSync(path, 'utf8'))).split('\n');
    expect(lines).toHaveLength(2 + 13);
    for (const line of lines.slice(2)) expect(line).toMatch(/^\| .+ \| .+ \| (yes|no) \|$/);
  });
});
