/** Runs scenarios for the playground: records them, looks into them, and compares them. */

import { loadScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/model.ts';
import { BareSimWorld } from '../../scenario/run/bare-sim-world.ts';
import { diffEntries } from '../../scenario/run/diff.ts';
import { ScenarioEnded } from '../../scenario/run/ended.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import { type RunResult, runScenario } from '../../scenario/run/run.ts';
import { EV, EVENT_NAMES } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type {
  Comparison,
  Frame,
  Order,
  Play,
  PlayEntry,
  PlayProblem,
  Recording,
} from './protocol.ts';
import { snapshot } from './snapshot.ts';
import { WeakHost } from './weak-host.ts';

/** More events than this end a run: it would not end by itself. */
const MOST_EVENTS = 300_000;
const FILE = 'scenario.yaml';

const THREADS =
  'Threads need the command, since a page has no shared memory: save the file, and run ' +
  '`qemu-loop run FILE`, or `qemu-loop run --report run.html FILE` for its lanes.';

/** The file cannot be run. */
export class PlayError extends Error {
  override readonly name = 'PlayError';
}

/** All problems of a file, in its order. */
export function problemsOf(text: string): PlayProblem[] {
  return loadScenario(text, FILE).problems.map(({ line, column, message }) => ({
    line,
    column,
    message,
  }));
}

function load(text: string): Scenario {
  const { scenario, problems } = loadScenario(text, FILE);
  if (scenario === null) {
    throw new PlayError(problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
  }
  if (scenario.threaded) throw new PlayError(THREADS);
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
function take(scenario: Scenario, { seed, weaknesses }: Play, look?: Look): Taken {
  const ids: number[] = [];
  const times: number[] = [];
  const args: TraceValue[][] = [];
  const entries: PlayEntry[] = [];
  let host: WeakHost | undefined;
  let startNs = 0;
  // Closing everything is not of the run.
  let isOver = false;
  const makeWorld = (used: number): BareSimWorld =>
    new BareSimWorld(used, (options) => {
      host = new WeakHost(options, weaknesses);
      return host;
    });
  const stop = (): void => {
    if (ids.length < MOST_EVENTS) return;
    throw new ScenarioEnded(
      `it was stopped after ${MOST_EVENTS} events: it does not end by itself`,
    );
  };
  const result = runScenario(scenario, makeWorld, {
    seed: seed ?? undefined,
    beforeWait: stop,
    whileBusy: stop,
    onEntry: ({ text }, nowNs) => {
      entries.push({ before: ids.length, text, timeNs: nowNs - startNs });
    },
    onEnd: () => {
      isOver = true;
    },
    onMachine: (machine) => {
      startNs = machine.world.startNs;
      host!.notifiers = new Set(
        machine.lanes.flatMap(({ contexts }) => [...contexts.values()].map((c) => c.notifierFd)),
      );
      machine.main.trace.attach(EVENT_NAMES, (id, timeNs, ...values) => {
        if (isOver) return;
        ids.push(id);
        times.push(timeNs - startNs);
        args.push(trimmed(values));
        look?.(ids.length - 1, machine, host!, id, values);
      });
    },
  });
  return { result, startNs, ids, times, args, entries };
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
    hasJitter: scenario.jitterNs > 0,
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

/** The orders that the seeds from 1 on bring about, the most frequent first. */
export function ordersOf(play: Play, seeds: number): Order[] {
  const scenario = load(play.text);
  const byText = new Map<
    string,
    { seed: number; count: number; entries: string[]; status: number }
  >();
  for (let seed = 1; seed <= (scenario.jitterNs > 0 ? seeds : 1); seed++) {
    const { result, entries } = take(scenario, { ...play, seed });
    const texts = entries.map(({ text }) => text);
    const key = JSON.stringify(texts);
    const found = byText.get(key);
    if (found === undefined)
      byText.set(key, { seed, count: 1, entries: texts, status: result.status });
    else found.count++;
  }
  return [...byText.values()].sort((a, b) => b.count - a.count || a.seed - b.seed);
}
