import { EV, type EventId } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { EXCLUSIVE_OWNER } from '../machine-words.ts';
import { THREAD } from './vcpu-rows.ts';

/**
 * The waits of a vCPU that is to be alone, and of those behind it, as events: see Exclusive. All is called with the mutex,
 * so that the events of all threads are in the order of what they tell.
 */
export class ExclusiveTrace {
  readonly #words: Int32Array;
  readonly #rows: Int32Array;
  readonly #self: number;
  readonly #trace: Tracer;

  /**
   * @param words of the machine
   * @param rows of all vCPUs
   * @param self the number of this thread
   */
  constructor(words: Int32Array, rows: Int32Array, self: number, trace: Tracer) {
    this.#words = words;
    this.#rows = rows;
    this.#self = self;
    this.#trace = trace;
  }

  /** It is to be alone, perhaps behind another one. */
  asks(): void {
    this.#tell(EV.start_exclusive_begin, this.#owner);
  }

  /** Nobody is alone: it is the next. */
  isNext(): void {
    this.#words[EXCLUSIVE_OWNER] = this.#self;
  }

  /** It waits for the vCPU of a row to leave its program. */
  waitsFor(at: number): void {
    this.#tell(EV.start_exclusive_wait, this.#rows[at + THREAD]!);
  }

  isAlone(): void {
    this.#tell(EV.start_exclusive_end);
  }

  ends(): void {
    this.#tell(EV.end_exclusive);
    this.#words[EXCLUSIVE_OWNER] = 0;
  }

  /** It is not to begin its program yet. */
  waitsToBegin(): void {
    this.#tell(EV.cpu_exec_start_begin, this.#owner);
  }

  begins(): void {
    this.#tell(EV.cpu_exec_start_end);
  }

  /** It has left its program, and somebody waited for that. */
  hasLeft(): void {
    this.#tell(EV.cpu_exec_end, this.#owner);
  }

  get #owner(): number {
    return this.#words[EXCLUSIVE_OWNER]!;
  }

  #tell(event: EventId, other?: number): void {
    const trace = this.#trace;
    if (trace.on[event] === 0) return;
    if (other === undefined) trace.emit(event, this.#self);
    else trace.emit(event, this.#self, other);
  }
}
