import type { AioContext } from '../../aio/aio-context.ts';
import type { BottomHalfHandle, WakeHandle } from '../../aio/handles.ts';
import type { Coroutines } from '../../coroutine/coroutines.ts';
import type { Host } from '../../host/host.ts';
import { EV } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { CO_BH, CO_BH_GENERATION, CO_LIST, NUMBER, WAKE_FD } from '../context-words.ts';
import type { MachineHandle } from '../machine-state.ts';
import { CONTEXT_NAMES, LAST_CONTEXT, MOST_CONTEXTS, NAME_WORDS } from '../machine-words.ts';
import { RemoteBottomHalf } from '../remote-bottom-half.ts';
import { type CoRecord, NEXT_SCHEDULED, push } from './co-records.ts';

const T_SCHEDULE = EV.aio_co_schedule;

/** Main's number. */
export const MAIN = 0;

/**
 * The two steps of aio_co_schedule. Returns false if the context is closed.
 * @param words of the context
 */
export function scheduleCo(
  words: Int32Array,
  records: Int32Array,
  number: number,
  bh: Pick<RemoteBottomHalf, 'schedule'>,
): boolean {
  // Before the bottom half: explore aio_co_schedule --without push-first
  push(words, CO_LIST, records, number, NEXT_SCHEDULED);
  return bh.schedule();
}

/**
 * The contexts of a machine whose coroutines other threads can schedule, by their numbers. All that
 * a thread needs to reach one is in the machine's shared memory, so it also reaches contexts that
 * came after it.
 */
export class CoContexts {
  readonly #machine: MachineHandle;
  readonly #machineWords: Int32Array;
  readonly #host: Host;
  readonly #trace: Tracer;
  readonly #words: (Int32Array | undefined)[] = [];
  readonly #bhs: (RemoteBottomHalf | undefined)[] = [];

  constructor(machine: MachineHandle, host: Host, trace: Tracer) {
    this.#trace = trace;
    this.#machine = machine;
    this.#host = host;
    this.#machineWords = new Int32Array(machine.memory.buffer);
  }

  /**
   * A context of this thread joins, with its coroutines. Returns its number.
   * @throws RangeError if the machine has no number left; Error if the context is shared already
   */
  join(context: AioContext, coroutines: Coroutines, isMain: boolean): number {
    const number = isMain ? MAIN : Atomics.add(this.#machineWords, LAST_CONTEXT, 1) + 1;
    const memory = this.#machine.contexts[number];
    if (memory === undefined) {
      throw new RangeError(
        `a machine has at most ${MOST_CONTEXTS} contexts with shared coroutines`,
      );
    }
    if (context.sharing(memory).memory.words !== memory) {
      throw new Error(
        `context '${context.name}' is shared already: make its SharedCoroutines before anything of it is shared`,
      );
    }
    const bh = coroutines.shareBh();
    const words = this.wordsOf(number);
    this.#setName(number, context.name);
    Atomics.store(words, NUMBER, number + 1);
    Atomics.store(words, WAKE_FD, bh.context.wakeFd);
    Atomics.store(words, CO_BH_GENERATION, bh.generation);
    Atomics.store(words, CO_BH, bh.slot);
    return number;
  }

  /**
   * Puts a coroutine that was claimed on a context's list, and makes the context enter it. Returns
   * false if the context is closed.
   */
  schedule(context: number, { number, traceId }: CoRecord): boolean {
    const trace = this.#trace;
    if (trace.on[T_SCHEDULE] !== 0) trace.emit(T_SCHEDULE, this.#nameOf(context), traceId);
    const bh = this.#bhOf(context);
    return scheduleCo(this.wordsOf(context), this.#machine.coroutines, number, bh);
  }

  /** The number of a context with this memory; -1 if it has not joined. */
  find(memory: SharedArrayBuffer): number {
    return Atomics.load(new Int32Array(memory), NUMBER) - 1;
  }

  wordsOf(number: number): Int32Array {
    let words = this.#words[number];
    if (words === undefined) {
      words = new Int32Array(this.#machine.contexts[number]!);
      this.#words[number] = words;
    }
    return words;
  }

  #bhOf(number: number): RemoteBottomHalf {
    let bh = this.#bhs[number];
    if (bh === undefined) {
      bh = RemoteBottomHalf.from(this.#handleOf(number), this.#host);
      this.#bhs[number] = bh;
    }
    return bh;
  }

  #handleOf(number: number): BottomHalfHandle {
    const words = this.wordsOf(number);
    const memory = this.#machine.contexts[number]!;
    const wakeFd = Atomics.load(words, WAKE_FD);
    const name = this.#nameOf(number);
    const context: WakeHandle = { name, wakeFd, words: memory };
    const slot = Atomics.load(words, CO_BH);
    const generation = Atomics.load(words, CO_BH_GENERATION);
    const bh = { name: 'co_schedule_bh', id: 0, words: memory, slot, generation };
    return { kind: 'bottom half', context, ...bh };
  }

  #nameBytes(number: number): Uint8Array {
    const words = this.#machineWords;
    const at = words.byteOffset + 4 * (CONTEXT_NAMES + number * NAME_WORDS);
    return new Uint8Array(words.buffer, at, 4 * NAME_WORDS);
  }

  #setName(number: number, name: string): void {
    new TextEncoder().encodeInto(name, this.#nameBytes(number));
  }

  #nameOf(number: number): string {
    return new TextDecoder().decode(this.#nameBytes(number).slice()).replace(/\0.*$/s, '');
  }
}
