/** Runs scenarios for the playground: records them, looks into them, and compares them. */

import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/model.ts';
import { OrderSearch } from '../../scenario/orders/order-search.ts';
import { parseSchedule } from '../../scenario/orders/schedule.ts';
import { ScheduledChoices } from '../../scenario/orders/scheduled-choices.ts';
import { diffEntries } from '../../scenario/run/diff.ts';
import { ScenarioEnded } from '../../scenario/run/ended.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import { EV, EVENT_NAMES } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Frame } from '../report/frame.ts';
import { runWeak } from '../weak/run-weak.ts';
import type { WeakHost } from '../weak/weak-host.ts';
import { WeakKernel } from '../weak/weak-kernel.ts';
import { PlayError } from './play-error.ts';
import type { AllOrders, Comparison, Play, PlayEntry, PlayProblem, Recording } from './protocol.ts';
import { snapshot } from './snapshot.ts';

/** More events than this end a run: it would not end by itself. */
const MOST_EVENTS = 300_000;
const FILE = 'scenario.yaml';

const THREADS =
  'Threads need the command, since a page has no shared memory: save the file, and run ' +
  '`qemu-loop run FILE`, or `qemu-loop run --report run.html FILE` for its lanes.';
const THEIR_ORDERS =
  'The orders of threads need the command, since a page has no shared memory: save the file, and run ' +
  '`qemu-loop explore FILE`.';

/** All problems of a file, in its order. */
export function problemsOf(text: string): PlayProblem[] {
  return loadScenario(text, FILE).problems.map(({ line, column, message }) => ({
    line,
    column,
    message,
  }));
}

/** @param threads the advice for a file with threads */
function load(text: string, threads = THREADS): Scenario {
  const { scenario, problems } = loadScenario(text, FILE);
  if (scenario === null) {
    throw new PlayError(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
  }
  if (scenario.threaded) throw new PlayError(threads);
  return scenario;
}

/** Called after each event, with its number. */
type Look = (
  event: number,
  machine: Machine,
  host: WeakHost,
  id: number,
  values: readonly TraceValue[],
) => void;

interface Taken {
  readonly result: RunResult;
  readonly startNs: number;
  readonly ids: number[];
  readonly times: number[];
  readonly args: TraceValue[][];
  readonly entries: PlayEntry[];
}

/** Runs a scenario, and takes all its events. */
function take(scenario: Scenario, play: Play, look?: Look): Taken {
  const choices = choicesOf(play);
  const ids: number[] = [];
  const times: number[] = [];
  const args: TraceValue[][] = [];
  const entries: PlayEntry[] = [];
  let startNs = 0;
  // Closing everything is not of the run.
  let attached: { dispose(): void } | null = null;
  const stop = (): void => {
    if (ids.length < MOST_EVENTS) return;
    throw new ScenarioEnded(
      `it was stopped after ${MOST_EVENTS} events: it does not end by itself`,
    );
  };
  const result = runWeak(scenario, play.weaknesses, {
    seed: play.seed ?? undefined,
    choices,
    beforeWait: stop,
    whileBusy: stop,
    onEntry: ({ text }, nowNs) => {
      entries.push({ before: ids.length, text, timeNs: nowNs - startNs });
    },
    onEnd: () => attached?.dispose(),
    onMachine: (machine, host) => {
      startNs = machine.world.startNs;
      attached = machine.main.trace.attach(EVENT_NAMES, (id, timeNs, ...values) => {
        ids.push(id);
        times.push(timeNs - startNs);
        args.push(trimmed(values));
        look?.(ids.length - 1, machine, host, id, values);
      });
    },
  });
  // Without a link the run is another, to which the order fits as far as it goes.
  if (play.weaknesses.length === 0) choices?.check();
  return { result, startNs, ids, times, args, entries };
}

/** @throws PlayError if the schedule is not the name of an order */
function choicesOf({ schedule }: Play): ScheduledChoices | undefined {
  if (schedule === null) return undefined;
  const ways = parseSchedule(schedule);
  if (ways === null) throw new PlayError(`the order ${schedule} is not one that the search names`);
  return new ScheduledChoices(ways);
}

/** Sinks get eight arguments, of which most events have fewer. */
function trimmed(values: TraceValue[]): TraceValue[] {
  let length = values.length;
  while (length > 0 && values[length - 1] === undefined) length--;
  return values.slice(0, length);
}

/** @throws PlayError if the file has problems, or needs the real kernel */
export function record(play: Play): Recording {
  const scenario = load(play.text);
  const { result, ids, times, args, entries } = take(scenario, play);
  if (result.status === 2) throw new PlayError(result.failures[0]!.message);
  return {
    name: scenario.name,
    about: scenario.about ?? '',
    drive: scenario.drive,
    seed: result.seed,
    ids: Uint16Array.from(ids),
    times: Float64Array.from(times),
    args,
    threads: ['main loop'],
    threadOf: new Uint16Array(ids.length),
    entries,
    status: result.status,
    failures: failuresOf(result),
    notes: result.notes.map(({ message }) => message),
    iterations: result.iterations,
    elapsedNs: result.elapsedNs,
  };
}

function failuresOf({ failures }: RunResult): string[] {
  return failures.map(({ message, diff }) =>
    [message, ...(diff ?? []).map(({ sign, text }) => `${sign} ${text}`)].join('\n'),
  );
}

/**
 * The machine after each event from `from` to before `to`, or after every nth of them. The
 * run is the same each time.
 */
export function framesOf(play: Play, from: number, to: number, stride = 1): Frame[] {
  const frames: Frame[] = [];
  const names = new Map<number, string>();
  take(load(play.text), play, (event, machine, host, id, values) => {
    if (id === EV.child_spawn) names.set(Number(values[0]), String(values[1]));
    if (event < from || event >= to || (event - from) % stride !== 0) return;
    frames.push(snapshot(machine, host, names));
  });
  return frames;
}

/** The order logs of the sound run and the weakened one, and the first event that differs. */
export function compare(play: Play): Comparison {
  const scenario = load(play.text);
  const sound = take(scenario, { ...play, weaknesses: [] });
  const weak = take(scenario, play);
  const expected = sound.result.order.map(({ text }) => text);
  return {
    diff: diffEntries(expected, weak.result.order),
    firstEvent: firstDifference(sound, weak),
    sound: sound.result.status,
    weak: weak.result.status,
    failures: failuresOf(weak.result),
  };
}

function firstDifference(a: Taken, b: Taken): number {
  const most = Math.max(a.ids.length, b.ids.length);
  for (let i = 0; i < most; i++) {
    const same =
      a.ids[i] === b.ids[i] && a.times[i] === b.times[i] && String(a.args[i]) === String(b.args[i]);
    if (!same) return i;
  }
  return -1;
}

/** More waits and callbacks than this end a run of the search: it would not end by itself. */
const MOST_LOOKS = 20_000;

/**
 * The orders that the file leaves open, each with the schedule that plays it.
 * @param mostRuns the search ends after them
 */
export function ordersOf(play: Play, mostRuns: number): AllOrders {
  const scenario = load(play.text, THEIR_ORDERS);
  const kernel = new WeakKernel(play.weaknesses);
  const search = new OrderSearch(scenario, {
    preemptions: 0,
    mostRuns,
    makeWorld: (seed, choices) => kernel.world(seed, choices),
    onMachine: (machine) => kernel.see(machine),
    newLimit: () => {
      let looks = 0;
      const look = (): void => {
        if (++looks > MOST_LOOKS)
          throw new ScenarioEnded('it was stopped: it does not end by itself');
      };
      return { beforeWait: look, whileBusy: look };
    },
  });
  while (search.next());
  const orders = search.orders.map(({ schedule, runs, result }) => ({
    schedule,
    runs,
    entries: result.order.map(({ text }) => text),
    status: result.status,
    failures: failuresOf(result),
  }));
  return { orders, runs: search.runs, isCut: search.isCut };
}
