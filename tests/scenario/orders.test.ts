/** All orders of a scenario: the search, and the schedules that name them. */

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { OrderSearch } from '../../src/scenario/orders/order-search.ts';
import { formatSchedule, parseSchedule } from '../../src/scenario/orders/schedule.ts';
import { ScheduledChoices } from '../../src/scenario/orders/scheduled-choices.ts';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';
import { runSim, scenarioOf } from './files.ts';

const spare = new SpareWorkers();
afterAll(() => spare.dispose());

function search(text: string, { preemptions = 2, mostRuns = 20_000 } = {}): OrderSearch {
  const made = new OrderSearch(scenarioOf(`name: x\n${text}`), {
    preemptions,
    mostRuns,
    makeWorld: (seed, choices) => new SimWorld(seed, undefined, spare, choices),
  });
  while (made.next());
  return made;
}

function textOf({ order }: RunResult): string {
  return order.map(({ text }) => text).join(' ');
}

function orders(text: string, options = {}): string[] {
  return search(text, options)
    .orders.map(({ result }) => textOf(result))
    .sort();
}

/** Runs the order of that name. */
function runOrder(text: string, schedule: string): RunResult {
  const choices = new ScheduledChoices(parseSchedule(schedule)!);
  const make = (seed: number) => new SimWorld(seed, undefined, spare, choices);
  const result = runScenario(scenarioOf(`name: x\n${text}`), make);
  choices.check();
  return result;
}

describe('a schedule', () => {
  it('is read as it was written', () => {
    const ways = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 });
    fc.assert(
      fc.property(ways, (list) => {
        const text = formatSchedule(list);
        const end = list.findLastIndex((way) => way !== 0) + 1;
        expect(parseSchedule(text)).toEqual(list.slice(0, end));
      }),
    );
  });

  it.each(['', 'x', '1', '1:0', '1:2.', '1:2.3', '-1:2', '9999999:1', '1:2 '])(
    'is not %j',
    (text) => {
      expect(parseSchedule(text)).toBeNull();
    },
  );

  it('of another file does not fit', () => {
    expect(() => runOrder('steps: [{log: a}]', '3:1')).toThrow(
      'the schedule 3:1 is not one of this file: the run has 0 places of choice, and the schedule 4',
    );
  });
});

const TWO_KICKS = `
fds: {e: {}, f: {}}
timeline: [{at: 1ms, do: [{log: one}, {kick: e}]}, {at: 1ms, do: [{log: two}]}]
steps: [{run: {for: 3ms}}]
`;

describe('the orders of a file', () => {
  it('are one if it leaves nothing open', () => {
    expect(search('steps: [{log: a}]').runs).toBe(1);
  });

  it('are those of events at the same time; the actions of an entry stay together', () => {
    expect(orders(TWO_KICKS)).toEqual(['one two e', 'two one e']);
  });

  it('are those within jitter, and each is within it', () => {
    const text = `
jitter: 3ms
children: {a: {after: 10ms, start: true}}
timeline: [{at: 12ms, do: [{log: late}]}, {at: 14ms, do: [{log: over}]}]
steps: [run]
`;
    expect(orders(text)).toEqual([
      'a exited 0 late over',
      'a exited 0 over late',
      'late a exited 0 over',
    ]);
  });

  it('keep the distance of the parts of an entry', () => {
    const text = `
jitter: 5ms
timeline: [{at: 1ms, do: [{log: a}, {wait_for: 2ms}, {log: b}]}, {at: 2ms, do: [{log: c}]}]
steps: [run]
`;
    const found = search(text);
    for (const { result } of found.orders) {
      const [a, b] = ['a', 'b'].map(
        (name) => result.order.find((one) => one.text === name)!.timeNs,
      );
      expect(b! - a!).toBeGreaterThanOrEqual(2e6);
      expect(b! - a!).toBeLessThan(2.001e6);
    }
    expect(found.orders.length).toBe(3);
  });

  it('are all interleavings of two threads', () => {
    const text = 'drive: aio_poll\nthreads: {t: {do: [{log: a}, {log: b}]}, u: {do: [{log: c}]}}';
    expect(orders(text, { preemptions: 0 })).toEqual(['t: a t: b u: c', 'u: c t: a t: b']);
    const all = ['t: a t: b u: c', 't: a u: c t: b', 'u: c t: a t: b'];
    expect(orders(text, { preemptions: 1 })).toEqual(all);
  });

  it('are cut off if the runs are used up', () => {
    const found = search(TWO_KICKS, { mostRuns: 1 });
    expect([found.runs, found.isCut]).toEqual([1, true]);
    expect(search(TWO_KICKS).isCut).toBe(false);
  });

  it('are run again by their schedules', () => {
    const text = `
jitter: 2ms
fds: {e: {}}
children: {a: {after: 2ms, start: true}}
timeline: [{at: 3ms, do: [{kick: e}]}, {at: 4ms, do: [{log: x}]}]
steps: [run]
`;
    const found = search(text);
    expect(found.orders.length).toBeGreaterThan(4);
    for (const { schedule, result } of found.orders) {
      expect(JSON.stringify(runOrder(text, schedule))).toBe(JSON.stringify(result));
    }
  });
});

describe('a search', () => {
  const event = fc.record({
    kind: fc.constantFrom('child', 'kick', 'signal', 'log'),
    ms: fc.integer({ min: 1, max: 4 }),
  });
  /** A file of events that overlap, each seen by the loop. */
  const files = fc.array(event, { minLength: 2, maxLength: 3 }).map((events) => {
    const at = (kind: string) => events.filter((one) => one.kind === kind);
    const children = at('child').map(({ ms }, i) => `c${i}: {after: ${ms}ms, start: true}`);
    const acts = events.flatMap(({ kind, ms }, i) => {
      const act =
        kind === 'kick'
          ? 'kick: e'
          : kind === 'signal'
            ? 'kill: SIGUSR1'
            : kind === 'log'
              ? `log: l${i}`
              : null;
      return act === null ? [] : [`{at: ${ms}ms, do: [{${act}}]}`];
    });
    return `
jitter: 2ms
signals: {SIGUSR1: {}}
fds: {e: {}}
children: {${children.join(', ')}}
timeline: [${acts.join(', ')}]
steps: [run]
`;
  });

  it('finds the order of every seed', () => {
    fc.assert(
      fc.property(files, (text) => {
        const found = new Set(orders(text));
        for (let seed = 1; seed <= 15; seed++) {
          expect(found).toContain(textOf(runSim(scenarioOf(`name: x\n${text}`), seed)));
        }
      }),
      { numRuns: 12 },
    );
  });
});
