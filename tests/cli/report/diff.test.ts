import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { align } from '../../../src/cli/report/diff/align.ts';
import {
  CHANGED,
  diffTraces,
  ONLY_A,
  ONLY_B,
  SAME,
  type TraceDiff,
} from '../../../src/cli/report/diff/compare.ts';
import { diffText } from '../../../src/cli/report/diff/diff-text.ts';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import type { EventName } from '../../../src/trace/catalogue.ts';
import type { TraceRecord } from '../../../src/trace/read.ts';

type Args = Record<string, number | string>;
type Step = readonly [EventName, Args, thread?: string];

/** A trace of these events, 1 µs apart. */
function trace(...steps: readonly Step[]): ReportTrace {
  const events = steps.map(([name, args, thread], i): TraceRecord => {
    const event = { name, timeNs: 5000 + i * 1000, args };
    return thread === undefined ? event : { ...event, tid: 7, thread };
  });
  return { events, dropped: 0, truncated: false };
}

const phase = (name: string): Step => ['main_loop_phase', { phase: name }];
const spawn = (pid: number, name: string): Step => [
  'child_spawn',
  { pid, name, command: `sh ${name}` },
];
const notify = (ctx: string, me: number): Step => [
  'aio_notify',
  { ctx, notify_me: me, wrote: 0, kept: 0 },
];

function compare(a: ReportTrace, b: ReportTrace, exact = false): TraceDiff {
  return diffTraces(a, b, { exact });
}

/** The rows as `a b kind`. */
function rows(diff: TraceDiff): string[] {
  return diff.a.map((a, i) => `${a} ${diff.b[i]} ${diff.kinds[i]}`);
}

const PLAIN = { color: false, width: 0 };

describe('align', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 });

  it('has each place once and in order, and puts only equal keys beside each other', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        const [a, b] = [Int32Array.from(one), Int32Array.from(other)];
        const rowsOf = align(a, b);
        expect(rowsOf.a.filter((i) => i >= 0)).toEqual([...one.keys()]);
        expect(rowsOf.b.filter((i) => i >= 0)).toEqual([...other.keys()]);
        const pairs = rowsOf.a.filter((i, row) => i >= 0 && rowsOf.b[row]! >= 0);
        expect(pairs.length).toBe(longestCommon(one, other));
        rowsOf.a.forEach((i, row) => {
          const j = rowsOf.b[row]!;
          if (i >= 0 && j >= 0) expect(a[i]).toBe(b[j]);
        });
      }),
    );
  });

  it('is done in pieces if two long lists have little in common', () => {
    const a = Int32Array.from({ length: 4000 }, (_, i) => i % 7);
    const b = Int32Array.from({ length: 3000 }, (_, i) => 100 + (i % 5));
    b[2990] = 3;
    const rowsOf = align(a, b);
    expect(rowsOf.a.filter((i) => i >= 0)).toHaveLength(4000);
    expect(rowsOf.b.filter((i) => i >= 0)).toEqual([...b.keys()]);
  });
});

function longestCommon(a: readonly number[], b: readonly number[]): number {
  let before = new Array<number>(b.length + 1).fill(0);
  for (const key of a) {
    const next = [0];
    b.forEach((other, j) => {
      next.push(key === other ? before[j]! + 1 : Math.max(before[j + 1]!, next[j]!));
    });
    before = next;
  }
  return before.at(-1)!;
}

describe('diffTraces', () => {
  it('pids, ids of objects and times do not count, unless exact', () => {
    const a = trace(spawn(10, 'one'), spawn(11, 'two'), notify('io0', 1));
    const b = trace(spawn(70, 'one'), spawn(90, 'two'), notify('io0', 1));
    expect(compare(a, b)).toMatchObject({ first: -1, counts: [3, 0, 0, 0] });
    expect(compare(a, b, true)).toMatchObject({ first: 0, counts: [1, 2, 0, 0] });
    const late = { ...a, events: a.events.map((e, i) => ({ ...e, timeNs: e.timeNs + i })) };
    expect(compare(a, late)).toMatchObject({ first: -1 });
    expect(compare(a, late, true)).toMatchObject({ first: 1 });
  });

  it('a pid that stands for two is a difference', () => {
    const reap = (pid: number): Step => ['child_status', { pid, name: 'one', code: 5, status: 19 }];
    const a = trace(spawn(10, 'one'), reap(10));
    const b = trace(spawn(70, 'one'), reap(71));
    expect(compare(a, b)).toMatchObject({ first: 1, counts: [1, 1, 0, 0] });
  });

  it('of a timeout only counts whether there is one, and whether it is 0', () => {
    const poll = (timeout: number): Step => ['poll_enter', { call: 'ppoll', nfds: 3, timeout }];
    expect(compare(trace(poll(5e6)), trace(poll(7e6))).first).toBe(-1);
    expect(compare(trace(poll(5e6)), trace(poll(0))).first).toBe(0);
    expect(compare(trace(poll(5e6)), trace(poll(-1))).first).toBe(0);
  });

  it('finds what is changed, what only one has, and goes on in step', () => {
    const a = trace(phase('prepare'), notify('io0', 0), phase('poll'), phase('check'));
    const b = trace(phase('prepare'), notify('io0', 2), phase('check'), spawn(9, 'late'));
    const diff = compare(a, b);
    expect(rows(diff)).toEqual([
      `0 0 ${SAME}`,
      `1 1 ${CHANGED}`,
      `2 -1 ${ONLY_A}`,
      `3 2 ${SAME}`,
      `-1 3 ${ONLY_B}`,
    ]);
    expect(diff).toMatchObject({ first: 1, counts: [2, 1, 1, 1] });
  });

  it('the same event of another thread is another event', () => {
    const [name, args] = phase('poll');
    const a = trace(phase('poll'), [name, args, 'io0']);
    const b = trace(phase('poll'), [name, args, 'io1']);
    expect(compare(a, b)).toMatchObject({ counts: [1, 1, 0, 0], first: 1 });
  });
});

describe('the text of a comparison', () => {
  const a = trace(...Array.from({ length: 20 }, () => phase('poll')), phase('check'));
  const b = trace(...Array.from({ length: 20 }, () => phase('poll')), notify('io0', 0));
  const sides = [
    { title: 'a.json', trace: a },
    { title: 'b\x1b[31m.json', trace: b },
  ];

  it('marks the first difference, and leaves out what is the same', () => {
    const text = diffText(compare(a, b), sides, PLAIN);
    expect(text).toContain('The first difference is event 20 of A, after 20 µs.');
    expect(text).toContain('… 17 the same\n  17 main_loop_phase phase poll');
    expect(text).toMatch(/→ the first difference\n- 20 main_loop_phase phase check\n\+ 20 aio_/);
    expect(text).not.toContain('\x1b');
  });

  it('is beside each other from 100 columns on, and never wider than the terminal', () => {
    const wide = diffText(compare(a, a), sides, { color: false, width: 120 });
    expect(wide).toContain('The runs are the same: 21 events.');
    const beside = diffText(compare(a, b), sides, { color: false, width: 100 }).split('\n');
    expect(beside.find((line) => line.includes('phase check'))).toMatch(/check +<$/);
    for (const width of [40, 80]) {
      const lines = diffText(compare(a, b), sides, { color: false, width }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });
});
