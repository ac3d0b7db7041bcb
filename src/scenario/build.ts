import type { ClockName } from '../aio/clock.ts';
import { DEFAULT_QEMU, type QemuVersion } from '../aio/profile.ts';
import { actionsOf, bodyOf, signalSpecOf } from './build-actions.ts';
import { faultsOf } from './build-faults.ts';
import {
  isListSection,
  isThreaded,
  isThreadSection,
  mainLoopOf,
  sharedOf,
  threadObjectOf,
} from './build-threads.ts';
import type {
  ChildDef,
  ChildEnd,
  ContextName,
  Expectation,
  FdDef,
  FdKind,
  ObjectDef,
  Scenario,
  SourceDef,
  TimerDef,
  Watch,
} from './model.ts';
import type { Mention } from './problem.ts';
import {
  boolOf,
  comparisonOf,
  durationsOf,
  entriesOf,
  get,
  itemsOf,
  mentionOf,
  nsOf,
  numberOf,
  onlyEntry,
  placeOf,
  signalOf,
  textOf,
  textsOf,
} from './read.ts';
import type { Node } from './source.ts';
import { durationNs, numberBound } from './values.ts';
import { SECTIONS, type Section } from './vocabulary.ts';

/** The contexts and lists of objects for which the file does not name one. */
interface Defaults {
  readonly context: ContextName;
  readonly list: ContextName | 'loop';
}

/** Makes the model of a file that the schema has accepted. @param qemu overrides the file's */
export function buildScenario(root: Node, file: string, qemu?: QemuVersion): Scenario {
  const drive = textOf(get(root, 'drive'), 'main_loop') as Scenario['drive'];
  const defaults: Defaults =
    drive === 'aio_poll'
      ? { context: 'main', list: 'main' }
      : { context: 'iohandler', list: 'loop' };
  const objects = entriesOf(root).flatMap(({ key, value }) =>
    isSection(key.text) ? sectionOf(key.text, value, defaults) : [],
  );
  const steps = get(root, 'steps');
  const expect = get(root, 'expect');
  return {
    file,
    name: textOf(get(root, 'name')),
    about: textOf(get(root, 'about')),
    host: textOf(get(root, 'host'), 'sim') as Scenario['host'],
    drive,
    fdmon: textOf(get(root, 'fdmon'), 'auto') as Scenario['fdmon'],
    qemu: qemu ?? (textOf(get(root, 'qemu'), DEFAULT_QEMU) as QemuVersion),
    seed: numberOf(get(root, 'seed'), 1),
    jitterNs: nsOf(get(root, 'jitter')) ?? 0,
    objects,
    threaded: isThreaded(root),
    mainLoop: mainLoopOf(root),
    timeline: itemsOf(get(root, 'timeline')).map((node) => ({
      at: node.at,
      timeNs: durationNs(textOf(get(node, 'at'))),
      do: actionsOf(get(node, 'do')),
    })),
    ...faultsOf(root),
    steps:
      steps === undefined
        ? [{ at: placeOf(root), op: 'run', forNs: null, iterations: null }]
        : actionsOf(steps),
    expect: expect === undefined ? null : expectationOf(expect),
  };
}

function isSection(key: string): key is Section {
  return (SECTIONS as readonly string[]).includes(key);
}

function sectionOf(section: Section, node: Node, defaults: Defaults): ObjectDef[] {
  if (section === 'co_queues' || section === 'co_mutexes' || section === 'co_rwlocks') {
    return itemsOf(node).map((item) => ({ section, ...mentionOf(item) }));
  }
  if (isListSection(section)) return sharedOf(section, node);
  if (isThreadSection(section)) {
    return entriesOf(node).map(({ key, value }) =>
      placedIn(value, threadObjectOf(section, mentionOf(key), value)),
    );
  }
  return entriesOf(node).map(({ key, value }) =>
    placedIn(value, objectOf(section, mentionOf(key), value, defaults)),
  );
}

function placedIn(node: Node, object: ObjectDef): ObjectDef {
  const thread = get(node, 'in');
  return thread === undefined ? object : { ...object, in: mentionOf(thread) };
}

/** Sections that are not read elsewhere. */
type OwnSection = Exclude<
  Section,
  | 'co_queues'
  | 'co_mutexes'
  | 'co_rwlocks'
  | 'iothreads'
  | 'threads'
  | 'vcpus'
  | 'requests'
  | 'words'
  | 'conds'
>;

/** V8 takes ten times as long to spread many properties, so the usual objects spread none. */
function objectOf(section: OwnSection, name: Mention, node: Node, defaults: Defaults): ObjectDef {
  const context = contextOf(node, defaults.context);
  const quiet = boolOf(get(node, 'quiet'), false);
  switch (section) {
    case 'bottom_halves': {
      const body = bodyOf(node);
      const guard = get(node, 'guard');
      return {
        section,
        name: name.name,
        at: name.at,
        do: body.do,
        doRuns: body.doRuns,
        context: contextOf(node, 'main'),
        quiet,
        guard: guard === undefined ? null : mentionOf(guard),
      };
    }
    case 'timers':
      return timerOf(name, node, defaults, quiet);
    case 'fds':
      return fdOf(name, node, context, quiet);
    case 'notifiers': {
      const body = bodyOf(node);
      return {
        section,
        name: name.name,
        at: name.at,
        do: body.do,
        doRuns: body.doRuns,
        context,
        set: boolOf(get(node, 'set'), false),
        clear: boolOf(get(node, 'clear'), true),
        pollable: boolOf(get(node, 'pollable'), false),
        quiet,
      };
    }
    case 'coroutines':
      return { section, ...name, context: contextOf(node, 'main'), do: actionsOf(get(node, 'do')) };
    case 'signals':
      return { section, ...name, ...signalSpecOf(node), signo: signalOf(name.name) };
    case 'children':
      return { section, ...name, ...childOf(node) };
    case 'poll_notifiers': {
      const body = bodyOf(node);
      return { section, name: name.name, at: name.at, do: body.do, doRuns: body.doRuns };
    }
    case 'sources':
      return { section, ...name, ...bodyOf(node), ...sourceOf(node), quiet };
  }
}

/** `in` and `context` say the same; a file has one of them. */
function contextOf(node: Node, otherwise: ContextName): ContextName {
  return textOf(get(node, 'in') ?? get(node, 'context'), otherwise);
}

function timerOf({ name, at }: Mention, node: Node, { list }: Defaults, quiet: boolean): TimerDef {
  const body = bodyOf(node);
  return {
    section: 'timers',
    name,
    at,
    do: body.do,
    doRuns: body.doRuns,
    clock: textOf(get(node, 'clock'), 'realtime') as ClockName,
    list: textOf(get(node, 'in') ?? get(node, 'list'), list),
    quiet,
  };
}

function fdOf({ name, at }: Mention, node: Node, context: ContextName, quiet: boolean): FdDef {
  const of = get(node, 'of');
  const count = get(node, 'count');
  const body = bodyOf(node);
  return {
    section: 'fds',
    name,
    at,
    do: body.do,
    doRuns: body.doRuns,
    kind: textOf(get(node, 'kind'), 'eventfd') as FdKind,
    watch: textOf(get(node, 'watch'), 'read') as Watch,
    context,
    drain: boolOf(get(node, 'drain'), true),
    doWrite: actionsOf(get(node, 'do_write')),
    ready: boolOf(get(node, 'ready'), false),
    full: boolOf(get(node, 'full'), false),
    external: boolOf(get(node, 'external'), false),
    of: of === undefined ? null : mentionOf(of),
    count: numberOf(count, 1),
    many: count !== undefined,
    quiet,
  };
}

function childOf(node: Node): Omit<ChildDef, 'section' | 'name' | 'at'> {
  const exit = get(node, 'exit');
  const signal = get(node, 'signal');
  const write = get(node, 'write');
  const command = get(node, 'command');
  return {
    afterNs: nsOf(get(node, 'after')),
    exit: exit === undefined ? null : numberOf(exit, 0),
    signal: signal === undefined ? null : signalOf(textOf(signal)),
    stop: boolOf(get(node, 'stop'), false),
    write: write === undefined ? null : textOf(write),
    ignore: (textsOf(get(node, 'ignore')) ?? []).map(signalOf),
    children: numberOf(get(node, 'children'), 0),
    command: command === undefined ? null : commandOf(command),
    start: boolOf(get(node, 'start'), false),
  };
}

function commandOf(node: Node): string[] {
  return textsOf(node.kind === 'list' ? node : undefined) ?? ['/bin/sh', '-c', textOf(node)];
}

function sourceOf(node: Node): Pick<SourceDef, 'kind' | 'afterNs' | 'priority' | 'attached'> {
  const kind = textOf(get(node, 'kind')) as SourceDef['kind'];
  const priority = textOf(get(node, 'priority'), kind === 'idle' ? 'default_idle' : 'default');
  return {
    kind,
    afterNs: nsOf(get(node, 'after')) ?? 0,
    priority: priority as SourceDef['priority'],
    attached: boolOf(get(node, 'attached'), true),
  };
}

function expectationOf(node: Node): Expectation {
  const iterations = get(node, 'iterations');
  const trace = get(node, 'trace');
  const abort = get(node, 'abort');
  const order = get(node, 'order');
  return {
    at: node.at,
    order: order?.kind === 'list' ? textsOf(order) : null,
    orders: new Map(
      entriesOf(order).map(({ key, value }) => [key.text, textsOf(value) ?? []] as const),
    ),
    before: itemsOf(get(node, 'before')).map((pair) => {
      const [first, second] = itemsOf(pair).map(mentionOf);
      return [first!, second!] as const;
    }),
    includes: textsOf(get(node, 'includes')) ?? null,
    never: textsOf(get(node, 'never')) ?? null,
    children: entriesOf(get(node, 'children')).map(({ key, value }) => ({
      of: mentionOf(key),
      end: childEndOf(value),
    })),
    iterations: iterations === undefined ? null : comparisonOf(iterations, numberBound),
    trace: trace === undefined ? null : itemsOf(trace).map(mentionOf),
    elapsed: durationsOf(get(node, 'elapsed')),
    ...abortOf(abort),
  };
}

function abortOf(node: Node | undefined): Pick<Expectation, 'abort' | 'abortIn'> {
  if (node === undefined) return { abort: null, abortIn: null };
  if (node.kind !== 'map') return { abort: textOf(node), abortIn: null };
  const { key, value } = onlyEntry(node);
  return { abort: textOf(value), abortIn: mentionOf(key) };
}

function childEndOf(node: Node): ChildEnd {
  if (node.kind === 'scalar') return node.text as ChildEnd;
  const exit = get(node, 'exit');
  if (exit !== undefined) return { exit: numberOf(exit, 0) };
  return { signal: textOf(get(node, 'signal')) };
}
