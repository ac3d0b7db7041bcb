import type { TraceRecord } from '../../trace/read.ts';
import type { BigLock, Hold, LockWait } from './big-lock.ts';
import type { Threads } from './threads.ts';

/** The events whose thread is that of the number `self`. */
const BY_SELF: ReadonlySet<string> = new Set([
  'bql_lock',
  'bql_locked',
  'bql_unlock',
  'start_exclusive_begin',
  'start_exclusive_end',
  'cpu_exec_start_begin',
  'cpu_exec_end',
]);

/** A wait that has not ended. */
interface Asked {
  readonly thread: number;
  readonly begin: number;
  /** The program of a vCPU that is to leave it, by its thread: from here, -1 once it has left. */
  readonly programs: Map<number, number>;
  readonly behind: Hold[];
}

/**
 * Finds the vCPUs that run alone, and those that wait: to run alone, behind the programs of others and those
 * that were first; to begin a program, behind the one that runs alone.
 */
export function findExclusive(events: readonly TraceRecord[], threads: Threads): BigLock {
  const finder = new Finder(events, threads);
  events.forEach((_, i) => {
    finder.event(i);
  });
  return finder.found();
}

class Finder {
  readonly #events: readonly TraceRecord[];
  readonly #threadOf: Threads['threadOf'];
  readonly #byNumber = new Map<number, number>();
  readonly #holds: Hold[] = [];
  readonly #waits: LockWait[] = [];
  readonly #asked = new Map<number, Asked>();
  /** Threads that run alone: the event since which they do, and the one since which others wait for that. */
  readonly #alone = new Map<number, { readonly begin: number; readonly asked: number }>();

  constructor(events: readonly TraceRecord[], { threadOf }: Threads) {
    this.#events = events;
    this.#threadOf = threadOf;
    events.forEach(({ name, args }, i) => {
      if (BY_SELF.has(name)) this.#byNumber.set(Number(args.self), threadOf[i]!);
    });
  }

  event(i: number): void {
    const { name, args } = this.#events[i]!;
    const thread = this.#threadOf[i]!;
    switch (name) {
      case 'start_exclusive_begin':
      case 'cpu_exec_start_begin':
        this.#asked.set(thread, { thread, begin: i, programs: new Map(), behind: [] });
        return;
      case 'start_exclusive_wait':
        this.#waitsFor(thread, this.#byNumber.get(Number(args.cpu)), i);
        return;
      case 'cpu_exec_end':
        this.#left(this.#byNumber.get(Number(args.owner)), thread, i);
        return;
      case 'start_exclusive_end':
        this.#alone.set(thread, { begin: i, asked: this.#asked.get(thread)?.begin ?? i });
        this.#over(thread, i);
        return;
      case 'cpu_exec_start_end':
        this.#over(thread, i);
        return;
      case 'end_exclusive':
        this.#ends(thread, i);
        return;
      default:
    }
  }

  found(): BigLock {
    const last = this.#events.length - 1;
    for (const thread of [...this.#alone.keys()]) this.#ends(thread, last, -1);
    for (const thread of [...this.#asked.keys()]) this.#over(thread, last, -1);
    this.#holds.sort((a, b) => a.startNs - b.startNs);
    this.#waits.sort((a, b) => a.begin - b.begin);
    return { holds: this.#holds, waits: this.#waits };
  }

  #waitsFor(thread: number, cpu: number | undefined, i: number): void {
    if (cpu !== undefined) this.#asked.get(thread)?.programs.set(cpu, i);
  }

  #left(owner: number | undefined, cpu: number, i: number): void {
    const asked = owner === undefined ? undefined : this.#asked.get(owner);
    const since = asked?.programs.get(cpu) ?? -1;
    if (asked === undefined || since < 0) return;
    asked.programs.set(cpu, -1);
    asked.behind.push(this.#span(cpu, since, i, i));
  }

  /** One that ran alone ends that: the others have waited for it. */
  #ends(thread: number, i: number, end = i): void {
    const alone = this.#alone.get(thread);
    if (alone === undefined) return;
    this.#alone.delete(thread);
    this.#holds.push(this.#span(thread, alone.begin, i, end));
    const whole = this.#span(thread, alone.asked, i, end);
    for (const asked of this.#asked.values()) if (asked.thread !== thread) asked.behind.push(whole);
  }

  /** A wait ends. */
  #over(thread: number, i: number, end = i): void {
    const asked = this.#asked.get(thread);
    if (asked === undefined) return;
    this.#asked.delete(thread);
    for (const [cpu, since] of asked.programs) {
      if (since >= 0) asked.behind.push(this.#span(cpu, since, i, -1));
    }
    const { begin, behind } = asked;
    const { startNs, endNs } = this.#span(thread, begin, i, end);
    this.#waits.push({ thread, begin, end, startNs, endNs, behind });
  }

  /** From one event to another, which may be the last of the trace and not its `end`. */
  #span(thread: number, begin: number, to: number, end: number): Hold {
    const [startNs, endNs] = [this.#events[begin]!.timeNs, this.#events[to]!.timeNs];
    return { thread, begin, end, startNs, endNs };
  }
}
