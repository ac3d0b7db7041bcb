import {
  type ByteWriter,
  checkBackend,
  type TraceBackend,
  type TraceOrigin,
  tidOf,
} from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { EV, EVENT_NAMES } from './catalogue.ts';
import { MAIN_THREAD, type TraceThread } from './thread.ts';
import { formatEvent, type TraceSink } from './tracer.ts';
import { visible } from './visible.ts';

const US_PER_S = 1_000_000;

/**
 * Lines as QEMU's log backend writes them: `pid@seconds.micros:name text`, with the thread's id as
 * pid. Before the first event of a thread other than the main one stands its thread_name.
 */
export class LogBackend implements TraceBackend {
  readonly sink: TraceSink;
  readonly #out: ByteBuffer;
  readonly #origin: TraceOrigin;
  /** The threads that have no name, or told theirs. */
  readonly #named: Set<number>;

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('LogBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#origin = origin;
    this.#named = new Set([origin.tid]);
    this.sink = this.sinkOf(MAIN_THREAD);
  }

  sinkOf(thread: TraceThread): TraceSink {
    const tid = tidOf(thread, this.#origin);
    return (id, timeNs, ...args) => {
      if (!this.#named.has(tid)) {
        this.#named.add(tid);
        this.#line(tid, timeNs, 'thread_name', formatEvent(EV.thread_name, [thread.name]));
      }
      this.#line(tid, timeNs, EVENT_NAMES[id]!, formatEvent(id, args));
    };
  }

  dropped(count: number, timeNs: number, thread: TraceThread = MAIN_THREAD): void {
    const tid = tidOf(thread, this.#origin);
    this.#line(tid, timeNs, 'dropped', `num_events_dropped ${count}`);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    this.flush();
  }

  #line(tid: number, timeNs: number, name: string, text: string): void {
    const us = this.#origin.epochUs + Math.floor(timeNs / 1000);
    const micros = String(us % US_PER_S).padStart(6, '0');
    this.#out.text(`${tid}@${Math.floor(us / US_PER_S)}.${micros}:${name} ${visible(text)}\n`);
  }
}
