import type { Names } from './check-names.ts';
import type { Action, ObjectDef, Op, Scenario } from './model.ts';
import type { Problems } from './problem.ts';

/**
 * Finds callbacks that start each other for ever. Three kinds never end: signals
 * that raise each other, since sigfd_handler reads until nothing is pending;
 * timers that arm each other in the past, since all that is due runs in one
 * round; and callbacks that start each other and poll, which nest without end.
 * A fourth ends with the run only: whatever starts itself again, where a `run`
 * has no limit and nothing can stop it.
 *
 * do_runs, coroutines and sources, whose bodies run once, end a cycle.
 */
export function checkCycles(scenario: Scenario, names: Names, problems: Problems): void {
  if (scenario.expect?.abort != null) return;
  const graph = new Graph(scenario, names);
  const report = (cycle: readonly ObjectDef[], why: string): void => {
    const path = [...cycle, cycle[0]!].map((object) => object.name).join(' → ');
    problems.add(cycle[0]!.at, `${path} never ends: ${why}; expected a do_runs`);
  };
  const within = graph.cycle((from, action, to) => startsAtOnce(from, action, to));
  if (within !== null) report(within, 'each starts the next in the same round');
  const nested = graph.cycle((_from, _action, to, nests) => canNest(nests, to));
  if (nested !== null) report(nested, 'each starts the next and polls, one inside the other');
  if (within !== null || nested !== null || !runsWithoutLimit(scenario)) return;
  const lasting = graph.cycle((_from, _action, to) => !canBeStopped(to, graph));
  if (lasting !== null) {
    report(lasting, "'run' has no limit and nothing stops them");
  }
}

/** Realtime reads 1,000 s at the start of a simulated run, so what is earlier is past. */
const LONG_PAST_NS = 1e12;

/** A nested poll that follows an action in its body. */
type Nests = 'poll' | 'main_loop_wait' | null;

/** Says whether an edge counts. action is null where the object starts itself. */
type Counts = (from: ObjectDef, action: Action | null, to: ObjectDef, nests: Nests) => boolean;

interface Edge {
  readonly action: Action | null;
  readonly to: ObjectDef;
  readonly nests: Nests;
}

class Graph {
  readonly #names: Names;
  readonly #edges = new Map<ObjectDef, Edge[]>();
  /** What some action or the outside world starts. */
  readonly #reached = new Set<ObjectDef>();
  readonly all: readonly Action[];

  constructor(scenario: Scenario, names: Names) {
    this.#names = names;
    const bodies = scenario.objects.flatMap((object) => bodiesOf(object).flatMap(flat));
    const outside = [...scenario.timeline.flatMap((entry) => entry.do), ...scenario.steps];
    this.all = [...bodies, ...outside.flatMap((action) => flat([action]))];
    for (const object of scenario.objects) this.#edges.set(object, this.#edgesOf(object));
    for (const action of outside.flatMap((one) => flat([one]))) {
      for (const object of this.#started(action)) this.#reach(object);
    }
    for (const object of scenario.objects) if (startsByItself(object)) this.#reach(object);
  }

  /** A cycle of callbacks without do_runs along the edges that count, or null. */
  cycle(counts: Counts): ObjectDef[] | null {
    const done = new Set<ObjectDef>();
    const path: ObjectDef[] = [];
    const visit = (object: ObjectDef): ObjectDef[] | null => {
      const at = path.indexOf(object);
      if (at >= 0) return path.slice(at);
      if (done.has(object) || !isUnlimited(object)) return null;
      path.push(object);
      for (const { action, to, nests } of this.#edges.get(object) ?? []) {
        if (!counts(object, action, to, nests)) continue;
        const found = visit(to);
        if (found !== null) return found;
      }
      path.pop();
      done.add(object);
      return null;
    };
    for (const object of this.#reached) {
      const found = visit(object);
      if (found !== null) return found;
    }
    return null;
  }

  #reach(object: ObjectDef): void {
    if (this.#reached.has(object)) return;
    this.#reached.add(object);
    for (const { to } of this.#edges.get(object) ?? []) this.#reach(to);
  }

  #edgesOf(object: ObjectDef): Edge[] {
    const edges: Edge[] = [];
    for (const body of bodiesOf(object)) {
      const actions = flat(body);
      actions.forEach((action, i) => {
        const nests = nestedAfter(actions.slice(i + 1));
        for (const to of this.#started(action)) edges.push({ action, to, nests });
      });
      if (staysReady(object)) edges.push({ action: null, to: object, nests: nestedAfter(actions) });
    }
    return edges;
  }

  /** Which callbacks an action lets run. */
  #started(action: Action): ObjectDef[] {
    if (!('on' in action) || !STARTS.has(action.op)) return [];
    const object = this.#names.get(action.on.name);
    if (object === undefined) return [];
    if (object.section !== 'children') return [object];
    const sigchld = this.#names.get('SIGCHLD');
    return sigchld === undefined ? [] : [sigchld];
  }
}

const STARTS: ReadonlySet<Op> = new Set<Op>([
  'schedule',
  'schedule_idle',
  'oneshot',
  'kick',
  'set',
  'flag',
  'arm',
  'arm_at',
  'arm_now',
  'anticipate_at',
  'raise',
  'kill',
  'sigqueue',
  'spawn',
  'watch',
]);

const STOPS: ReadonlySet<Op> = new Set<Op>([
  'cancel',
  'delete',
  'unwatch',
  'close',
  'reopen',
  'disarm',
  'sigaction',
  'test_and_clear',
]);

function bodiesOf(object: ObjectDef): (readonly Action[])[] {
  if (!('do' in object)) return [];
  return object.section === 'fds' ? [object.do, object.doWrite] : [object.do];
}

function flat(actions: readonly Action[]): Action[] {
  return actions.flatMap((action) =>
    action.op === 'repeat' ? [action, ...flat(action.do)] : [action],
  );
}

function isUnlimited(object: ObjectDef): boolean {
  if (object.section === 'sources' || !('doRuns' in object)) return false;
  return object.doRuns === Number.POSITIVE_INFINITY;
}

/** Ready from the start. */
function startsByItself(object: ObjectDef): boolean {
  if (object.section === 'notifiers') return object.set;
  if (object.section !== 'fds') return false;
  return object.ready || (object.watch !== 'none' && object.kind === 'file');
}

/** Whether its own callback leaves an object as ready as it was. */
function staysReady(object: ObjectDef): boolean {
  if (object.section === 'notifiers') return !object.clear && !object.pollable;
  if (object.section !== 'fds' || object.watch === 'none') return false;
  return !object.drain || object.kind === 'file';
}

function startsAtOnce(from: ObjectDef, action: Action | null, to: ObjectDef): boolean {
  if (from.section === 'signals' && to.section === 'signals') return action?.op !== 'spawn';
  if (from.section !== 'timers' || to.section !== 'timers') return false;
  if (from.clock !== to.clock || from.list !== to.list) return false;
  if (action?.op !== 'arm_at' && action?.op !== 'anticipate_at') return false;
  return action.ns < LONG_PAST_NS && from.clock !== 'virtual';
}

function nestedAfter(actions: readonly Action[]): Nests {
  const ops = actions.map((action) => action.op);
  if (ops.includes('main_loop_wait')) return 'main_loop_wait';
  return ops.includes('poll') ? 'poll' : null;
}

/** Whether a nested poll can call it: aio_poll runs the main context only. */
function canNest(nests: Nests, to: ObjectDef): boolean {
  if (nests === null) return false;
  return nests === 'poll' ? contextOf(to) === 'main' : contextOf(to) !== null;
}

function contextOf(object: ObjectDef): string | null {
  switch (object.section) {
    case 'bottom_halves':
    case 'fds':
    case 'notifiers':
      return object.context;
    case 'timers':
      return object.list;
    case 'signals':
      return 'iohandler';
    default:
      return null;
  }
}

function canBeStopped(object: ObjectDef, graph: Graph): boolean {
  if (object.section === 'fds' && object.external) return true;
  return graph.all.some((action) => {
    if (action.op === 'disable_clock') return object.section === 'timers';
    if (action.op === 'kill_child') return object.section === 'signals';
    if (!('on' in action)) return false;
    const same = action.on.name === object.name;
    // Other handlers on the same descriptor take its place.
    if (object.section === 'fds') return action.op === 'watch' || (STOPS.has(action.op) && same);
    return STOPS.has(action.op) && same;
  });
}

function runsWithoutLimit({ steps, objects, timeline }: Scenario): boolean {
  const all = [
    ...flat(steps),
    ...objects.flatMap((object) => bodiesOf(object).flatMap(flat)),
    ...timeline.flatMap((entry) => flat(entry.do)),
  ];
  if (all.some((action) => action.op === 'quit')) return false;
  return flat(steps).some(
    (action) => action.op === 'run' && action.forNs === null && action.iterations === null,
  );
}
