import type { Names } from './check-names.ts';
import type { Action, ObjectDef, Op, Scenario } from './model.ts';
import type { Problems } from './problem.ts';

/**
 * Finds callbacks that start each other for ever. Three kinds never end: signals that raise each
 * other, since sigfd_handler reads until nothing is pending; timers that arm each other in the
 * past, since all due timers run in one round; and callbacks that start each other and poll, which
 * nest without end. A fourth ends only with the run: objects that start themselves again, if a
 * `run` has no limit and nothing can stop them.
 *
 * do_runs, coroutines and sources, whose bodies run once, end a cycle. An fd that is ready for ever
 * would also keep `run` from ending.
 */
export function checkCycles(scenario: Scenario, names: Names, problems: Problems): void {
  if (scenario.expect?.abort != null) return;
  const graph = new Graph(scenario, names);
  const report = (cycle: readonly ObjectDef[], why: string): void => {
    const path = pathText([...cycle, cycle[0]!].map((object) => object.name));
    problems.add(cycle[0]!.at, `${path} never ends: ${why}; expected a do_runs`);
  };
  const within = graph.cycle((from, action, to) => startsAtOnce(from, action, to));
  if (within !== null) report(within, 'each starts the next in the same round');
  const nested = graph.cycle((_from, _action, to, nests) => canNest(nests, to));
  if (nested !== null) report(nested, 'each starts the next and polls, one inside the other');
  if (within !== null || nested !== null || scenario.threaded) return;
  if (!runsWithoutLimit(scenario, graph)) return;
  const lasting = graph.cycle((_from, action, to) => action !== null && !canBeStopped(to, graph));
  if (lasting !== null) {
    report(lasting, "'run' has no limit and nothing stops them");
    return;
  }
  for (const object of scenario.objects) {
    const isEndless = isWritable(object) || (graph.isReached(object) && staysReady(object));
    if (!isEndless || !isLookedAt(object, scenario) || canBeStopped(object, graph)) continue;
    const what = 'expected a limit, such as {run: {for: 100ms}}';
    problems.add(object.at, `'${object.name}' is always ready, so that 'run' never ends: ${what}`);
  }
}

/** Whether an fd's write handler is called in every round from the start. */
function isWritable(object: ObjectDef): boolean {
  // A second set of handlers is not watched at the start.
  if (object.section !== 'fds' || object.of !== null) return false;
  if (object.watch !== 'write' && object.watch !== 'both') return false;
  return object.kind !== 'pipe_read' && !object.full;
}

/** Whether the loop polls it: aio_poll polls one context, and epoll refuses a file. */
function isLookedAt(object: ObjectDef, { drive, fdmon }: Scenario): boolean {
  if (object.section === 'fds' && object.kind === 'file' && fdmon === 'epoll') return false;
  return drive === 'main_loop' || contextOf(object) === 'main';
}

/** The names of a cycle; for a long one, those at its ends. */
function pathText(names: readonly string[]): string {
  const shown = names.length <= 12 ? names : [...names.slice(0, 6), '…', ...names.slice(-3)];
  return shown.join(' → ');
}

/** The realtime clock starts at 1,000 s in a simulated run, so earlier times are past. */
const LONG_PAST_NS = 1e12;

/** A nested poll that follows an action in its body. */
type Nests = 'poll' | 'main_loop_wait' | null;

/** Whether an edge counts. action is null if the object starts itself. */
type Counts = (from: ObjectDef, action: Action | null, to: ObjectDef, nests: Nests) => boolean;

interface Edge {
  readonly action: Action | null;
  readonly to: ObjectDef;
  readonly nests: Nests;
}

const NO_EDGES: readonly Edge[] = [];
const NOTHING: readonly never[] = [];

/** An object on the path of a search, and the next of its edges. */
interface Visit {
  readonly object: ObjectDef;
  readonly edges: readonly Edge[];
  next: number;
}

class Graph {
  readonly #names: Names;
  readonly #edges = new Map<ObjectDef, readonly Edge[]>();
  /** Objects that some action or the outside world starts. */
  readonly #reached = new Set<ObjectDef>();
  /** The actions of the file; and the actions that stop something, by its name. */
  readonly ops = new Set<Op>();
  readonly stopped = new Set<string>();

  constructor(scenario: Scenario, names: Names) {
    this.#names = names;
    for (const object of scenario.objects) {
      for (const body of bodiesOf(object)) for (const action of flat(body)) this.#note(action);
      const edges = this.#edgesOf(object);
      if (edges.length > 0) this.#edges.set(object, edges);
    }
    const outside = [...scenario.timeline.map((entry) => entry.do), scenario.steps].flatMap(flat);
    for (const action of outside) this.#note(action);
    const starts = [
      ...outside.flatMap((action) => this.#started(action)),
      ...scenario.objects.filter(startsByItself),
    ];
    for (const object of starts) this.#reach(object);
  }

  isReached(object: ObjectDef): boolean {
    return this.#reached.has(object);
  }

  /** A cycle of callbacks without do_runs along the counted edges, or null. */
  cycle(counts: Counts): ObjectDef[] | null {
    const done = new Set<ObjectDef>();
    for (const start of this.#reached) {
      const found = this.#cycleFrom(start, counts, done);
      if (found !== null) return found;
    }
    return null;
  }

  /** Depth first, without recursion: a chain may be as long as the file. */
  #cycleFrom(start: ObjectDef, counts: Counts, done: Set<ObjectDef>): ObjectDef[] | null {
    const path: Visit[] = [];
    const places = new Map<ObjectDef, number>();
    const enter = (object: ObjectDef): void => {
      if (done.has(object) || !isUnlimited(object)) return;
      places.set(object, path.length);
      path.push({ object, edges: this.#edges.get(object) ?? NO_EDGES, next: 0 });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { object } = top;
      const edge = top.edges[top.next++];
      if (edge === undefined) {
        path.pop();
        places.delete(object);
        done.add(object);
        continue;
      }
      if (!counts(object, edge.action, edge.to, edge.nests)) continue;
      const at = places.get(edge.to);
      if (at !== undefined) return path.slice(at).map((visit) => visit.object);
      enter(edge.to);
    }
    return null;
  }

  #note(action: Action): void {
    this.ops.add(action.op);
    if ('on' in action && STOPS.has(action.op)) this.stopped.add(action.on.name);
  }

  #reach(start: ObjectDef): void {
    const open = [start];
    for (let object = open.pop(); object !== undefined; object = open.pop()) {
      if (this.#reached.has(object)) continue;
      this.#reached.add(object);
      for (const { to } of this.#edges.get(object) ?? NO_EDGES) open.push(to);
    }
  }

  #edgesOf(object: ObjectDef): Edge[] {
    const edges: Edge[] = [];
    for (const body of bodiesOf(object)) {
      const actions = flat(body);
      const own: Edge[] = [];
      let nests: Nests = null;
      // From the end, since the polls after an action decide.
      for (let i = actions.length - 1; i >= 0; i--) {
        const action = actions[i]!;
        for (const to of this.#started(action)) own.push({ action, to, nests });
        if (action.op === 'main_loop_wait') nests = 'main_loop_wait';
        else if (action.op === 'poll') nests ??= 'poll';
      }
      for (const edge of own.reverse()) edges.push(edge);
      if (staysReady(object)) edges.push({ action: null, to: object, nests });
    }
    return edges;
  }

  /** The callbacks that an action makes run. */
  #started(action: Action): readonly ObjectDef[] {
    if (!STARTS.has(action.op) || !('on' in action)) return NOTHING;
    const object = this.#names.get(action.on.name);
    if (object === undefined) return NOTHING;
    if (object.section !== 'children') return [object];
    const sigchld = this.#names.get('SIGCHLD');
    return sigchld === undefined ? NOTHING : [sigchld];
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

/** The actions of a list, and those inside its repeats. */
function flat(actions: readonly Action[]): readonly Action[] {
  if (!actions.some((action) => action.op === 'repeat')) return actions;
  return actions.flatMap((action) =>
    action.op === 'repeat' ? [action, ...flat(action.do)] : [action],
  );
}

function isUnlimited(object: ObjectDef): boolean {
  if (object.section === 'sources' || !('doRuns' in object)) return false;
  return object.doRuns === Number.POSITIVE_INFINITY;
}

/** Whether it is ready from the start. */
function startsByItself(object: ObjectDef): boolean {
  if (object.section === 'notifiers') return object.set;
  if (object.section !== 'fds') return false;
  return object.ready || (object.watch !== 'none' && object.kind === 'file');
}

/** Whether its own callback leaves an object as ready as before. */
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

/** Whether a nested poll can call it: aio_poll runs only the main context. */
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

function canBeStopped(object: ObjectDef, { ops, stopped }: Graph): boolean {
  if (object.section === 'timers' && ops.has('disable_clock')) return true;
  if (object.section === 'signals' && ops.has('kill_child')) return true;
  // Other handlers on the same descriptor may replace it.
  if (object.section === 'fds' && (object.external || ops.has('watch'))) return true;
  return stopped.has(object.name);
}

function runsWithoutLimit({ steps }: Scenario, { ops }: Graph): boolean {
  if (ops.has('quit')) return false;
  return flat(steps).some(
    (action) => action.op === 'run' && action.forNs === null && action.iterations === null,
  );
}
