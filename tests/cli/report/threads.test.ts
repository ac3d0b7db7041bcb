/** Reports of runs with several threads: their lanes, the BQL, what goes between them. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contention, lengthNs } from '../../../src/cli/report/big-lock.ts';
import { buildModel, type Model } from '../../../src/cli/report/model.ts';
import { packTrace, unpackTrace } from '../../../src/cli/report/pack.ts';
import { makeAxis } from '../../../src/cli/report/page/axis.ts';
import { layOut, SHADES } from '../../../src/cli/report/page/layout.ts';
import { run } from '../../support/run.ts';
import { modelOfScenario, story, traceOf } from './scenarios.ts';
import { findings, SLOW_NS, titles } from './traces.ts';

const MS = 1e6;
const CONVOY = 'threads/big-lock-convoy';
const SHORT_CONVOY: readonly [string, string][] = [
  ['loop: 5', 'loop: 1'],
  ['until: {accesses: 5}', 'until: {accesses: 1}'],
];

/** A thread that does this to io0 five times, each time once it sleeps. */
const wakes = (what: string): string => `
name: wake-ups
iothreads: {io0: {poll_max: 0ns}}
bottom_halves: {b: {in: io0}}
threads: {t: {do: [{repeat: {times: 5, do: [{wait_asleep: io0}, {wait_for: 1ms}, {${what}}]}}]}}
steps: [settle, {join: t}]
`;

/** Two requests to the thread pool of main, which has one worker. */
const POOL = `
name: pool
drive: aio_poll
main_loop: {thread_pool_max: 1}
words: [left]
requests:
  a: {work: [{compute: 2ms}], do: [{add: {left: 1}}]}
  b: {work: [{compute: 3ms}], do: [{add: {left: 1}}]}
steps: [settle, {submit: a}, {submit: b}, {poll: {until: {left: 2}, quiet: true}}]
`;

describe('a thread pool', () => {
  it('has a lane for each worker, and links from a submit to its completion', async () => {
    const model = await modelOfScenario(POOL);
    const [worker, ...none] = model.workers;
    expect(none).toEqual([]);
    expect(worker!.name).toBe('worker 1 of qemu_aio_context');
    const lengths = worker!.works.map(({ fromNs, toNs }) => Math.round((toNs - fromNs) / MS));
    expect(lengths).toEqual([2, 3]);
    const ofTwo = (name: string): number[] =>
      model.events.flatMap((event, i) => (event.name === name ? [i] : []));
    const [submits, completions] = [ofTwo('thread_pool_submit'), ofTwo('thread_pool_complete')];
    const from = completions.map((node) => model.links.causesOf(node).map((link) => link.from));
    expect(from.flat().toSorted((a, b) => a - b)).toEqual(submits);
    const axis = makeAxis(model, 'time');
    const { bands, rows } = layOut(model, axis);
    const { y } = bands.find(({ name }) => name === worker!.name)!;
    const row = rows.find((one) => one.y > y)!;
    expect([...row.starts]).toEqual(worker!.works.map(({ fromNs }) => fromNs));
    expect([...row.shades].map((shade) => SHADES[shade])).toEqual(['work', 'work']);
  });
});

describe('findings about several threads', () => {
  it('a convoy: one waits, and another takes the lock again and again', async () => {
    const model = await modelOfScenario(story(CONVOY));
    expect(titles(model, 'convoy')).toEqual([
      'A convoy: the main loop waited 25 ms for the BQL, which cpu0 had 6 times meanwhile',
    ]);
    const [place] = findings(model, 'convoy')[0]!.places;
    expect(model.events[place!.node]).toMatchObject({ name: 'bql_lock', args: { self: 1 } });
    expect(place!.endNs - place!.startNs).toBeGreaterThan(25 * MS);
    expect(titles(model, 'long-hold')).toEqual([]);
    const short = await modelOfScenario(story(CONVOY, ...SHORT_CONVOY));
    expect(short.bql.waits.filter(({ behind }) => behind.length > 0)).not.toEqual([]);
    expect(titles(short, 'convoy')).toEqual([]);
  });

  it('a long hold that another waits for', async () => {
    const long = story(CONVOY, ...SHORT_CONVOY, ['compute: 5ms', 'compute: 20ms']);
    expect(titles(await modelOfScenario(long), 'long-hold')).toEqual([
      'cpu0 held the BQL for 20 ms while the main loop waited for it',
    ]);
    const brief = story(CONVOY, ...SHORT_CONVOY);
    expect(titles(await modelOfScenario(brief), 'long-hold')).toEqual([]);
  });

  it('the BQL held over a poll', async () => {
    const kept = await modelOfScenario(story('threads/big-lock-given-back'));
    expect(titles(kept, 'held-poll')).toEqual([
      'The main loop slept 20 ms in a poll with the BQL while t waited for it',
    ]);
    const [place] = findings(kept, 'held-poll')[0]!.places;
    expect(kept.events[place!.node]!.name).toBe('poll_enter');
    // main_loop_wait sleeps as long, and gives it back.
    const given = await modelOfScenario(
      `name: given back
words: [got]
timers: {alarm: {list: main}}
threads: {t: {do: [{wait_for: 5ms}, {lock: bql}, {put: {got: 1}}, {unlock: bql}]}}
steps: [settle, {arm: {alarm: 20ms}}, {main_loop_wait: {until: {got: 1}, quiet: true}}, {main_loop_wait: {quiet: true}}]
`,
    );
    expect(given.bql.waits.some(({ thread }) => thread === 1)).toBe(true);
    expect(titles(given, 'held-poll')).toEqual([]);
  });

  it('wake-ups of another thread without work', async () => {
    const model = await modelOfScenario(wakes('notify: io0'));
    expect(titles(model, 'wakeups')).toEqual([
      expect.stringMatching(
        /^[45] wake-ups without work: in io0: fd \d+ \(aio_context_notifier\) ready, notified by t$/,
      ),
    ]);
    expect(titles(await modelOfScenario(wakes('schedule: b')), 'wakeups')).toEqual([]);
  });

  it('a callback that holds the loop of an IOThread', async () => {
    const model = await modelOfScenario(story('threads/hog'));
    expect(titles(model, 'slow')).toEqual(['bottom half hog held the loop of io0 for 30 ms']);
    expect(titles(model, 'starved')).toEqual(['bottom half quick waited 30 ms for its call']);
    const quick = story(
      'threads/hog',
      ['compute: 30ms', 'compute: 3ms'],
      ['elapsed: ">=30ms"', 'elapsed: ">=3ms"'],
    );
    const fast = await modelOfScenario(quick);
    expect([...titles(fast, 'slow'), ...titles(fast, 'starved')]).toEqual([]);
  });
});

describe('the BQL', () => {
  it('its holds are those of one thread at a time, and its waits know whom they are behind', async () => {
    const { bql, events, threads } = await modelOfScenario(story(CONVOY));
    expect(threads.map(({ name }) => name)).toEqual(['main loop', 'cpu0']);
    bql.holds.forEach((hold, i) => {
      expect(hold.startNs).toBeGreaterThanOrEqual(bql.holds[i - 1]?.endNs ?? 0);
    });
    // Main has it when the trace begins.
    expect(bql.holds[0]).toMatchObject({ thread: 0, begin: -1, startNs: events[0]!.timeNs });
    const [main, cpu] = contention(bql);
    expect(main).toMatchObject({ thread: 0, waits: 1, behind: [{ thread: 1, waits: 1 }] });
    expect(main!.waitedNs).toBe(lengthNs(main!.longest!));
    expect(Math.round(main!.behind[0]!.ns / MS)).toBe(25);
    expect(cpu).toMatchObject({ thread: 1, locks: 7, waits: 0, waitedNs: 0, longest: null });
  });

  it('an arrow goes from the one that gives it back to the one that waited', async () => {
    const { links, events, threadOf } = await modelOfScenario(story(CONVOY));
    const gives = links.all.filter(({ kind }) => kind === 'gives');
    expect(gives.map(({ from, to }) => [events[from]!.name, events[to]!.name])).toEqual([
      ['bql_unlock', 'bql_locked'],
    ]);
    expect(threadOf[gives[0]!.from]).not.toBe(threadOf[gives[0]!.to]);
  });
});

describe('what goes between threads', () => {
  const across = ({ links, threadOf, events }: Model, kind: string): string[] =>
    links.all
      .filter((link) => link.kind === kind && threadOf[link.from] !== threadOf[link.to])
      .map(({ from, to }) => `${events[from]!.name} ${events[to]!.name}`);

  it('arrows go from a remote schedule to its run, and from a notify to the wake-up', async () => {
    const model = await modelOfScenario(wakes('schedule: b'));
    const runs = model.events.filter(
      ({ name, args }) => name === 'aio_bh_call_begin' && args.name === 'b',
    );
    expect(runs).toHaveLength(5);
    const scheduled = across(model, 'schedules');
    const own = scheduled.filter((pair) => pair === 'aio_bh_enqueue aio_bh_call_begin');
    expect(own.length).toBeGreaterThanOrEqual(5);
    const woken = across(model, 'wakes');
    expect(woken.length).toBeGreaterThanOrEqual(5);
    expect(new Set(woken)).toEqual(new Set(['aio_notify poll_return']));
  });

  it('slices nest in each thread, and a wait for the lock is one', async () => {
    const model = await modelOfScenario(story(CONVOY));
    for (const { parent, thread, startNs, endNs } of model.slices) {
      const outer = model.slices[parent];
      if (outer === undefined) continue;
      expect(outer.thread).toBe(thread);
      expect(outer.startNs).toBeLessThanOrEqual(startNs);
      expect(outer.endNs).toBeGreaterThanOrEqual(endNs);
    }
    const waits = model.slices.filter(({ kind, thread }) => kind === 'lock' && thread === 0);
    expect(Math.max(...waits.map(lengthNs))).toBeGreaterThan(25 * MS);
    const holds = model.slices.filter(({ kind }) => kind === 'hold');
    expect(new Set(holds.map(({ thread }) => thread))).toEqual(new Set([1]));
    expect(holds).toHaveLength(7);
  });
});

describe('a trace of several threads', () => {
  it('is the same after it was packed', async () => {
    const trace = await traceOf(story('threads/hog'));
    const before = buildModel(trace, { slowNs: SLOW_NS });
    const after = buildModel(unpackTrace(packTrace(trace)), { slowNs: SLOW_NS });
    expect(after.threads).toEqual(before.threads);
    expect(after.threadOf).toEqual(before.threadOf);
    expect(after.slices.map(lengthNs)).toEqual(before.slices.map(lengthNs));
    expect(after.links.all).toEqual(before.links.all);
    expect(after.checks.map(({ findings: found }) => found.map(({ title }) => title))).toEqual(
      before.checks.map(({ findings: found }) => found.map(({ title }) => title)),
    );
  });

  it('of the format simple has the same threads, with the names of their contexts', async () => {
    const { events } = await traceOf(story('threads/hog'), 'simple');
    const trace = { events, dropped: 0, truncated: false };
    const { threads, checks } = buildModel(trace, { slowNs: SLOW_NS });
    expect(threads.map(({ name }) => name).toSorted()).toEqual(['io0', 'io1', 'main loop']);
    expect(checks.flatMap(({ findings: found }) => found.map(({ title }) => title))).toContain(
      'bottom half hog held the loop of io0 for 30 ms',
    );
  });

  it('--report has all threads, and the text says who waited for the BQL', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-lock-'));
    try {
      const page = join(dir, 'lock.html');
      const { status, stderr } = await run([
        'run',
        '--report',
        page,
        'scenarios/threads/big-lock-convoy.yaml',
      ]);
      expect(status).toBe(0);
      const [head, convoy, ...lock] = stderr.trimEnd().split('\n');
      expect(head).toMatch(/^\S+lock\.html: \d+ events of 2 threads, 1 finding$/);
      expect(convoy).toMatch(/^ {2}A convoy: /);
      expect(lock).toEqual([
        '  the BQL:',
        '    the main loop waited 25 ms in 1 of 8 locks, behind cpu0 (25 ms)',
      ]);
      expect(readFileSync(page, 'utf8')).toContain('"cpu0"');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
