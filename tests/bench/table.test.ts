import { describe, expect, it } from 'vitest';
import { factorLines } from '../../bench/print.ts';
import { machineFactor } from '../../bench/result.ts';
import { cells, markdownTable, textTable, whyNot } from '../../bench/table.ts';
import { benchRun, result } from './bench-run.ts';

describe('a table', () => {
  it('leaves out the columns that are empty in every row', () => {
    expect(cells([result('a')])[0]).toEqual(['work', 'ours', 'min–max']);
    const some = [result('a'), result('b', { rounds: { ours: [1], c: [2] } })];
    expect(cells(some)[0]).toEqual(['work', 'ours', 'min–max', 'plain C', 'ours/']);
    expect(cells(some)[1]).toEqual(['a', '200', '100–300', '', '']);
  });

  it('has no column for us if only others are measured', () => {
    expect(cells([result('a', { rounds: { c: [1234] } })])).toEqual([
      ['work', 'plain C'],
      ['a', '1,234'],
    ]);
  });

  it('divides our median by each peer’s', () => {
    const [, row] = cells([
      result('a', { qemuNs: 100, rounds: { ours: [100, 300, 200], qemu: [400], node: [8000] } }),
    ]);
    expect(row).toEqual(['a', '200', '100–300', '400', '0.50', '100', '2.00', '8,000', '0.025']);
  });

  it('compares round by round, if both sides have all rounds', () => {
    const rounds = { ours: [100, 100, 300], c: [50, 100, 100] };
    expect(cells([result('a', { rounds })])[1]).toEqual(['a', '100', '100–300', '100', '2.00']);
  });

  it('scales the ratio to a recorded figure by the machine’s factor, beside the raw one', () => {
    const [head, row] = cells([result('a', { qemuNs: 100 }), result('b')], 1.25);
    expect(head!.slice(3)).toEqual(['QEMU recorded', 'ours/', 'scaled']);
    expect(row!.slice(3)).toEqual(['100', '2.00', '1.60']);
  });

  it('marks a side that could not be measured, and says why once', () => {
    const why = { glib: 'not today' };
    const results = [result('a', { why }), result('b', { why }), result('c')];
    expect(cells(results).map((row) => row[3])).toEqual(['GLib', '–', '–', '']);
    expect(whyNot(results)).toEqual(['GLib: not today']);
  });

  it('shows values in the unit of their row; ratios stay ratios of times', () => {
    const of = (unit: 'ms' | 'µs' | 'per second' | 'bytes', ours: number[]): string[] =>
      cells([result('a', { unit, rounds: { ours, c: [4e6] } })])[1]!;
    expect(of('ms', [2e6, 2e6])).toEqual(['a', '2 ms', '2–2', '4 ms', '0.50']);
    expect(of('µs', [2e6])).toEqual(['a', '2,000 µs', '4,000 µs', '0.50']);
    expect(of('per second', [2e6, 2e6, 1e6])).toEqual(['a', '500/s', '500–1,000', '250/s', '0.50']);
    expect(of('bytes', [2e6])).toEqual(['a', '2.0 MB', '4.0 MB', '0.50']);
    expect(of('bytes', [512])[1]).toBe('512');
    expect(of('ms', [43_210])).toEqual(['a', '0.043 ms', '4 ms', '0.011']);
    expect(of('ms', [4e9])).toEqual(['a', '4,000 ms', '4 ms', '1,000']);
  });

  it('is aligned as text, and is Markdown for a page', () => {
    const results = [result('a'), result('long name', { rounds: { ours: [5] } })];
    expect(textTable(results).split('\n')).toEqual([
      'work       ours  min–max',
      'a           200  100–300',
      'long name     5',
    ]);
    expect(markdownTable([result('a')])).toBe(
      '| work | ours | min–max |\n| --- | --: | --: |\n| a | 200 | 100–300 |',
    );
  });
});

it('the factor of a machine is the geometric mean', () => {
  const factor = (hereNs: number) => ({ work: 'work', hereNs, referenceNs: 100 });
  expect(machineFactor({ factors: [factor(200), factor(800)] })).toBeCloseTo(4);
  expect(machineFactor({ factors: [] })).toBeUndefined();
});

it('the speed of this machine is given as a factor', () => {
  const factors = [{ work: 'getppid', hereNs: 201, referenceNs: 134 }];
  expect(factorLines(benchRun([], { factors }))[0]).toBe(
    "this machine / reference machine: 1.50 by plain C's getppid (201 ns here, 134 there)",
  );
  expect(factorLines(benchRun([]))).toEqual([
    'this machine / reference machine: unknown without plain C',
  ]);
});
