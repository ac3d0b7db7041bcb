import { QEMU_CLOCK_MAX } from '../../aio/clock.ts';
import { SIGCHLD } from '../../host/constants.ts';
import type { Fault } from '../../host/lenses/faults.ts';
import type { Action, ChildDef, FaultDef, SignalDef, TimelineEntry } from '../model.ts';
import { Children } from './children.ts';
import { compileAction, compileActions } from './compile.ts';
import type { Engine } from './engine.ts';
import { createObject } from './objects.ts';
import { SignalSet } from './signal-set.ts';

/** Makes everything that a file declares, in its order; the signalfd comes first. */
export function setUp(engine: Engine): void {
  const { scenario, loop, world } = engine;
  engine.compile = (actions) => compileActions(engine, actions, 'callback');
  // Clocks are counted from the start, before anything has taken time.
  engine.clockStart = clockStarts(engine);
  const signals = scenario.objects.filter((o): o is SignalDef => o.section === 'signals');
  const children = scenario.objects.filter((o): o is ChildDef => o.section === 'children');
  if (signals.length + children.length > 0) {
    const signos = new Set(signals.map((def) => def.signo));
    if (children.length > 0) signos.add(SIGCHLD);
    engine.signals = new SignalSet(engine, [...signos]);
    if (children.length > 0) engine.children = new Children(engine, engine.signals, children);
  }
  for (const def of scenario.objects) {
    if (def.section === 'signals') engine.signals!.set(def, def);
    else createObject(engine, def);
  }
  if (engine.faults !== null) {
    engine.faults.add(scenario.faults.map((fault) => faultOf(engine, fault)));
  }
  for (const { name, start } of children) if (start) engine.children!.spawn(name);
  world.begin();
  for (const entry of scenario.timeline) addEntry(engine, entry);
  if (engine.faults !== null) engine.faults.active = true;
  loop.iterations = 0;
}

/**
 * The reading of each clock at the start. Host time is derived from monotonic's, so that one
 * reading is enough.
 */
function clockStarts(engine: Engine): Engine['clockStart'] {
  const { clocks } = engine.loop;
  return Array.from({ length: QEMU_CLOCK_MAX }, (_, type) => {
    const sinceNs = clocks.isEnabled(type) ? engine.world.nowNs() - engine.world.startNs : 0;
    return { ns: clocks.nowNs(type), restNs: clocks.restNs(type) - sinceNs };
  });
}

/** Each `wait_for` in an entry delays what follows it; the entry is late as a whole. */
function addEntry(engine: Engine, entry: TimelineEntry): void {
  let timeNs = entry.timeNs + engine.world.lateNs(engine.scenario.jitterNs);
  for (const action of entry.do) {
    if (action.op === 'wait_for') timeNs += action.ns;
    else addOutside(engine, timeNs, action);
  }
}

function addOutside(engine: Engine, timeNs: number, action: Action): void {
  const thunk = compileAction(engine, action, 'timeline');
  engine.toCome++;
  engine.world.at(timeNs, () => {
    engine.toCome--;
    thunk();
  });
}

function faultOf(engine: Engine, def: FaultDef): Fault {
  const { call, error, short, after, times } = def;
  const what = { call, error: error?.errno, short: short ?? undefined, after, times };
  return { ...what, ...matchOf(engine, def) };
}

/** The calls that a fault applies to. */
function matchOf(engine: Engine, { call, on }: FaultDef): Pick<Fault, 'on' | 'onSpawn'> {
  if (on === null) return {};
  const { name } = on;
  if (call === 'spawn') {
    return { onSpawn: (request) => engine.children!.isProgramOf(name, request) };
  }
  if (call === 'waitpid') return { on: (pid) => engine.children!.isPidOf(name, pid) };
  return { on: (fd) => fdsOf(engine, name).includes(fd) };
}

/**
 * The descriptors that a name stands for now. An object's name takes precedence over the special
 * ones.
 */
function fdsOf(engine: Engine, name: string): readonly number[] {
  const fd = engine.fds.get(name);
  if (fd !== undefined) return fd.fds;
  const notifier = engine.notifiers.get(name);
  if (notifier !== undefined) return [notifier.notifier.fd];
  if (name === 'sigfd') return engine.signals === null ? [] : [engine.signals.signals.source.fd];
  return [engine.loop.context.notifierFd];
}
