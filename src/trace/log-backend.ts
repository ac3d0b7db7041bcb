import { type ByteWriter, checkBackend, type TraceBackend, type TraceOrigin } from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { EVENT_NAMES, type EventId } from './catalogue.ts';
import { formatEvent, type TraceValue } from './tracer.ts';
import { visible } from './visible.ts';

const US_PER_S = 1_000_000;

/**
 * Lines as QEMU's log backend writes them: `pid@seconds.micros:name text`, with the thread's id as
 * pid.
 */
export class LogBackend implements TraceBackend {
  readonly #out: ByteBuffer;
  readonly #origin: TraceOrigin;

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('LogBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#origin = origin;
  }

  readonly sink = (id: EventId, timeNs: number, ...args: TraceValue[]): void => {
    this.#line(timeNs, EVENT_NAMES[id]!, formatEvent(id, args));
  };

  dropped(count: number, timeNs: number): void {
    this.#line(timeNs, 'dropped', `num_events_dropped ${count}`);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    this.flush();
  }

  #line(timeNs: number, name: string, text: string): void {
    const { tid, epochUs } = this.#origin;
    const us = epochUs + Math.floor(timeNs / 1000);
    const micros = String(us % US_PER_S).padStart(6, '0');
    this.#out.text(`${tid}@${Math.floor(us / US_PER_S)}.${micros}:${name} ${visible(text)}\n`);
  }
}
