import { checkArray, checkFunction, shown } from '../host/arguments.ts';
import { HeldList } from '../host/held-list.ts';
import {
  CATALOGUE,
  EV,
  EVENT_NAMES,
  type EventArgs,
  type EventDef,
  type EventId,
  type EventName,
} from './catalogue.ts';
import { checkThread, MAIN_THREAD, type TraceThread } from './thread.ts';

export type TraceValue = number | string | undefined;

/** The number of arguments of each event, by its id. */
export const ARG_COUNTS: Uint8Array = Uint8Array.from(EVENT_NAMES, (name) => {
  const { args }: EventDef = CATALOGUE[name];
  return args.length;
});

/**
 * Takes an event that is on: its id, the time in ns, and up to eight arguments, as the catalogue
 * declares them.
 */
export type TraceSink = (
  id: EventId,
  timeNs: number,
  a?: TraceValue,
  b?: TraceValue,
  c?: TraceValue,
  d?: TraceValue,
  e?: TraceValue,
  f?: TraceValue,
  g?: TraceValue,
  h?: TraceValue,
) => void;

/** Behind these the CPU time of the thread is told: what comes next may take long, or has. */
const CPU_POINTS: Uint8Array = Uint8Array.from(EVENT_NAMES, (name) =>
  name === 'poll_return' || /^(fd_handler|aio_bh_call|timer_call|signal_handler)_end$/.test(name)
    ? 1
    : 0,
);
const NO_POINTS = new Uint8Array(EVENT_NAMES.length);
/** CPU time is told no more often than this, ns: its clock is a system call. */
const CPU_EVERY_NS = 1_000_000;
const T_CPU = EV.thread_cputime;

interface Attached {
  readonly mask: Uint8Array;
  readonly sink: TraceSink;
}

/**
 * Hands the trace events of a loop to its sinks. It belongs to one thread, and each loop has its
 * own: two loops in a process share nothing. An event that is off costs loading a byte, and a branch:
 *
 *     if (trace.on[T_NOTIFY] !== 0) trace.emit(T_NOTIFY, ctx.name, 1, 0);
 */
export class Tracer {
  /**
   * Whether any event is on. The hottest paths test it first, since a field is cheaper to load
   * than an element: `if (TRACEABLE && trace.active) …`, see traceable.ts.
   */
  active = false;
  /** By event id: 1 if any sink wants the event. */
  readonly on: Uint8Array = new Uint8Array(EVENT_NAMES.length);
  /** The thread whose events these are. */
  readonly thread: TraceThread;
  readonly #now: (event: EventId) => number;
  readonly #cpuNow: (() => number) | null;
  /** CPU_POINTS if somebody wants the CPU time, and there is a clock for it. */
  #cpuPoints: Uint8Array = NO_POINTS;
  #cpuToldNs = 0;
  readonly #sinks = new HeldList<Attached>();

  /**
   * @param now the clock for the time stamps, ns; reading it must not disturb what is traced. It is
   *   told the event
   * @param cpuNow the CPU time of the thread, ns (CLOCK_THREAD_CPUTIME_ID); null: no thread_cputime
   * @throws TypeError, RangeError
   */
  constructor(
    now: (event: EventId) => number = () => 0,
    thread: TraceThread = MAIN_THREAD,
    cpuNow: (() => number) | null = null,
  ) {
    checkFunction(now, 'Tracer: the clock');
    checkThread(thread, 'Tracer');
    if (cpuNow !== null) checkFunction(cpuNow, 'Tracer: the clock of CPU time');
    this.#now = now;
    this.#cpuNow = cpuNow;
    this.thread = thread;
  }

  /**
   * Sends the named events to sink, until disposed.
   * @throws TypeError if sink is not a function or names not a list; RangeError if a name is not an
   *   event's
   */
  attach(names: Iterable<EventName>, sink: TraceSink): { dispose(): void } {
    checkFunction(sink, 'Tracer.attach: the sink');
    if (typeof names?.[Symbol.iterator] !== 'function') {
      throw new TypeError(`Tracer.attach: names are ${shown(names)}: expected a list of events`);
    }
    const mask = new Uint8Array(EVENT_NAMES.length);
    for (const name of names) {
      if (EV[name] === undefined) {
        throw new RangeError(
          `Tracer.attach: ${shown(name)} is not an event: expected one of EVENT_NAMES`,
        );
      }
      mask[EV[name]] = 1;
    }
    const held = this.#sinks.add({ mask, sink });
    this.#recount();
    return {
      dispose: () => {
        held.dispose();
        this.#recount();
      },
    };
  }

  /** Hands an event to every sink that wants it. Call it only if `on` is set for the event. */
  emit<K extends EventName>(id: EventId<K>, ...args: EventArgs<K>): void;
  emit(
    id: EventId,
    a?: TraceValue,
    b?: TraceValue,
    c?: TraceValue,
    d?: TraceValue,
    e?: TraceValue,
    f?: TraceValue,
    g?: TraceValue,
    h?: TraceValue,
  ): void {
    const timeNs = this.#now(id);
    const sinks = this.#sinks.items;
    for (let i = 0; i < sinks.length; i++) {
      const s = sinks[i]!;
      if (s.mask[id] !== 0) s.sink(id, timeNs, a, b, c, d, e, f, g, h);
    }
    if (this.#cpuPoints[id] !== 0 && timeNs - this.#cpuToldNs >= CPU_EVERY_NS) {
      this.#cpuToldNs = timeNs;
      this.emit(T_CPU, this.#cpuNow!());
    }
  }

  #recount(): void {
    this.on.fill(0);
    for (const { mask } of this.#sinks.items) {
      for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) this.on[i] = 1;
    }
    this.#cpuPoints = this.#cpuNow !== null && this.on[T_CPU] !== 0 ? CPU_POINTS : NO_POINTS;
    this.active = this.on.includes(1);
  }
}

/** An event as text, printed by its format in the catalogue as C's printf would. */
export function formatEvent(id: EventId, args: readonly TraceValue[]): string {
  if (EVENT_NAMES[id] === undefined) {
    throw new RangeError(`formatEvent: ${shown(id)} is not an event: expected an id of EV`);
  }
  checkArray(args, 'formatEvent: the arguments', 'an array');
  let i = 0;
  return CATALOGUE[EVENT_NAMES[id]].format.replace(/%(ld|[dpsx])/g, (_, conversion: string) => {
    const value = args[i++];
    if (conversion === 'x') return (Number(value) >>> 0).toString(16);
    // Like glibc's %p.
    if (conversion === 'p' && typeof value === 'number')
      return value === 0 ? '(nil)' : `0x${value.toString(16)}`;
    return String(value);
  });
}
