/** The live log of a run with several threads: the order log, and with --explain what led to it. */

import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { SharedRun } from '../../scenario/run/threads/shared-run.ts';
import type { ThreadTraces } from '../../scenario/run/threads/thread-traces.ts';
import type { World } from '../../scenario/run/world.ts';
import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { fdName } from '../log/live-text.ts';
import { PrettyLog } from '../log/pretty-log.ts';
import type { WhyOf } from '../log/why.ts';
import type { Style } from '../text/style.ts';
import type { Observer } from './observer.ts';
import { SIM_DECIMALS } from './observers.ts';
import { THREAD_CHAIN, ThreadChain } from './thread-chain.ts';

/** An event or an entry of the order log. */
interface Item {
  readonly timeNs: number;
  readonly thread: string;
  /** Null for an entry. */
  readonly id: EventId | null;
  readonly args: readonly TraceValue[];
  readonly text: string;
}

/** The events after which the entry of a callback comes, if it has their time. */
const BEFORE_ENTRY: ReadonlySet<EventId> = new Set<EventId>([
  EV.aio_bh_call_begin,
  EV.bql_locked,
  EV.fd_handler_begin,
  EV.poll_return,
  EV.timer_call_begin,
]);

export class ThreadLog implements Observer {
  readonly #style: Style;
  readonly #whyOf: WhyOf | null;
  readonly #write: (text: string) => void;
  readonly #fds = new Map<number, string>();
  readonly #numbers = new Map<number, string>([[1, 'main']]);
  readonly #chain = new ThreadChain();
  /** The items of each thread that are not written yet. */
  readonly #waiting = new Map<string, { events: Item[]; entries: Item[] }>();
  #traces: ThreadTraces | null = null;
  #shared: SharedRun | null = null;
  #read: ReturnType<ThreadTraces['reader']> = () => {};
  #world: World | null = null;
  #log: PrettyLog | null = null;
  #who = '';
  #width = 0;

  /** @param whyOf gives the reason of a line; null: only the order log is shown */
  constructor(style: Style, whyOf: WhyOf | null, write: (text: string) => void) {
    this.#style = style;
    this.#whyOf = whyOf;
    this.#write = write;
  }

  open({ world, threads }: Machine): void {
    const { traces, crew } = threads!;
    this.#shared = crew.shared;
    this.#world = world;
    this.#traces = traces;
    this.#read = traces.reader();
    if (this.#whyOf !== null) traces.keep(THREAD_CHAIN);
    this.#width = Math.max(...traces.names.map(({ length }) => length), 'worker'.length);
    const names = { fds: this.#fds, coroutines: new Map(), threads: this.#numbers };
    const decimals = world.kind === 'sim' ? SIM_DECIMALS : undefined;
    const who = this.#whyOf === null ? undefined : () => this.#who.padEnd(this.#width);
    const options = { decimals, whyOf: this.#whyOf, who };
    this.#log = new PrettyLog(this.#write, () => this.#style, names, world.startNs, options);
  }

  entry({ text, timeNs, thread = 'main' }: LogEntry): void {
    const atNs = this.#world!.startNs + timeNs;
    this.#queue(thread).entries.push({ timeNs: atNs, thread, id: null, args: [], text });
    this.#show(atNs);
  }

  end(): void {
    this.#show(Number.POSITIVE_INFINITY);
  }

  /** Writes all that has happened up to a time, in order. */
  #show(untilNs: number): void {
    if (this.#whyOf !== null) this.#takeEvents();
    this.#shared!.nameNumbers(this.#numbers);
    const items: Item[] = [];
    for (const { events, entries } of this.#waiting.values()) {
      while (true) {
        const [event, entry] = [events[0], entries[0]];
        const next = event === undefined || isFirst(entry, event) ? entry : event;
        if (next === undefined || next.timeNs > untilNs) break;
        items.push(next);
        if (next === event) events.shift();
        else entries.shift();
      }
    }
    for (const item of items.sort((a, b) => a.timeNs - b.timeNs)) this.#line(item);
    this.#log!.flush();
  }

  #takeEvents(): void {
    for (const name of this.#traces!.names) {
      const { events } = this.#queue(name);
      this.#read(name, (id, timeNs, ...args) => {
        events.push({ timeNs, thread: name, id, args, text: '' });
      });
    }
  }

  #line({ timeNs, thread, id, args, text }: Item): void {
    this.#who = thread;
    if (id === null) {
      this.#log!.note('info', 'order log', timeNs, {}, text);
      return;
    }
    if (id === EV.aio_set_fd_handler) this.#fds.set(Number(args[1]), fdName(String(args[3])));
    if (this.#chain.takes(thread, id, args)) this.#log!.event('info', id, timeNs, args);
  }

  #queue(thread: string): { events: Item[]; entries: Item[] } {
    let queue = this.#waiting.get(thread);
    if (queue === undefined) {
      queue = { events: [], entries: [] };
      this.#waiting.set(thread, queue);
    }
    return queue;
  }
}

/** Whether an entry of the order log comes before the next event of its thread. */
function isFirst(entry: Item | undefined, event: Item): boolean {
  if (entry === undefined) return false;
  if (entry.timeNs !== event.timeNs) return entry.timeNs < event.timeNs;
  return !BEFORE_ENTRY.has(event.id!);
}
