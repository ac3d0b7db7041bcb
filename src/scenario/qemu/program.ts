/** Makes the program that driver/driver.c reads: its head describes the format. */

import type {
  Action,
  CheckItem,
  CoroutineDef,
  FdDef,
  NotifierDef,
  ObjectDef,
  Scenario,
  SignalSpec,
  SourceDef,
  TimerDef,
} from '../model.ts';
import type { Condition, RequestDef } from '../model-threads.ts';
import { outsideEntries } from './outside.ts';
import { escaped, flags, pool } from './program-text.ts';

/** A scenario as the driver takes it. */
export interface DriverProgram {
  readonly text: string;
  /** The assertions, by the id that the driver answers with. */
  readonly checks: readonly CheckItem[];
}

/** @param scenario one that QEMU does not refuse */
export function driverProgram(scenario: Scenario): DriverProgram {
  return new Writer(scenario).write();
}

const PRIORITIES = { high: -100, default: 0, high_idle: 100, default_idle: 200 } as const;
const CO_WORDS = {
  co_queues: 'co_queue',
  co_mutexes: 'co_mutex',
  co_rwlocks: 'co_rwlock',
} as const;

class Writer {
  readonly #scenario: Scenario;
  readonly #objects: string[] = [];
  readonly #lists: string[][] = [];
  readonly #index = new Map<string, number>();
  readonly #checks: CheckItem[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  write(): DriverProgram {
    const { drive, fdmon, objects, steps, threaded, mainLoop } = this.#scenario;
    objects.forEach(({ name }, i) => {
      this.#index.set(name, i);
      // The signals that actions set come behind all these, so that no number changes.
      this.#objects.push('');
    });
    objects.forEach((def, i) => {
      this.#objects[i] = this.#object(def);
    });
    const all = this.#list(steps, false);
    const outside = this.#outside();
    const signals = objects.flatMap((def) =>
      def.section === 'signals' ? [`blocked_signal signo=${def.signo}`] : [],
    );
    const lines = [
      `drive by=${drive} fdmon=${fdmon} ${flags({ threads: threaded })} ${pool(mainLoop)}`,
      ...signals,
      ...this.#objects,
      ...this.#lists.flatMap((list, id) => [`list id=${id}`, ...list, 'end']),
      ...outside,
      `steps do=${all}`,
    ];
    return { text: `${lines.join('\n')}\n`, checks: this.#checks };
  }

  /** Returns the number of a list; -1 for an empty one. */
  #list(actions: readonly Action[], nested: boolean): number {
    if (actions.length === 0) return -1;
    const id = this.#lists.push([]) - 1;
    this.#lists[id] = actions.flatMap((action) => this.#action(action, nested));
    return id;
  }

  #body({ do: actions, doRuns }: { do: readonly Action[]; doRuns: number }): string {
    const runs = doRuns === Number.POSITIVE_INFINITY ? '' : ` runs=${doRuns}`;
    return `do=${this.#list(actions, true)}${runs}`;
  }

  #object(def: ObjectDef): string {
    const end = `name=${escaped(def.name)}`;
    switch (def.section) {
      case 'bottom_halves': {
        const guard = def.guard === null ? '' : ` guard=${this.#index.get(def.guard.name)}`;
        const how = `${this.#in(def.context)} ${flags({ quiet: def.quiet })}${guard}`;
        return `bottom_half ${how} ${this.#body(def)} ${end}`;
      }
      case 'timers':
        return `timer ${this.#timer(def)} ${end}`;
      case 'fds':
        return `fd ${this.#fd(def)} ${end}`;
      case 'notifiers':
        return `notifier ${this.#notifier(def)} ${end}`;
      case 'coroutines':
        return `coroutine ${this.#coroutine(def)} ${end}`;
      case 'co_queues':
      case 'co_mutexes':
      case 'co_rwlocks':
        return `${CO_WORDS[def.section]} ${end}`;
      case 'signals':
        return `${this.#signal(def, def.signo, false)} ${end}`;
      case 'poll_notifiers':
        return `poll_notifier ${this.#body(def)} ${end}`;
      case 'sources':
        return `source ${this.#source(def)} ${end}`;
      case 'iothreads': {
        const { pollMaxNs, pollGrow, pollShrink } = def;
        const polls = `poll_max=${pollMaxNs} poll_grow=${pollGrow} poll_shrink=${pollShrink}`;
        return `iothread ${polls} ${pool(def)} ${end}`;
      }
      case 'threads':
        return `thread ${flags({ start: def.start })} do=${this.#list(def.do, false)} ${end}`;
      case 'vcpus': {
        const turns = Number.isFinite(def.loop) ? ` loop=${def.loop}` : '';
        return `vcpu do=${this.#list(def.do, false)}${turns} ${end}`;
      }
      case 'requests':
        return `request ${this.#request(def)} ${end}`;
      case 'words':
        return `word ${end}`;
      case 'conds':
        return `cond ${end}`;
      default:
        throw new Error(`QEMU refuses '${def.section}'`);
    }
  }

  #timer(def: TimerDef): string {
    const { list } = def;
    const place = list === 'loop' ? 'context=main list=loop' : this.#in(list);
    return `${place} clock=${def.clock} ${flags({ quiet: def.quiet })} ${this.#body(def)}`;
  }

  #fd(def: FdDef): string {
    const { kind, watch, context, drain, ready, full, external, count } = def;
    const quiet = def.quiet || def.many;
    const of = def.of === null ? '' : ` of=${this.#index.get(def.of.name)}`;
    const how = `kind=${kind} watch=${watch} ${this.#in(context)}${of} count=${count}`;
    const write = `write=${this.#list(def.doWrite, true)}`;
    return `${how} ${flags({ drain, ready, full, external, quiet })} ${write} ${this.#body(def)}`;
  }

  #notifier(def: NotifierDef): string {
    const { context, set, clear, pollable, quiet } = def;
    return `${this.#in(context)} ${flags({ set, clear, pollable, quiet })} ${this.#body(def)}`;
  }

  #coroutine(def: CoroutineDef): string {
    return `${this.#in(def.context)} do=${this.#list(def.do, true)}`;
  }

  #request(def: RequestDef): string {
    const { context, work, returns, quiet } = def;
    const how = `${this.#in(context)} work=${this.#list(work, false)} returns=${returns}`;
    return `${how} ${flags({ quiet })} ${this.#body(def)}`;
  }

  #source(def: SourceDef): string {
    const { kind, afterNs, attached, quiet } = def;
    const how = `kind=${kind} after=${afterNs} priority=${PRIORITIES[def.priority]}`;
    return `${how} ${flags({ attached, quiet })} ${this.#body(def)}`;
  }

  /** @param later whether an action sets it */
  #signal(spec: SignalSpec, signo: number, later: boolean): string {
    const { handler, siginfo, reset, nocldstop } = spec;
    const fields = siginfo === null ? '' : ` siginfo=${siginfo.join(',')}`;
    const how = `signo=${signo} handler=${handler}${fields}`;
    return `signal ${how} ${flags({ reset, nocldstop, later })} ${this.#body(spec)}`;
  }

  #action(action: Action, nested: boolean): string[] {
    switch (action.op) {
      case 'watch': {
        const how = action.watch === null ? '' : ` how=${action.watch}`;
        return [`watch${this.#on(action.on)}${how}`];
      }
      case 'notify':
      case 'disable_external':
      case 'enable_external':
        return [`${action.op} ${this.#in(action.context.name)}`];
      case 'arm':
      case 'arm_at':
      case 'anticipate_at':
        return [`${action.op}${this.#on(action.on)} ns=${action.ns}`];
      case 'arm_now':
        return [`arm${this.#on(action.on)} ns=0`];
      case 'enable_clock':
      case 'disable_clock':
        return [`${action.op} clock=${action.clock}`];
      case 'poll_params': {
        const { maxNs, grow, shrink } = action;
        const how = `max=${maxNs} grow=${grow} shrink=${shrink}`;
        return [`poll_params ${this.#in(action.context.name)} ${how}`];
      }
      case 'sleep':
      case 'block':
      case 'compute':
      case 'wait_for':
        return [`${action.op} ns=${action.ns}`];
      case 'sigqueue':
        return [`sigqueue${this.#on(action.on)} value=${action.value}`];
      case 'sigaction':
        return [`sigaction on=${this.#laterSignal(action.on.name, action.spec)}`];
      case 'poll':
      case 'main_loop_wait': {
        const { blocking, quiet, until, context } = action;
        const of = context === null ? '' : ` ${this.#in(context.name)}`;
        const word = nested ? `nested_${action.op}` : action.op;
        return [`${word} ${flags({ blocking, quiet })}${of}${this.#when(until)}`];
      }
      case 'run': {
        const limit = action.forNs === null ? '' : ` for=${action.forNs}`;
        const most = action.iterations === null ? '' : ` iterations=${action.iterations}`;
        return [`run${limit}${most}`];
      }
      case 'log':
        return [`log text=${escaped(action.text)}`];
      case 'repeat':
        return [`repeat times=${action.times} do=${this.#list(action.do, nested)}`];
      case 'check':
        return action.items.map((item) => this.#check(item));
      case 'put':
      case 'add':
        return [`${action.op}${this.#on(action.on)} value=${action.value}`];
      case 'await_words':
        return [`await_words${this.#when(action.words)}`];
      case 'co_schedule_in':
        return [`co_schedule_in${this.#on(action.on)} ${this.#in(action.context.name)}`];
      case 'run_on_cpu':
      case 'async_run_on_cpu':
      case 'async_safe_run_on_cpu':
        return [`${action.op}${this.#on(action.on)} do=${this.#list(action.do, false)}`];
      case 'reschedule':
        return [`reschedule ${this.#in(action.on.name)}`];
      case 'wait_while': {
        const { context, unlocked, each } = action;
        const how = `${this.#in(context.name)} ${flags({ unlocked })}${this.#when(action.while)}`;
        return [`wait_while ${how} do=${this.#list(each, true)}`];
      }
      default:
        return ['on' in action ? `${action.op}${this.#on(action.on)}` : action.op];
    }
  }

  #laterSignal(name: string, spec: SignalSpec): number {
    const def = this.#scenario.objects[this.#index.get(name)!]!;
    const signo = def.section === 'signals' ? def.signo : 0;
    const index = this.#objects.push('') - 1;
    this.#objects[index] = `${this.#signal(spec, signo, true)} name=${escaped(name)}`;
    return index;
  }

  /** `co_schedule: self` names no object. */
  #on({ name }: { readonly name: string }): string {
    const index = this.#index.get(name);
    return index === undefined ? '' : ` on=${index}`;
  }

  /** The context of an object or an action: an iothread's goes by its number. */
  #in(context: string): string {
    return `context=${this.#index.get(context) ?? context}`;
  }

  /** A condition of words. */
  #when(condition: Condition | null): string {
    if (condition === null) return '';
    const bounds = condition.flatMap(({ word, is }) =>
      is.map(({ operator, value }) => `${this.#index.get(word.name)}:${operator}:${value}`),
    );
    return ` when=${bounds.join(',')}`;
  }

  #check(item: CheckItem): string {
    const id = this.#checks.push(item) - 1;
    const of = 'of' in item ? this.#on(item.of) : '';
    const clock = 'clock' in item ? ` clock=${item.clock}` : '';
    return `check id=${id} what=${item.key}${of}${clock}`;
  }

  #outside(): string[] {
    const entries = outsideEntries(this.#scenario.timeline);
    return entries.map(({ at, actions }, i) => {
      // Nothing else would wake a `run` that waits for the last entry.
      const nudge = i === entries.length - 1 && actions.at(-1)!.op === 'log';
      return `at ns=${at} do=${this.#list(actions, false)} ${flags({ nudge })}`;
    });
  }
}
