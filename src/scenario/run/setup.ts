import { QEMU_CLOCK_MAX } from '../../aio/clock.ts';
import { SIGCHLD } from '../../host/constants.ts';
import type { Fault } from '../../host/lenses/faults.ts';
import type { Action, ChildDef, FaultDef, SignalDef, TimelineEntry } from '../model.ts';
import { Children } from './children.ts';
import { compileAction } from './compile.ts';
import { compileMoving } from './compile-coroutine.ts';
import type { Machine } from './machine.ts';
import { createObject } from './objects.ts';
import { SignalSet } from './signal-set.ts';
import { Lending } from './threads/lending.ts';
import { newCoHandles, shareCoroutines } from './threads/shared-co.ts';

/** Makes everything that a file declares, in its order; the signalfd comes first. */
export function setUp(machine: Machine): void {
  const { scenario, main, world } = machine;
  // Clocks are counted from the start, before anything has taken time.
  machine.clockStart = clockStarts(machine);
  createSignals(machine);
  if (machine.crew !== null) {
    shareCoroutines(main, machine.crew, compileMoving);
    machine.crew.locks = newCoHandles(scenario, machine.crew.co!);
    machine.threads!.preparePool(main);
    const { threadPoolMin, threadPoolMax } = scenario.mainLoop;
    main.context.setThreadPoolParams(threadPoolMin, threadPoolMax);
  }
  for (const def of scenario.objects) {
    if (def.section === 'signals') machine.signals!.set(def, def);
    else createObject(main, def);
  }
  if (machine.faults !== null) {
    machine.faults.add(scenario.faults.map((fault) => faultOf(machine, fault)));
  }
  if (machine.threads !== null) {
    const lending = new Lending(main, machine.threads.crew);
    machine.threads.start(lending.lent);
  }
  for (const def of scenario.objects) {
    if (def.section === 'children' && def.start) machine.children!.spawn(def.name);
  }
  // With several threads all of them count from the same start.
  if (machine.threads === null) world.begin();
  for (const entry of scenario.timeline) addEntry(machine, entry);
  if (machine.faults !== null) machine.faults.active = true;
  main.loop.iterations = 0;
}

/** The signalfd, if the file has signals or children, and what reaps the children. */
function createSignals(machine: Machine): void {
  const { scenario, main, world } = machine;
  const { loop, log } = main;
  const defs = scenario.objects.filter((o): o is SignalDef => o.section === 'signals');
  const children = scenario.objects.filter((o): o is ChildDef => o.section === 'children');
  const signos = new Set(defs.map((def) => def.signo));
  if (children.length > 0) signos.add(SIGCHLD);
  if (signos.size === 0) return;
  const signals = new SignalSet([...signos], {
    loop,
    selfPid: world.host.getpid(),
    newCallback: (name, body) => main.newCallback(name, body),
    childOf: (pid) => machine.children?.nameOf(pid),
    onProblem: (message) => machine.report(message),
  });
  machine.signals = signals;
  if (children.length === 0) return;
  machine.children = new Children(children, { world, scenario, loop, log, signals });
}

/**
 * The reading of each clock at the start. Host time is derived from monotonic's, so that one
 * reading is enough.
 */
function clockStarts(machine: Machine): Machine['clockStart'] {
  const { clocks } = machine.main.loop;
  return Array.from({ length: QEMU_CLOCK_MAX }, (_, type) => {
    const sinceNs = clocks.isEnabled(type) ? machine.world.nowNs() - machine.world.startNs : 0;
    return { ns: clocks.nowNs(type), restNs: clocks.restNs(type) - sinceNs };
  });
}

/** Each `wait_for` in an entry delays what follows it; the entry is late as a whole. */
function addEntry(machine: Machine, entry: TimelineEntry): void {
  const { world } = machine;
  const { ns, withinNs } = world.delay(machine.scenario.jitterNs);
  const [first, ...rest] = partsOf(machine, entry.do);
  if (first === undefined) return;
  const firstNs = entry.timeNs + ns + first.afterNs;
  if (withinNs === 0) {
    world.at(firstNs, first.act);
    for (const { afterNs, act } of rest) world.at(entry.timeNs + ns + afterNs, act);
    return;
  }
  // The others keep their distance from the first, whenever that comes.
  const begin = (): void => {
    const startNs = machine.elapsedNs - first.afterNs;
    for (const { afterNs, act } of rest) world.at(startNs + afterNs, act);
    first.act();
  };
  world.at(firstNs, begin, withinNs);
}

/** Actions of an entry at the same instant. */
interface EntryPart {
  /** Since the entry's time, ns. */
  readonly afterNs: number;
  readonly act: () => void;
}

function partsOf(machine: Machine, actions: readonly Action[]): EntryPart[] {
  const thunks = new Map<number, (() => void)[]>();
  let afterNs = 0;
  for (const action of actions) {
    if (action.op === 'wait_for') {
      afterNs += action.ns;
      continue;
    }
    const thunk = compileAction(machine.main, action, 'timeline');
    thunks.set(afterNs, [...(thunks.get(afterNs) ?? []), thunk]);
    machine.toCome++;
  }
  const part = ([ns, all]: [number, (() => void)[]]): EntryPart => ({
    afterNs: ns,
    act: () => {
      for (const thunk of all) {
        machine.toCome--;
        thunk();
      }
    },
  });
  return [...thunks].map(part);
}

function faultOf(machine: Machine, def: FaultDef): Fault {
  const { call, error, short, after, times } = def;
  const what = { call, error: error?.errno, short: short ?? undefined, after, times };
  return { ...what, ...matchOf(machine, def) };
}

/** The calls that a fault applies to. */
function matchOf(machine: Machine, { call, on }: FaultDef): Pick<Fault, 'on' | 'onSpawn'> {
  if (on === null) return {};
  const { name } = on;
  if (call === 'spawn') {
    return { onSpawn: (request) => machine.children!.isProgramOf(name, request) };
  }
  if (call === 'waitpid') return { on: (pid) => machine.children!.isPidOf(name, pid) };
  return { on: (fd) => fdsOf(machine, name).includes(fd) };
}

/**
 * The descriptors that a name stands for now. An object's name takes precedence over the special
 * ones.
 */
function fdsOf(machine: Machine, name: string): readonly number[] {
  const { main, signals } = machine;
  const fd = main.objects.fds.get(name);
  if (fd !== undefined) return fd.fds;
  const notifier = main.objects.notifiers.get(name);
  if (notifier !== undefined) return [notifier.fd];
  if (name === 'sigfd') return signals === null ? [] : [signals.signals.source.fd];
  return [main.context.notifierFd];
}
