import type { BenchRun, Result } from '../../bench/result.ts';

export function result(name: string, rest: Partial<Result> = {}): Result {
  return { name, unit: 'ns', rounds: { ours: [100, 300, 200] }, ...rest };
}

export function benchRun(results: readonly Result[], rest: Partial<BenchRun> = {}): BenchRun {
  return {
    date: '2020-02-03T04:05:06.000Z',
    commit: 'abc123',
    machine: 'a machine',
    cores: 2,
    kernel: '6.1',
    node: 'v20.0.0',
    rounds: 3,
    versions: { QEMU: '7.2.0' },
    factors: [],
    problems: [],
    sections: [{ name: 'core', about: 'the core', results, notes: ['a note'] }],
    ...rest,
  };
}
