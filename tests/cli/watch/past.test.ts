/** The past of a run: any iteration is drawn as it was when it began. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunChildren } from '../../../src/cli/run/run-children.ts';
import { subjectOf } from '../../../src/cli/run/run-subject.ts';
import { Controls } from '../../../src/cli/watch/controls.ts';
import { frame } from '../../../src/cli/watch/frame.ts';
import { Model } from '../../../src/cli/watch/model.ts';
import { type Moment, readMoment, writeMoment } from '../../../src/cli/watch/moment.ts';
import { NameTable } from '../../../src/cli/watch/names.ts';
import { NumberList } from '../../../src/cli/watch/number-list.ts';
import { Pacer } from '../../../src/cli/watch/pacer.ts';
import { OutputPane } from '../../../src/cli/watch/pane.ts';
import { Past, roundsFrom } from '../../../src/cli/watch/past.ts';
import { StepsBack } from '../../../src/cli/watch/steps-back.ts';
import type { Subject } from '../../../src/cli/watch/subject.ts';
import { readTape, type TapeReader, TapeWriter } from '../../../src/cli/watch/tape.ts';
import { Proc } from '../../../src/host/proc.ts';
import { loadScenario } from '../../../src/scenario/load.ts';
import type { ChildDef } from '../../../src/scenario/model.ts';
import type { Machine } from '../../../src/scenario/run/machine.ts';
import { runScenario } from '../../../src/scenario/run/run.ts';
import { SimWorld } from '../../../src/scenario/run/sim-world.ts';
import { EV, EVENT_NAMES, type EventId } from '../../../src/trace/catalogue.ts';
import { TEXT_BITS } from '../../../src/trace/ring.ts';
import { ARG_COUNTS, type TraceValue } from '../../../src/trace/tracer.ts';

const TICKS = `
name: ticks
children: {c: {exit: 3}, late: {after: 3s, signal: SIGKILL}}
timers: {t: {do: [{arm: {t: 10ms}}, {log: tick}, {schedule: a}], do_runs: 700}, u: {}}
bottom_halves: {a: {do: [{arm: {u: 25ms}}]}, b: {}}
steps: [{spawn: c}, {spawn: late}, {schedule: b}, {arm: {t: 10ms}}, run]
`;
const POLLS = `
name: polls
drive: aio_poll
bottom_halves: {a: {do: [{log: called}]}}
steps: [{repeat: {times: 700, do: [{schedule: a}, step]}}]
`;
const ROWS = 90;
const COLUMNS = 120;

/** A pace that stands still. */
const paused = new Pacer();
paused.stepIteration();
paused.arrive('iteration');

interface Shown {
  readonly model: Model;
  readonly moment: Moment;
}

/** A run that is looked at as the view does, at each iteration. */
class Watched {
  readonly past: Past;
  readonly pane = new OutputPane(() => {});
  readonly model: Model;
  /** The screens that were drawn, by iteration. */
  readonly screens = new Map<number, string>();
  #subject: Subject | null = null;
  #end: () => void = () => {};

  constructor(text: string, most?: number, draws: (iteration: number) => boolean = () => false) {
    const { scenario, problems } = loadScenario(text, 'x.yaml');
    expect(problems).toEqual([]);
    this.past = new Past(scenario!.drive, false, most);
    this.model = new Model(roundsFrom(scenario!.drive, 1), false);
    this.past.follow(this.model);
    runScenario(scenario!, (seed) => new SimWorld(seed), {
      onMachine: (machine) => this.#open(machine, draws),
      onEnd: () => this.#end(),
      onEntry: ({ text: line }) => this.pane.write(1, new TextEncoder().encode(`${line}\n`)),
    });
  }

  #open(machine: Machine, draws: (iteration: number) => boolean): void {
    const { scenario, world, main } = machine;
    const defs = scenario.objects.filter((def): def is ChildDef => def.section === 'children');
    const children = new RunChildren(defs);
    const proc = new Proc(world.host);
    const subject = subjectOf(machine, children, null, proc, false);
    this.#subject = subject;
    const sink = main.trace.attach(EVENT_NAMES, (id, timeNs, ...args) =>
      world.look(() => {
        children.take(id, timeNs, args);
        const mark = this.model.take(id, timeNs, args);
        if (mark?.kind !== 'begin') return;
        this.past.keepMoment(subject, subject.kernel, this.pane.place);
        if (!draws(mark.iteration)) return;
        const names = new NameTable();
        const numbers = new NumberList();
        writeMoment(subject, subject.kernel, this.pane.place, names, numbers);
        const shown = { model: this.model, moment: readMoment(numbers.values, names.list) };
        this.screens.set(mark.iteration, this.#drawn(shown, this.pane.lines));
      }),
    );
    this.#end = () => sink.dispose();
  }

  /** The screen of an iteration, drawn from the past. */
  screenAt(iteration: number): string {
    const picture = this.past.picture(iteration);
    return this.#drawn(picture, this.pane.linesAt(picture.moment.lines));
  }

  #drawn({ model, moment }: Shown, output: readonly string[]): string {
    const controls = new Controls(paused, {} as never);
    const style = { color: true, width: COLUMNS };
    const { digits, outputTitle } = this.#subject!;
    const view = { model, moment, style, digits, outputTitle };
    const parts = { view, pacer: paused, controls, output, state: '', before: 'the iteration' };
    const focus = frame(parts, COLUMNS, ROWS);
    controls.focus = 'events';
    controls.scroll = 4000;
    return [...focus, ...frame(parts, COLUMNS, ROWS)].join('\n');
  }
}

describe('the picture of any iteration is the one that was shown', () => {
  test.each([
    ['timers and children', TICKS],
    ['a drive by aio_poll', POLLS],
  ])('%s', (_what, text) => {
    const watched = new Watched(
      text,
      undefined,
      (iteration) => iteration < 4 || iteration % 61 < 2,
    );
    const shown = [...watched.screens.keys()];
    expect(shown.length).toBeGreaterThan(2);
    fc.assert(
      fc.property(fc.constantFrom(...shown), (iteration) => {
        expect(watched.screenAt(iteration)).toBe(watched.screens.get(iteration));
      }),
      { numRuns: 25 },
    );
  });
});

describe('the past', () => {
  test('goes to iterations in which something happened, and to a text', () => {
    const { past, pane, model } = new Watched(TICKS);
    expect(past.last).toBe(model.iteration);
    const before = past.eventfulBefore(100)!;
    expect(before).toBeLessThan(100);
    expect(past.eventfulAfter(before - 1)).toBe(before);
    expect(past.eventfulAfter(past.last)).toBe(null);
    const all = { from: 1, to: past.last };
    const on = (): boolean => true;
    const killed = past.search({ ...all, text: 'child_REAP', isForward: false }, pane, on);
    expect(killed).toBeGreaterThan(100);
    expect(past.picture(killed + 1).model.reaped).toBe(2);
    expect(past.picture(killed).model.reaped).toBe(1);
    const first = past.search({ ...all, text: 'child_reap', isForward: true }, pane, on);
    expect(past.picture(first + 1).model.reaped).toBe(1);
    expect(first).toBeLessThan(killed);
    expect(past.search({ ...all, text: 'tick', isForward: true }, pane, on)).toBeGreaterThan(0);
    expect(past.search({ ...all, text: 'no such text', isForward: false }, pane, on)).toBe(0);
  });

  test('a key ends a search, which says how far it is; the next one goes on there', () => {
    const { past, pane, model } = new Watched(TICKS);
    const said: string[] = [];
    let [nowNs, stepNs] = [0, 60e6];
    const keys = [false, true, false];
    const view = {
      ...{ past, model, output: pane, picture: null, dueNs: 0, draw: () => {} },
      get nowNs() {
        nowNs += stepNs;
        return nowNs;
      },
      get hasKeys() {
        return keys.shift() ?? false;
      },
      say: (text: string) => said.push(text),
    };
    const steps = new StepsBack(view as never, { isOver: () => true } as never);
    const back = (): string => steps.go({ text: 'no such', isForward: false });
    const [, at] = /^'no such': the search is at iteration (\d+), N goes on$/.exec(back())!;
    // Its first part is quick: nothing is shown, and no key is looked for.
    expect(said).toHaveLength(1);
    const second = Number(/searching back from iteration (\d+), a key ends it$/.exec(said[0]!)![1]);
    expect(second).toBeLessThan(past.last - 1);
    expect(Number(at)).toBeLessThan(second);
    stepNs = 200e6;
    expect(back()).toBe("'no such' is not before this");
    expect(said[1]).toBe(`'no such': searching back from iteration ${at}, a key ends it`);
    // The search that has come to its end begins anew.
    said.length = 0;
    back();
    expect(said[0]).toContain(`from iteration ${past.last - 1},`);
  });

  test('takes a few bytes for an iteration, and not more than it may', () => {
    const whole = new Watched(TICKS).past;
    expect(whole.bytes / whole.last).toBeLessThan(100);
    const most = whole.bytes / 2;
    const part = new Watched(TICKS, most);
    expect(part.past.bytes).toBeLessThan(most + 40_000);
    const { first, last } = part.past;
    expect(first).toBeGreaterThan(1);
    expect([part.past.has(first - 1), part.past.has(first), part.past.has(last)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(part.past.picture(last).model.iteration).toBe(last);
  });

  test('can be cut before any iteration: what comes before it stays', () => {
    const places = [900, 513, 512, 2];
    const watched = new Watched(TICKS, undefined, (iteration) => places.includes(iteration + 1));
    const { past, screens } = watched;
    for (const iteration of places) {
      past.cut(iteration);
      expect([past.last, past.has(iteration)]).toEqual([iteration - 1, false]);
      expect(watched.screenAt(iteration - 1)).toBe(screens.get(iteration - 1));
    }
    past.cut(0);
    expect([past.last, past.bytes]).toEqual([0, 0]);
  });
});

test('a tape has the events, moments and notes that were written, bit by bit', () => {
  const id = fc.integer({ min: 0, max: EVENT_NAMES.length - 1 }) as fc.Arbitrary<EventId>;
  const any = fc.oneof(fc.maxSafeInteger(), fc.double(), fc.integer({ min: -3, max: 300 }));
  const number = any.map((value) => (value === 0 ? 0 : value));
  const event = id.chain((one) => {
    const args = Array.from({ length: ARG_COUNTS[one]! }, (_, i) =>
      (TEXT_BITS[one]! & (1 << i)) === 0 ? number : fc.string(),
    );
    return fc.tuple(fc.constant('event' as const), fc.constant(one), number, fc.tuple(...args));
  });
  const rest = fc.oneof(
    fc.tuple(fc.constant('moment' as const), fc.array(number)),
    fc.tuple(fc.constant('note' as const), number, fc.string(), fc.string()),
    fc.tuple(fc.constant('stoodStill' as const), number),
    fc.tuple(fc.constant('keepsAll' as const), fc.boolean()),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(event, rest)), (written) => {
      const writer = new TapeWriter();
      const read: unknown[] = [];
      for (const [kind, ...args] of written) {
        if (kind === 'moment') {
          writer.moment((into) => {
            for (const one of args[0] as number[]) into.push(one);
          });
        } else (writer[kind] as (...all: unknown[]) => void)(...args);
      }
      const note =
        (kind: string) =>
        (...args: unknown[]) =>
          void read.push([kind, ...args]);
      const reader: TapeReader = {
        event: (...args) => note('event')(...args),
        other: note('other'),
        note: note('note'),
        stoodStill: note('stoodStill'),
        keepsAll: note('keepsAll'),
        moment: (numbers) => {
          read.push(['moment', [...numbers]]);
          return true;
        },
      };
      expect(readTape(writer.tape(), reader)).toBe(writer.length);
      expect(read).toEqual(written);
    }),
  );
});

test('an event of another thread is read as one', () => {
  const writer = new TapeWriter();
  const args: readonly TraceValue[] = ['ctx', 1];
  writer.other('io0', EV.aio_notify_accept, 5, args);
  writer.event(EV.aio_notify_accept, 6, args);
  const read: unknown[] = [];
  const nothing = (): void => {};
  readTape(writer.tape(), {
    ...{ note: nothing, stoodStill: nothing, keepsAll: nothing, moment: () => true },
    event: (...all) => void read.push(all),
    other: (...all) => void read.push(all),
  });
  expect(read).toEqual([
    ['io0', EV.aio_notify_accept, 5, args],
    [EV.aio_notify_accept, 6, args],
  ]);
});
