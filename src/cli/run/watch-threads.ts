/** The threads of a run that is watched: their events, and their states in the kernel. */

import type { Proc } from '../../host/proc.ts';
import type { SimHost } from '../../host/sim/sim-host.ts';
import type { Place } from '../../scenario/problem.ts';
import type { Crew } from '../../scenario/run/threads/crew.ts';
import type { MainThreads } from '../../scenario/run/threads/main-threads.ts';
import { actionTextOf } from '../../scenario/run/threads/standing.ts';
import type { ThreadTraces } from '../../scenario/run/threads/thread-traces.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import type { Model } from '../watch/model.ts';
import { processState } from '../watch/process-state.ts';
import { type KernelWord, ThreadTable } from '../watch/thread-table.ts';

interface Read {
  readonly name: string;
  readonly id: EventId;
  readonly timeNs: number;
  readonly args: readonly TraceValue[];
}

export class WatchThreads {
  readonly table: ThreadTable;
  /** On the simulated kernel one thread at a time has the processor. */
  readonly takeTurns: boolean;
  readonly #traces: ThreadTraces;
  readonly #sim: SimHost | null;
  readonly #proc: Proc | null;
  readonly #read: ReturnType<ThreadTraces['reader']>;
  /** The action that each thread stood in when it was asked last. */
  readonly #standing = new Map<string, { readonly at: Place; readonly text: string | null }>();
  readonly #crew: Crew;
  /** Whether the run has ended: no thread does anything any more. */
  isOver = false;
  #begun = false;

  /**
   * @param sim the simulated kernel; null for the real one
   * @param proc of the kernel that has the threads; null if they only replay what others did
   */
  constructor({ traces, crew }: MainThreads, sim: SimHost | null, proc: Proc | null) {
    this.#crew = crew;
    this.table = new ThreadTable(traces.names);
    this.takeTurns = sim !== null;
    this.#traces = traces;
    this.#read = traces.reader();
    this.#sim = sim;
    this.#proc = proc;
    traces.keep(EVENT_NAMES);
    if (sim !== null) this.table.running = traces.names[0]!;
  }

  /** Takes an event of main. */
  take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    this.table.take(this.#traces.names[0]!, id, timeNs, args);
    if (this.#sim === null) return;
    this.#sim.turns.main();
    this.table.running = this.#traces.names[0]!;
  }

  /** Takes the events that the other threads have had since, in order of time. */
  readOthers(model: Model): void {
    const found: Read[] = [];
    for (const { name } of this.#traces.others) {
      this.#read(name, (id, timeNs, ...args) => found.push({ name, id, timeNs, args }));
    }
    found.sort((a, b) => a.timeNs - b.timeNs);
    this.#crew.shared.nameNumbers(this.table.numbers);
    this.#crew.shared.nameNumbers(model.threads);
    for (const { name, id, timeNs, args } of found) {
      this.table.take(name, id, timeNs, args);
      model.takeOther(name, id, timeNs, args);
    }
    if (found.some(({ id }) => id === EV.aio_poll_begin)) this.#begun = true;
  }

  /** Whether one of them has begun an iteration of its loop since this was asked last. */
  takeBegun(): boolean {
    const begun = this.#begun;
    this.#begun = false;
    return begun;
  }

  /** Calls `turn` with a thread's name before it gets the processor of the simulated kernel. */
  onTurn(turn: (name: string) => void): void {
    if (this.#sim === null) return;
    const { turns } = this.#sim;
    turns.onTurn = (tid) => {
      const state = turns.states().find((one) => one.tid === tid);
      if (state === undefined) return;
      this.table.running = state.name;
      turn(state.name);
    };
  }

  dispose(): void {
    if (this.#sim !== null) this.#sim.turns.onTurn = null;
  }

  readonly wordOf = (name: string): KernelWord | null => {
    if (this.isOver) return null;
    const action = this.#actionOf(name);
    if (this.#sim !== null) {
      const states = this.#sim.turns.states();
      const isMain = name === this.#traces.names[0];
      const state = isMain ? states[0] : states.find((one) => one.name === name);
      return state === undefined ? null : { call: state.call, action };
    }
    if (name === this.#traces.names[0]) return { call: null, action };
    const tid = this.#traces.others.find((one) => one.name === name)?.tid;
    if (tid !== undefined && this.#proc === null) return { call: null, action };
    const state = tid === undefined ? null : processState(this.#proc!, tid);
    if (state === null) return null;
    return { call: state.word === 'running' ? null : 'the kernel', action };
  };

  /** The action of the file that a thread is in the middle of, if it may sleep there. */
  #actionOf(name: string): string | null {
    const { scenario, shared } = this.#crew;
    const at = shared.standsAt(name);
    const known = this.#standing.get(name);
    if (known?.at.line === at.line && known.at.column === at.column) return known.text;
    const text = actionTextOf(scenario, shared, name);
    this.#standing.set(name, { at, text });
    return text;
  }
}
