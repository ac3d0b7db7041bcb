/**
 * Calls every public function, constructor and method with every wrong type in each place, and
 * expects no error, or one that names the argument.
 */

import fc from 'fast-check';
import * as lib from '../../../src/index.ts';
import * as scenario from '../../../src/scenario/index.ts';
import type { Generator } from '../generators.ts';

// biome-ignore lint/suspicious/noExplicitAny: wrong types are the point
type Any = any;

const WRONG: readonly (readonly [string, Any])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['5', 5],
  ['-1', -1],
  ['NaN', NaN],
  ['0.5', 0.5],
  ['1e300', 1e300],
  ['3n', 3n],
  ["'x'", 'x'],
  ["''", ''],
  ['a symbol', Symbol('x')],
  ['[]', []],
  ['[{}]', [{}]],
  ['[null]', [null]],
  ['{}', {}],
  ['an object without a prototype', Object.create(null)],
  ['a function', () => {}],
  ['a class', class {}],
  ['a Map', new Map()],
  ['a Date', new Date(0)],
];

/** A function to call. Each call makes its object and its right arguments anew. */
interface Subject {
  readonly name: string;
  readonly arity: number;
  readonly call: (change: (args: Any[]) => Any[]) => unknown;
}

const noop = (): void => {};
const more = (): boolean => true;

function parts() {
  const host = new lib.SimHost();
  const loop = new lib.MainLoop({ host });
  const signals = new lib.Signals(loop, { signals: [lib.SIGCHLD, lib.SIGUSR2] });
  const watch = new lib.ChildWatch({ loop, signals, times: loop.pollTimes });
  const coroutines = new lib.Coroutines(loop.context);
  return { host, loop, signals, watch, coroutines };
}

/** Right arguments for each constructor. */
const MADE: Record<string, () => Any[]> = {
  AioContext: () => [{ host: new lib.SimHost() }],
  ChildWatch: () => {
    const { loop, signals, watch } = parts();
    watch.dispose();
    return [{ loop, signals, times: loop.pollTimes }];
  },
  ChromeBackend: () => [noop, origin()],
  Clocks: () => [new lib.SimHost()],
  CoMutex: () => [parts().coroutines],
  CoQueue: () => [parts().coroutines],
  CoRwlock: () => [parts().coroutines],
  CoSleep: () => [parts().coroutines],
  Coroutines: () => [parts().loop.context],
  EventNotifier: () => [new lib.SimHost()],
  FaultHost: () => [new lib.SimHost()],
  HostError: () => [lib.ENOENT, 'open'],
  HostLens: () => [new lib.SimHost()],
  IdleSource: () => [more],
  JsonBackend: () => [noop, origin()],
  LogBackend: () => [noop, origin()],
  MainContext: () => [],
  MainLoop: () => [{ host: new lib.SimHost() }],
  Signals: () => [parts().loop, { signals: [lib.SIGUSR2] }],
  SimHost: () => [{}],
  SimpleBackend: () => [noop, origin()],
  TimeoutSource: () => [() => 0, 5, more],
  TraceRing: () => [16, { tid: 5, name: 'io' }],
  Tracer: () => [() => 0, { tid: 5, name: 'io' }],
};

/** Objects that are made by calls, not by a constructor. */
const GOT: Record<string, () => Any> = {
  BottomHalf: () => parts().loop.newBottomHalf('bh', noop),
  QemuTimer: () => parts().loop.timers.newTimer(lib.QEMU_CLOCK_REALTIME, 'timer', noop),
  TimerListGroup: () => parts().loop.timers,
};

function origin(): Any {
  return { pid: 1, tid: 1, epochUs: 0 };
}

/** Right arguments for each function. */
const CALLED: Record<string, () => Any[]> = {
  check: () => [0, 'open'],
  codeName: () => [17, 1],
  decodeSiginfo: () => [new DataView(new ArrayBuffer(128)), 0, lib.newSiginfo()],
  errnoMessage: () => [1],
  errnoName: () => [1],
  formatEvent: () => [0, []],
  linuxProgram: () => [{}],
  matchesGlob: () => ['aio_*', 'aio_poll'],
  parsePatterns: () => ['aio_*'],
  readTrace: () => [new Uint8Array(64)],
  replayRings: () => [[new lib.TraceRing(4)], new lib.JsonBackend(noop, origin())],
  selectEvents: () => [['aio_*']],
  signalName: () => [9],
  signalNumber: () => ['TERM'],
};

/** Right arguments for each method. */
const METHODS: Record<string, () => Any[]> = {
  'AioContext.newBottomHalf': () => ['bh', noop],
  'AioContext.newGuardedBottomHalf': () => ['bh', noop, { engagedInIo: false }],
  'AioContext.scheduleOneshot': () => ['bh', noop],
  'AioContext.setFdHandler': () => [0, { ioRead: noop }],
  'AioContext.setEventNotifier': () => [new lib.EventNotifier(new lib.SimHost()), {}],
  'AioContext.setFdPoll': () => [0, noop, noop],
  'AioContext.setPollParams': () => [0, 0, 0],
  'MainLoop.setFdHandler': () => [0, { ioRead: noop }],
  'MainLoop.newBottomHalf': () => ['bh', noop],
  'MainLoop.addPollNotifier': () => [noop],
  'MainLoop.attachSource': () => [new lib.IdleSource(more)],
  'MainContext.attach': () => [new lib.IdleSource(more)],
  'Signals.sigaction': () => [lib.SIGUSR2, { handler: noop }],
  'ChildWatch.spawn': () => [new lib.SimHost().program({}), 'child', {}],
  'ChildWatch.spawnAll': () => [[]],
  'ChildWatch.watch': () => [5, 'child', {}],
  'Coroutines.create': () => [function* () {}],
  'ChromeBackend.sinkOf': () => [{ tid: 5, name: 'io' }],
  'JsonBackend.sinkOf': () => [{ tid: 5, name: 'io' }],
  'LogBackend.sinkOf': () => [{ tid: 5, name: 'io' }],
  'SimpleBackend.sinkOf': () => [{ tid: 5, name: 'io' }],
  'TraceRing.replay': () => [noop],
  'Tracer.attach': () => [lib.EVENT_NAMES, noop],
  'TimerListGroup.newTimer': () => [lib.QEMU_CLOCK_REALTIME, 'timer', noop],
  'SimHost.at': () => [2e12, noop],
  'SimHost.still': () => [noop],
  'SimHost.onClose': () => [noop],
  'SimHost.openSignalPipe': () => [noop],
  'FaultHost.add': () => [[]],
};

/** Lenses only pass calls on to their host; only a Tracer calls sinks and backends. */
const LEFT_OUT = /^(HostLens\.|FaultHost\.(?!add)|.*\.(constructor|sink|dropped)$)/;

function methodsOf(made: object): string[] {
  const names = new Set<string>();
  for (let at = made; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function') names.add(name);
    }
  }
  return [...names];
}

export function subjects(internal: ReadonlySet<string>): Subject[] {
  const found: Subject[] = [];
  const addMethods = (name: string, make: () => Any): void => {
    for (const method of methodsOf(make())) {
      const full = `${name}.${method}`;
      if (LEFT_OUT.test(full) || internal.has(full)) continue;
      const right = METHODS[full] ?? (() => []);
      const arity = Math.max(right().length, make()[method].length);
      found.push({ name: full, arity, call: (change) => make()[method](...change(right())) });
    }
  };
  for (const [name, args] of Object.entries(MADE)) {
    const Class = (lib as Any)[name];
    const make = (change: (args: Any[]) => Any[]): Any => new Class(...change(args()));
    found.push({ name: `new ${name}`, arity: Math.max(args().length, Class.length), call: make });
    addMethods(name, () => make((given) => given));
  }
  for (const [name, make] of Object.entries(GOT)) addMethods(name, make);
  for (const [name, args] of Object.entries(CALLED)) {
    const call = (change: (args: Any[]) => Any[]): unknown => (lib as Any)[name](...change(args()));
    found.push({ name, arity: args().length, call });
  }
  for (const [name, value] of Object.entries(scenario)) {
    if (typeof value !== 'function' || /^[A-Z]/.test(name)) continue;
    found.push({
      name: `scenario ${name}`,
      arity: value.length,
      call: (change) => (value as Any)(...change([])),
    });
  }
  return found;
}

/** Messages of V8 and Node about a value that got further than it should have. */
const INTERNAL =
  /^Cannot (?!convert|mix)|is not (a function|iterable|a constructor|an object|extensible|defined)|undefined \(|Spread syntax|Invalid (array|typed array|string|time|count)|called on incompatible|must be of type|must be one of|call stack|private (field|member|method)|Unexpected .* value|Offset is outside|Object prototype|Right-hand side|Reflect\.|Reduce of/;

export function judgeCall(subject: Subject, place: number, wrong: Any): void {
  try {
    called(subject, place, wrong);
  } catch (error) {
    if (!(error instanceof Error)) throw new Error(`threw ${String(error)}`);
    if (INTERNAL.test(error.message) && !error.message.includes('expected')) throw error;
  }
}

/** Methods whose doc comments mark them as internal. */
const HIDDEN = new Set([
  'Clocks.share',
  'Clocks.listen',
  'Clocks.unlisten',
  'AioContext.sharing',
  'AioContext.removeHandler',
  'AioContext.isHeldBack',
  'AioContext.stoppedPolling',
  'AioContext.attachTo',
  'AioContext.setRevents',
  'AioContext.untracedNotify',
  'AioContext.tracedNotify',
  'EventNotifier.watchEdges',
  'EventNotifier.canWatchEdges',
  'TraceRing.timeNs',
  'TraceRing.replayOne',
  'Coroutines.append',
  'AioContext.onFinalize',
  'AioContext.represent',
]);

const all = subjects(HIDDEN).filter(({ arity }) => arity > 0);

interface Input {
  readonly subject: number;
  readonly place: number;
  readonly wrong: number;
}

export default {
  about: 'every public function with every wrong type: an error that names what is wrong, or none',
  inputs: fc.record({
    subject: fc.nat(all.length - 1),
    place: fc.nat(3),
    wrong: fc.nat(WRONG.length - 1),
  }),
  check: ({ subject, place, wrong }) => {
    const one = all[subject]!;
    judgeCall(one, place % one.arity, WRONG[wrong]![1]);
  },
  show: ({ subject, place, wrong }) => {
    const one = all[subject]!;
    return `${one.name}: argument ${1 + (place % one.arity)} is ${WRONG[wrong]![0]}`;
  },
} satisfies Generator<Input>;

/** One place of a call, and the wrong types that it takes without a word. */
export interface Silent {
  readonly name: string;
  readonly place: number;
  readonly taken: readonly string[];
}

/** Makes all of these calls, and returns those that raise no error and return none. */
export function silentCalls(): Silent[] {
  const silent: Silent[] = [];
  for (const subject of all) {
    for (let place = 0; place < subject.arity; place++) {
      const taken = WRONG.filter(([, wrong]) => isSilent(subject, place, wrong)).map(
        ([text]) => text,
      );
      if (taken.length > 0) silent.push({ name: subject.name, place: place + 1, taken });
    }
  }
  return silent;
}

function isSilent(subject: Subject, place: number, wrong: Any): boolean {
  try {
    const result = called(subject, place, wrong) as Any;
    // The body of a generator begins with its first step.
    if (typeof result?.next === 'function') result.next();
    return !(typeof result === 'number' && result < 0);
  } catch {
    return false;
  }
}

function called(subject: Subject, place: number, wrong: Any): unknown {
  const result = subject.call((args) => {
    const changed = [...args];
    while (changed.length < place) changed.push(undefined);
    changed[place] = wrong;
    return changed;
  }) as Any;
  if (subject.name === 'Tracer.attach') result.dispose();
  return result;
}

/** Makes all of these calls, and returns the ones that fail. */
export function everyCall(): string[] {
  const problems: string[] = [];
  for (const subject of all) {
    for (let place = 0; place < subject.arity; place++) {
      for (const [text, wrong] of WRONG) {
        try {
          judgeCall(subject, place, wrong);
        } catch (error) {
          problems.push(
            `${subject.name}, argument ${place + 1}, ${text}: ${(error as Error).message}`,
          );
        }
      }
    }
  }
  return problems;
}
