import {
  type ByteWriter,
  checkBackend,
  type TraceBackend,
  type TraceOrigin,
  tidOf,
} from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { EV, EVENT_NAMES } from './catalogue.ts';
import {
  DROPPED_ID,
  HEADER_ID,
  HEADER_MAGIC,
  MOST_TEXT,
  RECORD_HEAD,
  TYPE_EVENT,
  TYPE_MAPPING,
  VERSION,
  type Word64,
} from './simple-format.ts';
import { MAIN_THREAD, type TraceThread } from './thread.ts';
import { ARG_COUNTS, type TraceSink, type TraceValue } from './tracer.ts';

const MOST_ARGS = 8;
const MOST_RECORD = 8 + RECORD_HEAD + MOST_ARGS * (4 + MOST_TEXT);
/** Offset of the length after a record's type. */
const LENGTH_AT = 8 + 8 + 8;

/**
 * QEMU's simpletrace format, version 4, as written by its trace/simple.c and read by its
 * scripts/simpletrace.py, given the list from traceEventsFile. A record has one number for its
 * process, QEMU's pid: here it is the process for the main thread, and the thread for the others. Before the first event of each of these stands
 * a thread_name.
 */
export class SimpleBackend implements TraceBackend {
  readonly sink: TraceSink;
  readonly #out: ByteBuffer;
  readonly #origin: TraceOrigin;
  /** The threads that have no name, or told theirs. */
  readonly #named: Set<number>;

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('SimpleBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#origin = origin;
    this.#named = new Set([origin.pid]);
    this.sink = this.sinkOf(MAIN_THREAD);
    this.#header();
  }

  sinkOf(thread: TraceThread): TraceSink {
    const pid = this.#pidOf(thread);
    return (id, timeNs, ...args) => {
      if (!this.#named.has(pid)) this.#name(pid, timeNs, thread);
      const start = this.#begin([0, id], timeNs, pid);
      const count = ARG_COUNTS[id]!;
      for (let i = 0; i < count; i++) this.#argument(args[i]);
      this.#end(start);
    };
  }

  #name(pid: number, timeNs: number, thread: TraceThread): void {
    this.#named.add(pid);
    const start = this.#begin([0, EV.thread_name], timeNs, pid);
    this.#argument(thread.name);
    this.#end(start);
  }

  dropped(count: number, timeNs: number, thread: TraceThread = MAIN_THREAD): void {
    const start = this.#begin(DROPPED_ID, timeNs, this.#pidOf(thread));
    this.#out.u64(count);
    this.#end(start);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    this.flush();
  }

  #pidOf(thread: TraceThread): number {
    const tid = tidOf(thread, this.#origin);
    return tid === this.#origin.tid ? this.#origin.pid : tid;
  }

  #header(): void {
    const out = this.#out;
    out.u64Words(...HEADER_ID);
    out.u64Words(...HEADER_MAGIC);
    out.u64(VERSION);
    EVENT_NAMES.forEach((name, id) => {
      out.u64(TYPE_MAPPING);
      out.u64(id);
      out.u32(name.length);
      out.text(name);
    });
  }

  #begin(id: Word64, timeNs: number, pid: number): number {
    const out = this.#out;
    const start = out.reserve(MOST_RECORD);
    out.u64(TYPE_EVENT);
    out.u64Words(...id);
    out.u64(timeNs);
    out.u32(0);
    out.u32(pid);
    return start;
  }

  #argument(value: TraceValue): void {
    const out = this.#out;
    if (typeof value !== 'string') {
      out.u64(value ?? 0);
      return;
    }
    const at = out.length;
    out.u32(0);
    out.patchU32(at, out.shortText(value, MOST_TEXT));
  }

  /** Writes the length, which counts everything except the type. */
  #end(start: number): void {
    this.#out.patchU32(start + LENGTH_AT, this.#out.length - start - 8);
  }
}
