import type { Where } from './action-places.ts';
import type { Names } from './check-names.ts';
import { type LogPart, OWN_VALUES, PROPERTIES, partsOf } from './log-values.ts';
import type { Action, ObjectDef, Scenario } from './model.ts';
import { type Condition, isThreadAction, type ThreadOp } from './model-threads.ts';
import type { Mention, Problems } from './problem.ts';
import type { Section } from './vocabulary.ts';

const TARGETS: Readonly<Record<ThreadOp, Section | 'context'>> = {
  acquire: 'context',
  release: 'context',
  hold: 'context',
  go_on: 'context',
  wait_idle: 'context',
  wait_asleep: 'context',
  reschedule: 'context',
  start: 'threads',
  join: 'threads',
  stop: 'iothreads',
  submit: 'requests',
  submit_co: 'requests',
  submit_only: 'requests',
  wait_oneshot: 'bottom_halves',
  cond_wait: 'conds',
  cond_signal: 'conds',
};

/** More names would make a message too long to read. */
const MOST_LISTED = 12;

/** Names that stand for something else in a file with several threads. */
const TAKEN: Readonly<Record<string, string>> = {
  main: 'the thread of the main loop',
  iohandler: 'a context of the main loop',
  loop: 'the timer lists of the main loop',
  none: 'no context',
  bql: 'the big lock',
  worker: 'the threads of a thread pool',
};

/** The threads whose entries the order log may have. */
export function threadNames({ objects }: Scenario): ReadonlySet<string> {
  const own = objects.filter(({ section }) => THREADS.has(section)).map(({ name }) => name);
  return new Set(['main', 'worker', ...own]);
}

const THREADS: ReadonlySet<Section> = new Set<Section>(['iothreads', 'threads', 'vcpus']);
const HINT = "expected a file with 'iothreads', 'threads', 'vcpus' or 'requests'";

/** Checks names of threads and contexts, wherever a file mentions one. */
export class ThreadChecker {
  readonly #scenario: Scenario;
  readonly #names: Names;
  readonly #problems: Problems;
  readonly #contexts: ReadonlySet<string>;

  constructor(scenario: Scenario, names: Names, problems: Problems) {
    this.#scenario = scenario;
    this.#names = names;
    this.#problems = problems;
    const { objects } = scenario;
    const own = objects.filter(({ section }) => section === 'iothreads').map(({ name }) => name);
    this.#contexts = new Set(['main', ...own]);
  }

  /** Whether the file has several threads. */
  get several(): boolean {
    return this.#scenario.threaded;
  }

  /** Checks the declarations of a file. */
  objects(): void {
    const { objects, threaded, timeline, without, expect } = this.#scenario;
    for (const object of objects) this.#object(object);
    if (threaded) {
      for (const { at } of timeline) {
        const instead = 'expected a thread with wait_for, such as {do: [{wait_for: 5ms}, kick]}';
        this.#problems.add(at, `a file with several threads has no timeline: ${instead}`);
      }
    }
    for (const fault of without) {
      if (threaded) this.context(fault.in);
      else this.#problems.add(fault.at, `a step is left out between threads: ${HINT}`);
    }
    if (expect === null) return;
    const words = threadNames(this.#scenario);
    if (expect.abortIn !== null && !words.has(expect.abortIn.name)) {
      this.#problems.expected(expect.abortIn.at, expect.abortIn.name, 'a thread', words);
    }
  }

  #object(object: ObjectDef): void {
    const { name, at, section } = object;
    if (this.#scenario.threaded && Object.hasOwn(TAKEN, name)) {
      this.#problems.add(at, `found '${name}', expected another name: it is ${TAKEN[name]}`);
    }
    if (object.in !== undefined) this.context(object.in);
    if (!this.#scenario.threaded && (section === 'words' || section === 'conds')) {
      this.#problems.add(at, `'${name}' is shared by threads: ${HINT}`);
    }
    if (object.section === 'bottom_halves' && object.guard !== null) {
      this.#names.find(object.guard, 'words');
    }
  }

  /** A context by its name. @param more names that are allowed too */
  context(mention: Mention, more: readonly string[] = []): void {
    const { name, at } = mention;
    if (this.#contexts.has(name) || more.includes(name)) return;
    if (this.#problems.isFull) return;
    const words = [...this.#contexts, ...more];
    const other = this.#names.get(name);
    const what =
      words.length === 1
        ? `main, or an iothread of the file, such as iothreads: {${other === undefined ? name : 'io0'}: {}}`
        : words.length > MOST_LISTED
          ? 'a context, main or an iothread of the file'
          : `a context, one of ${words.join(', ')}`;
    if (other !== undefined && THREADS.has(other.section)) {
      const is = `'${name}' is a ${other.section === 'vcpus' ? 'vcpu' : 'thread'}`;
      this.#problems.add(at, `${is}, which has no context of its own, expected ${what}`);
    } else this.#problems.expected(at, name, what, words);
  }

  /** Checks an action, except its place. Returns the lists of actions inside it, and their places. */
  action(action: Action, where: Where): [readonly Action[], Where][] {
    if (isThreadAction(action) && !this.#scenario.threaded) {
      this.#problems.add(action.at, `found '${wordOf(action)}', ${HINT}`);
      return [];
    }
    switch (action.op) {
      case 'notify':
      case 'disable_external':
      case 'enable_external':
      case 'poll_params':
        this.context(action.context, action.op === 'notify' ? ['iohandler'] : []);
        return [];
      case 'poll':
      case 'main_loop_wait':
        if (action.context !== null) this.context(action.context, ['iohandler']);
        this.#condition(action.until ?? []);
        return [];
      case 'wait_while':
        this.context(action.context, ['none']);
        this.#condition(action.while);
        return [[action.each, where]];
      case 'await_words':
        this.#condition(action.words);
        return [];
      case 'put':
      case 'add':
        this.#names.find(action.on, 'words');
        return [];
      case 'co_schedule_in':
        this.#names.find(action.on, 'coroutines');
        this.context(action.context);
        return [];
      case 'run_on_cpu':
      case 'async_run_on_cpu':
      case 'async_safe_run_on_cpu':
        this.#names.find(action.on, 'vcpus');
        return [[action.do, 'vcpu']];
      case 'log':
        if (this.#scenario.threaded) this.#log(action.at, action.text);
        return [];
      default:
        if (isThreadOp(action)) this.#target(action);
        return [];
    }
  }

  #target({ op, on }: Extract<Action, { op: ThreadOp }>): void {
    const target = TARGETS[op];
    if (target === 'context') this.context(on);
    else if (target === 'threads') this.#names.find(on, 'threads', 'vcpus');
    else this.#names.find(on, target);
  }

  #condition(condition: Condition): void {
    for (const { word } of condition) this.#names.find(word, 'words');
  }

  #log(at: Action['at'], text: string): void {
    for (const part of partsOf(text)) {
      if (typeof part !== 'string') this.#value(at, part);
    }
  }

  #value(at: Action['at'], { of, value }: Exclude<LogPart, string>): void {
    if (of === null) {
      if ((OWN_VALUES as readonly string[]).includes(value)) return;
      if (this.#names.get(value)?.section === 'words') return;
      const words = this.#scenario.objects.filter(({ section }) => section === 'words');
      const all = [...OWN_VALUES, ...words.map(({ name }) => name)];
      const what = `a word, NAME.property, or one of ${OWN_VALUES.join(', ')}`;
      this.#problems.expected(at, value, what, all);
      return;
    }
    const object = this.#names.get(of);
    const section = of === 'main' ? 'iothreads' : object?.section;
    const properties = (section && PROPERTIES[section]) ?? [];
    if (properties.includes(value)) return;
    if (section === undefined) {
      const all = this.#scenario.objects.map(({ name }) => name);
      this.#problems.expected(at, of, 'an object that the file declares', ['main', ...all]);
    } else {
      const some = properties.length === 0 ? 'nothing to log' : `one of ${properties.join(', ')}`;
      this.#problems.expected(at, value, `a property of '${of}': ${some}`, properties);
    }
  }
}

function isThreadOp(action: Action): action is Extract<Action, { op: ThreadOp }> {
  return Object.hasOwn(TARGETS, action.op);
}

/** An action as the file writes it. */
function wordOf({ op }: Action): string {
  const words: Partial<Record<Action['op'], string>> = {
    bql_lock: 'lock: bql',
    bql_unlock: 'unlock: bql',
    wait_kick: 'kick',
    await_words: 'wait_for',
    co_schedule_in: 'co_schedule',
  };
  return words[op] ?? op;
}
