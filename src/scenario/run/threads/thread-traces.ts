import type { EventName } from '../../../trace/catalogue.ts';
import type { TraceRing } from '../../../trace/ring.ts';
import { MAIN_THREAD, type TraceThread } from '../../../trace/thread.ts';
import { TraceMemory } from '../../../trace/trace-memory.ts';
import type { Tracer, TraceSink } from '../../../trace/tracer.ts';

/** The events that a thread of a run keeps, and the memory for them. */
export interface ThreadTrace {
  readonly events: readonly EventName[];
  readonly memory: SharedArrayBuffer;
}

/** The events of all threads of a run, each in memory of its own until they are asked for. */
export class ThreadTraces {
  /** The names of the threads, main first. */
  readonly names: readonly string[];
  readonly #main: Tracer;
  readonly #memories = new Map<string, TraceMemory>();
  #events: readonly EventName[] = [];
  #attached: { dispose(): void } | null = null;

  /** @param names of the threads, main first */
  constructor(names: readonly string[], main: Tracer) {
    this.names = names;
    this.#main = main;
  }

  /** Keeps these events too. Called before the other threads start. */
  keep(events: readonly EventName[]): void {
    this.#events = [...new Set([...this.#events, ...events])];
    this.#attached?.dispose();
    this.#attached = this.#main.attach(this.#events, this.#memoryOf(this.names[0]!).sink);
  }

  /** The events that a thread that starts now has to keep; null for none. */
  of(name: string): ThreadTrace | null {
    if (this.#events.length === 0) return null;
    return { events: this.#events, memory: this.#memoryOf(name).memory };
  }

  /**
   * The events of each thread so far.
   * @param capacity how many to keep of each, the last ones; undefined: all
   */
  rings(events: readonly EventName[], capacity?: number): TraceRing[] {
    const rings: TraceRing[] = [];
    for (const [i, name] of this.names.entries()) {
      const memory = this.#memories.get(name);
      if (memory === undefined || (i > 0 && memory.tid === 0)) continue;
      const thread = i === 0 ? MAIN_THREAD : { tid: memory.tid, name };
      rings.push(memory.toRing(thread, events, capacity));
    }
    return rings;
  }

  /** The threads other than main that have begun, with their ids. */
  get others(): readonly TraceThread[] {
    return this.names
      .slice(1)
      .map((name) => ({ tid: this.#memories.get(name)?.tid ?? 0, name }))
      .filter(({ tid }) => tid !== 0);
  }

  /** Makes a function that gives a sink the events of a thread that it has not given before. */
  reader(): (name: string, sink: TraceSink) => void {
    const places = new Map<string, number>();
    return (name, sink) => {
      const from = places.get(name) ?? 0;
      places.set(name, this.#memories.get(name)?.readFrom(from, sink) ?? from);
    };
  }

  #memoryOf(name: string): TraceMemory {
    let memory = this.#memories.get(name);
    if (memory === undefined) {
      memory = new TraceMemory();
      this.#memories.set(name, memory);
    }
    return memory;
  }
}
