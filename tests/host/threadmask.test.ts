import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runAlone } from './own-process.ts';

interface Stage {
  masks: Record<string, string>;
  actions: string;
  maps: number;
}

interface Report {
  main: string;
  signals: number[];
  before: Stage;
  blocked: Stage;
  reaped: number;
  later: Record<string, string>;
  stillReaped: number;
  restored: number;
  after: Stage;
}

let report: Report;
let wanted: bigint;

function bits(masks: Record<string, string>): [string, bigint][] {
  return Object.entries(masks).map(([tid, hex]) => [tid, BigInt(`0x${hex}`)]);
}

beforeAll(async () => {
  const ended = await runAlone(join(import.meta.dirname, 'threadmask-child.ts'));
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  report = JSON.parse(ended.stdout) as Report;
  wanted = report.signals.reduce((set, signo) => set | (1n << BigInt(signo - 1)), 0n);
});

describe('blockSignals', () => {
  it('blocks the signals in every thread, and no others', () => {
    const before = new Map(bits(report.before.masks));
    expect(before.size).toBeGreaterThan(4);
    for (const [tid, mask] of bits(report.blocked.masks)) {
      expect(mask, tid).toBe((before.get(tid) ?? 0n) | wanted);
    }
  });

  it('holds for threads that start later', () => {
    const known = new Set(Object.keys(report.blocked.masks));
    const born = bits(report.later).filter(([tid]) => !known.has(tid));
    expect(born.length).toBeGreaterThan(4);
    for (const [tid, mask] of bits(report.later)) expect(mask & wanted, tid).toBe(wanted);
  });

  it('loses no child of 300, before and after those threads start', () => {
    expect([report.reaped, report.stillReaped]).toEqual([300, 300]);
  });

  it('leaves dispositions as they were, and no page of code', () => {
    expect(report.blocked.actions).toBe(report.before.actions);
    expect(report.blocked.maps).toBe(report.before.maps);
  });
});

describe('restoreSignalMask', () => {
  it("puts every thread's mask back", () => {
    expect(report.restored).toBe(0);
    const after = new Map(bits(report.after.masks));
    for (const [tid, mask] of bits(report.before.masks)) expect(after.get(tid), tid).toBe(mask);
  });

  it('unblocks in threads that started since', () => {
    for (const [tid, mask] of bits(report.after.masks)) {
      if (!(tid in report.before.masks)) expect(mask & wanted, tid).toBe(0n);
    }
  });

  it('leaves dispositions as they were, and no page of code', () => {
    expect(report.after.actions).toBe(report.before.actions);
    expect(report.after.maps).toBe(report.before.maps);
  });
});
