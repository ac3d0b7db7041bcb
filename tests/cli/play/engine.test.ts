/** The engine of the playground, without a page. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstDifference } from '../../../src/cli/drawing/story-drawing.ts';
import { exploreBarrier } from '../../../src/cli/play/barriers.ts';
import { CODE, lineOf } from '../../../src/cli/play/code.ts';
import { compare, framesOf, ordersOf, problemsOf, record } from '../../../src/cli/play/engine.ts';
import type { Order, Play } from '../../../src/cli/play/protocol.ts';
import { RunView } from '../../../src/cli/play/run-view.ts';
import type { Weakness } from '../../../src/cli/weak/weaknesses.ts';
import { EV } from '../../../src/trace/catalogue.ts';
import { runSim, scenarioDir, scenarioFiles, scenarioIn } from '../../scenario/files.ts';
import { root } from '../../support/run.ts';

const story = (path: string): string => readFileSync(join(root, 'scenarios', path), 'utf8');
const play = (text: string, weaknesses: readonly Weakness[] = []): Play => ({
  text,
  seed: null,
  schedule: null,
  weaknesses,
});
const SIGCHLD = play(story('sigchld.yaml'));

describe('a recording', () => {
  const stories = scenarioFiles(scenarioDir('scenarios')).filter(
    (file) => scenarioIn(scenarioDir('scenarios'), file).host === 'sim',
  );

  it.each(stories)('of %s has the order log of the command', (file) => {
    const expected = runSim(scenarioIn(scenarioDir('scenarios'), file));
    const { entries, status, iterations, elapsedNs } = record(play(story(file)));
    expect(entries.map(({ text, timeNs }) => [text, timeNs])).toEqual(
      expected.order.map(({ text, timeNs }) => [text, timeNs]),
    );
    expect({ status, iterations, elapsedNs }).toEqual({
      status: expected.status,
      iterations: expected.iterations,
      elapsedNs: expected.elapsedNs,
    });
  });

  it('ends if the run does not', () => {
    const text =
      'name: endless\nfds: {e: {drain: false}}\nsteps: [{kick: e}, {run: {iterations: 1000000}}]';
    const { status, failures, ids } = record(play(text));
    expect(status).toBe(1);
    expect(failures[0]).toMatch(/stopped after 300000 events: it does not end by itself/);
    expect(ids.length).toBeLessThan(310_000);
  });

  it('is refused for a file with problems, and for one that needs real processes', () => {
    expect(() => record(play('name: x\nsteps: [stepp]'))).toThrow(/^line 2: found 'stepp'/);
    const real = 'name: x\nhost: linux\nchildren: {a: {command: "true"}}\nsteps: [{spawn: a}]';
    expect(() => record(play(real))).toThrow(/needs --host linux/);
    expect(problemsOf('name: x\nsteps: [stepp]')).toMatchObject([{ line: 2, column: 9 }]);
  });
});

describe('the machine', () => {
  const recording = record(SIGCHLD);
  const frames = framesOf(SIGCHLD, 0, recording.ids.length);
  const afterFirst = (id: number): (typeof frames)[number] => frames[recording.ids.indexOf(id)]!;

  it('has a frame for each event, the same from whichever window', () => {
    expect(frames).toHaveLength(recording.ids.length);
    expect(framesOf(SIGCHLD, 30, 40)).toEqual(frames.slice(30, 40));
    const withoutLooking = record(SIGCHLD);
    expect(withoutLooking).toEqual(recording);
  });

  it('looks at every nth event of a long run', () => {
    expect(framesOf(SIGCHLD, 10, 40, 7)).toEqual([10, 17, 24, 31, 38].map((i) => frames[i]));
  });

  it('shows the child as it lives, dies and is reaped', () => {
    const spawned = recording.ids.indexOf(EV.child_spawn);
    // Its command is its name, not the path of a simulated program.
    expect(recording.args[spawned]).toEqual([1001, 'child', 'child']);
    expect(afterFirst(EV.child_spawn).processes).toEqual([
      { pid: 1001, name: 'child', state: 'running' },
    ]);
    const dead = afterFirst(EV.signalfd_record);
    expect(dead.processes[0]!.state).toBe('zombie');
    expect(afterFirst(EV.child_reap).processes).toEqual([]);
  });

  it('shows the signal pending, then the signalfd that has it', () => {
    const woken = frames[recording.ids.lastIndexOf(EV.signalfd_read) - 3]!;
    expect(woken.pending).toEqual([]);
    const returned = recording.ids.findIndex(
      (id, i) => id === EV.poll_return && recording.args[i]![1] === 1,
    );
    const { pending, threads } = frames[returned]!;
    expect(pending).toEqual(['SIGCHLD']);
    const signalfd = threads[0]!.contexts[1]!.fds.find(({ name }) => name === 'signalfd')!;
    expect(signalfd.ready & signalfd.events).not.toBe(0);
  });

  it('shows bh_list in its order, and the slice that was taken', () => {
    const text =
      'name: x\nbottom_halves: {a: {}, b: {}}\nsteps: [{schedule: a}, {schedule: b}, step]';
    const two = play(text);
    const { ids } = record(two);
    const all = framesOf(two, 0, ids.length);
    const context = (event: number) => all[event]!.threads[0]!.contexts[0]!;
    expect(context(ids.lastIndexOf(EV.aio_bh_enqueue)).list).toEqual(['b', 'a']);
    const called = ids.indexOf(EV.aio_bh_call_begin);
    expect(context(called)).toMatchObject({ list: [], slices: [['a']] });
  });

  it('shows counters, notify_me, and timers', () => {
    const text = `name: x
fds: {e: {drain: false}}
timers: {t: {}}
steps: [settle, {kick: e}, {kick: e}, {arm: {t: 5ms}}, step, run: {iterations: 2}]`.replace(
      'run: {iterations: 2}',
      '{run: {iterations: 2}}',
    );
    const kicked = play(text);
    const { ids, args } = record(kicked);
    const all = framesOf(kicked, 0, ids.length);
    const armed = all[ids.indexOf(EV.timer_mod)]!.threads[0]!;
    expect(armed.timers).toMatchObject([{ name: 't', list: 'main_loop_tlg' }]);
    expect(armed.contexts[1]!.fds.find(({ name }) => name === 'e')).toMatchObject({ amount: 2 });
    const entered = ids.findIndex((id, i) => id === EV.poll_enter && args[i] !== undefined);
    expect(all[entered]!.threads[0]!.contexts[0]!.notifyMe).toBe(1);
  });
});

describe('a link taken away', () => {
  const coalescing = play(story('sigchld-coalescing.yaml'));
  const late = play(story('why/notify-lost.yaml').replace(/^faults:.*$/m, ''));

  it.each([
    ['one_waitpid', coalescing, /b exited 2/],
    ['sig_ign', SIGCHLD, /child exited 3/],
    ['always_sleep', play(story('sigchld.yaml')), null],
    [
      'one_record',
      play(story('why/one-record-a-read.yaml').replace(/^faults:.*$/m, '')),
      /SIGUSR2/,
    ],
    ['no_wakeup', late, null],
  ] as const)('%s: the run differs from the sound one', (weakness, sound, lost) => {
    const { diff, firstEvent } = compare({ ...sound, weaknesses: [weakness] });
    expect(firstEvent).toBeGreaterThan(0);
    const missing = diff.filter(({ sign }) => sign === '-').map(({ text }) => text);
    if (lost !== null) expect(missing.join('\n')).toMatch(lost);
  });

  it('no_wakeup: what is scheduled while the loop sleeps waits for the timer', () => {
    const whenLate = (weaknesses: readonly Weakness[]): number =>
      record({ ...late, weaknesses }).entries.find(({ text }) => text === 'late')!.timeNs;
    expect(whenLate([])).toBeLessThan(11e6);
    expect(whenLate(['no_wakeup'])).toBeGreaterThan(49e6);
  });

  it('none: nothing differs', () => {
    expect(compare(SIGCHLD)).toMatchObject({ firstEvent: -1 });
  });
});

describe('all orders', () => {
  const RARE = play(story('rare-order.yaml'));

  it('each has its runs, its verdict and a schedule that plays it', () => {
    const { orders, runs, isCut } = ordersOf(RARE, 1000);
    expect(isCut).toBe(false);
    expect(orders.map(({ status }) => status)).toEqual([0, 1]);
    expect(orders.reduce((sum, order) => sum + order.runs, 0)).toBe(runs);
    for (const { schedule, entries, status, failures } of orders) {
      const run = record({ ...RARE, schedule });
      expect(run.entries.map(({ text }) => text)).toEqual(entries);
      expect([run.status, run.failures]).toEqual([status, failures]);
      const last = run.ids.length - 1;
      const [frame] = framesOf({ ...RARE, schedule }, last, last + 1);
      expect(frame!.nowNs).toBeGreaterThan(0);
    }
  });

  it('a file that leaves nothing open has one', () => {
    expect(ordersOf(play('name: x\nsteps: [step]\n'), 30)).toMatchObject({
      runs: 1,
      isCut: false,
      orders: [{ schedule: '0', runs: 1, status: 0 }],
    });
  });

  it('the search ends after its runs', () => {
    expect(ordersOf(play(story('storm.yaml')), 30)).toMatchObject({ runs: 30, isCut: true });
  });

  it('are those of the kernel without the link, and each plays on that kernel', () => {
    const text = story('sigchld-coalescing.yaml');
    const sound = ordersOf(play(text), 200).orders;
    expect(sound.map(({ status }) => status)).toEqual([0]);
    expect(sound[0]!.entries).toContain('b exited 2');
    const { orders } = ordersOf(play(text, ['one_waitpid']), 200);
    expect(orders.map(({ status }) => status)).toEqual([1]);
    const [{ schedule, entries, failures }] = orders as [Order];
    expect(entries).toEqual(['SIGCHLD', 'a exited 1']);
    expect(failures[0]).toMatch(/^- b exited 2$/m);
    const played = record({ ...play(text, ['one_waitpid']), schedule });
    expect(played.entries.map((entry) => entry.text)).toEqual(entries);
  });

  it('without wake-ups: the kernel knows which eventfds are those', () => {
    const late = story('why/notify-lost.yaml').replace(/^faults:.*$/m, '');
    const entriesOf = (weaknesses: readonly Weakness[]): readonly string[] =>
      ordersOf(play(late, weaknesses), 50).orders[0]!.entries;
    expect(entriesOf([])).not.toContain('alarm');
    expect(entriesOf(['no_wakeup'])).toEqual(['mlw', 'late', 'alarm', 'mlw']);
  });

  it('a run that does not end is stopped, and the search goes on', () => {
    const text =
      'name: endless\nfds: {e: {drain: false}}\nsteps: [{kick: e}, {run: {iterations: 100000}}]';
    const { orders, runs } = ordersOf(play(text), 5);
    expect(runs).toBe(1);
    expect(orders.map(({ status, failures }) => [status, failures])).toEqual([
      [1, ['it was stopped: it does not end by itself']],
    ]);
  });

  it('of threads, and a schedule of another file, are refused', () => {
    const threads = play('name: x\niothreads: {io0: {}}\nsteps: []\n');
    expect(() => ordersOf(threads, 30)).toThrow('`qemu-loop explore FILE`');
    expect(() => record({ ...RARE, schedule: '0:99' })).toThrow('is not one of this file');
    expect(() => record({ ...RARE, schedule: '<b>' })).toThrow('not one that the search names');
  });
});

describe('a barrier taken away', () => {
  it('the failure of the explorer stands beside the sound run', () => {
    const { found, beside } = exploreBarrier('aio_notify', 'smp_mb');
    expect(found).toMatchObject({
      error: 'poller sleeps for ever',
      model: 'TSO',
      isShortest: true,
    });
    const at = firstDifference(found.story!, beside!);
    expect(found.story!.steps[at]!.operation).toBe('store NOTIFIED 1');
    expect(beside!.steps[at]!.operation).toBe('store with a fence NOTIFIED 1');
    expect(beside!.error).toBe('');
  });

  it('nothing: no error, and nothing beside it', () => {
    const { found, beside } = exploreBarrier('aio_notify', '');
    expect(found).toMatchObject({ error: null, ended: 'done', model: 'PSO', story: null });
    expect(beside).toBe(null);
  });

  it('a search that takes too much memory says so', () => {
    const { found } = exploreBarrier('bql', '', 1000);
    expect(found).toMatchObject({ error: null, ended: 'memory' });
  });

  it.each([
    ['nosuch', ''],
    ['aio_notify', 'nosuch'],
  ])('%s without %j is refused', (program, without) => {
    expect(() => exploreBarrier(program, without)).toThrow(`the explorer has no ${program}`);
  });
});

describe('steps', () => {
  const view = new RunView(record(SIGCHLD));

  it.each(['event', 'call', 'phase', 'iteration'] as const)('%s: forth and back meet', (step) => {
    const forth = [0];
    while (forth.at(-1)! < view.length - 1) forth.push(view.next(step, forth.at(-1)!, 1));
    const back = [view.length - 1];
    while (back.at(-1)! > 0) back.push(view.next(step, back.at(-1)!, -1));
    expect(back.reverse()).toEqual(forth);
  });

  it('a wider step goes further', () => {
    const lengths = (['event', 'call', 'phase', 'iteration'] as const).map((step) =>
      view.next(step, 0, 1),
    );
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(new Set(lengths).size).toBeGreaterThan(1);
  });

  it('a thing is mentioned by its own events', () => {
    const child = { kind: 'child', key: 1001, label: '' } as const;
    const names = [...Array(view.length).keys()]
      .filter((i) => view.mentions(i, child))
      .map((i) => view.name(i));
    expect(names).toEqual(['child_spawn', 'signalfd_record', 'child_reap']);
  });
});

describe('the pseudo code', () => {
  it('has each line that an event leads to, once', () => {
    const ids = CODE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const { ids: events, args } = record(SIGCHLD);
    const lines = [...events].map((id, i) => lineOf(id, args[i]!)).filter((id) => id !== null);
    for (const line of lines) expect(ids).toContain(line);
    expect(new Set(lines).size).toBeGreaterThan(15);
  });
});
