/**
 * The queue of a thread pool, in shared memory. Its home thread puts requests in, in order, and
 * takes back those that are done; the workers take them out.
 *
 * Invariants:
 *  P1. A request is in one state at a time, and only the thread that changed it to ACTIVE, or from
 *      QUEUED to DONE, may go on with it: a cancel and a worker that takes it exclude each other.
 *  P2. A place of the ring has a slot with its generation: one that was cancelled, and given to
 *      another request since, does not count there.
 *
 * How the workers sleep, and are woken, stands at PoolWaker.
 */

import { ECANCELED } from '../host/errno.ts';

// The home thread's words.
export const TAIL = 0;
export const MIN = 1;
export const MAX = 2;
// Those of the workers, in another line of the processor's cache.
export const HEAD = 16;
export const IDLE = 17;
export const CURRENT = 18;
/** Whether a worker that was woken is on its way. */
export const WAKING = 19;
/** How many words of USED and SLEEPING were ever in use. */
export const MASKS = 20;
/** One bit for each number of a worker: whether a worker has it, and whether that sleeps. */
export const USED = 32;
export const SLEEPING = 64;
export const BITS = 32;
export const MOST_MASKS = 32;
/** A word for each number, on which its worker sleeps. */
export const TURNS = 96;
/** Workers that a pool has at a time, whatever its limit says. */
export const MOST_WORKERS = MOST_MASKS * BITS - 32;
export const RING = TURNS + MOST_MASKS * BITS;

/** Requests that are in shared memory at a time. */
export const SLOTS = 512;
const SLOT_BITS = 9;
/** The ring also has the places of requests that were cancelled. */
const RING_SIZE = 2 * SLOTS;
export const FIRST_SLOT = RING + RING_SIZE;

// Words of a slot.
const STATE = 0;
const OP = 1;
const FD = 2;
/** Bit i: argument i is a buffer. */
const BUFFERS = 3;
const RESULT = 4;
/** When a worker took it, and when it was done, ns; told only if it is traced. */
const TAKEN = 6;
const FINISHED = 8;
/** The id of that worker's thread; TRACED until it is told, 0 if nobody wants to know. */
const WORKER = 10;
const TRACED = -1;
const ARGS = 12;
export const SLOT_WORDS = 38;
export const MOST_ARGS = (SLOT_WORDS - ARGS) / 2;

/** The states; the generation of the slot stands above them. */
const QUEUED = 1;
const ACTIVE = 2;
const DONE = 3;
const STATE_BITS = 2;

const BYTES = 4 * (FIRST_SLOT + SLOTS * SLOT_WORDS);
const LAST_GENERATION = (1 << (30 - SLOT_BITS)) - 1;

/** A request as the queue has it. */
export class Coded {
  op = 0;
  /** Or the number of a function. */
  fd = -1;
  /** Bit i: argument i is a buffer. */
  buffers = 0;
  readonly args: Float64Array = new Float64Array(MOST_ARGS);
  /** How many of them count; those behind are 0. */
  count = 0;

  /** It becomes another request, without arguments yet. */
  begin(op: number, fd: number): void {
    this.op = op;
    this.fd = fd;
    this.buffers = 0;
    this.count = 0;
  }

  add(arg: number): void {
    this.args[this.count++] = arg;
  }

  copy(): Coded {
    const { op, fd, buffers, args, count } = this;
    return Object.assign(new Coded(), { op, fd, buffers, args: args.slice(), count });
  }
}

export class PoolQueue {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  /**
   * Whether take has passed places of cancelled requests, and there were so many that home may wait
   * for room. In a ring that is full, more of them or a request follow.
   */
  skipped = false;
  readonly #numbers: Float64Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(BYTES);
    this.words = new Int32Array(this.memory);
    this.#numbers = new Float64Array(this.memory);
  }

  // For the home thread

  /** Whether the ring has a place. */
  get hasRoom(): boolean {
    return ((this.words[TAIL]! - Atomics.load(this.words, HEAD)) | 0) < RING_SIZE;
  }

  /** Puts a request into a free slot, and the slot behind the others. */
  push(slot: number, request: Coded, traced = false): void {
    const { words } = this;
    const at = slotAt(slot);
    words[at + OP] = request.op;
    words[at + FD] = request.fd;
    words[at + BUFFERS] = request.buffers;
    words[at + WORKER] = traced ? TRACED : 0;
    const first = (at + ARGS) >> 1;
    for (let i = 0; i < request.count; i++) this.#numbers[first + i] = request.args[i]!;
    // A list of buffers ends with 0.
    if (request.count < MOST_ARGS) this.#numbers[first + request.count] = 0;
    const before = words[at + STATE]! >> STATE_BITS;
    const generation = before === LAST_GENERATION ? 0 : before + 1;
    Atomics.store(words, at + STATE, (generation << STATE_BITS) | QUEUED);
    const tail = words[TAIL]!;
    words[RING + (tail & (RING_SIZE - 1))] = (generation << SLOT_BITS) | slot;
    // Without its barrier: explore thread-pool --without tail-fence
    Atomics.store(words, TAIL, (tail + 1) | 0);
  }

  /** Takes a request out before it is begun. Returns false if a worker has it (P1). */
  cancel(slot: number): boolean {
    const at = slotAt(slot) + STATE;
    const state = Atomics.load(this.words, at);
    if ((state & DONE) !== QUEUED) return false;
    // P1: explore thread-pool-cancel --without cancel-once
    if (Atomics.compareExchange(this.words, at, state, state | DONE) !== state) return false;
    this.#numbers[(slotAt(slot) + RESULT) >> 1] = -ECANCELED;
    return true;
  }

  isDone(slot: number): boolean {
    return (Atomics.load(this.words, slotAt(slot) + STATE) & DONE) === DONE;
  }

  result(slot: number): number {
    return this.#numbers[(slotAt(slot) + RESULT) >> 1]!;
  }

  /** The worker that did a request which is done, and its times, ns; null if they were not told. */
  work(slot: number): { worker: number; takenNs: number; doneNs: number } | null {
    const at = slotAt(slot);
    const worker = this.words[at + WORKER]!;
    if (worker <= 0) return null;
    const [takenNs, doneNs] = [
      this.#numbers[(at + TAKEN) >> 1]!,
      this.#numbers[(at + FINISHED) >> 1]!,
    ];
    return { worker, takenNs, doneNs };
  }

  // For the workers

  /** Whether to tell when it was taken and done, and by whom. */
  isTraced(slot: number): boolean {
    return this.words[slotAt(slot) + WORKER] !== 0;
  }

  /** Tells it, before finish. */
  tellWork(slot: number, worker: number, takenNs: number, doneNs: number): void {
    const at = slotAt(slot);
    this.#numbers[(at + TAKEN) >> 1] = takenNs;
    this.#numbers[(at + FINISHED) >> 1] = doneNs;
    this.words[at + WORKER] = worker;
  }

  /** Takes the oldest request. Returns its slot, or -1 if there is none. */
  take(): number {
    const { words } = this;
    for (;;) {
      const head = Atomics.load(words, HEAD);
      const tail = Atomics.load(words, TAIL);
      if (head === tail) return -1;
      const place = words[RING + (head & (RING_SIZE - 1))]!;
      // In one step, so that HEAD never goes back: home counts its room by it. Who has the request is decided below.
      if (Atomics.compareExchange(words, HEAD, head, (head + 1) | 0) !== head) continue;
      const slot = place & (SLOTS - 1);
      const queued = ((place >> SLOT_BITS) << STATE_BITS) | QUEUED;
      const active = (queued & ~DONE) | ACTIVE;
      const at = slotAt(slot) + STATE;
      // P1: explore thread-pool-cancel --without active-once
      if (Atomics.compareExchange(words, at, queued, active) === queued) return slot;
      if (((tail - head) | 0) > SLOTS) this.skipped = true;
    }
  }

  // The request of a slot that this worker has taken.

  op(slot: number): number {
    return this.words[slotAt(slot) + OP]!;
  }

  fd(slot: number): number {
    return this.words[slotAt(slot) + FD]!;
  }

  buffers(slot: number): number {
    return this.words[slotAt(slot) + BUFFERS]!;
  }

  arg(slot: number, i: number): number {
    return this.#numbers[((slotAt(slot) + ARGS) >> 1) + i]!;
  }

  /** It is done, with this result. */
  finish(slot: number, result: number): void {
    const at = slotAt(slot);
    this.#numbers[(at + RESULT) >> 1] = result;
    // Without it: explore thread-pool-finish --without finish-rmw
    Atomics.or(this.words, at + STATE, DONE);
  }

  /** Whether nothing waits to be taken. */
  get isEmpty(): boolean {
    return Atomics.load(this.words, HEAD) === Atomics.load(this.words, TAIL);
  }

  // Counts

  /** Workers that wait. */
  get idle(): number {
    return Atomics.load(this.words, IDLE);
  }

  addIdle(by: number): void {
    Atomics.add(this.words, IDLE, by);
  }

  /** Workers that there are, or will be. QEMU: pool->cur_threads. */
  get current(): number {
    return Atomics.load(this.words, CURRENT);
  }

  addCurrent(by: number): void {
    Atomics.add(this.words, CURRENT, by);
  }

  /**
   * A worker leaves if there are more than a limit, which it then counts as gone. Returns whether it
   * does.
   */
  leavesAbove(limit: 'min' | 'max'): boolean {
    const { words } = this;
    for (;;) {
      const current = Atomics.load(words, CURRENT);
      if (current <= Atomics.load(words, limit === 'min' ? MIN : MAX)) return false;
      if (Atomics.compareExchange(words, CURRENT, current, current - 1) === current) return true;
    }
  }

  get max(): number {
    return Atomics.load(this.words, MAX);
  }

  setLimits(min: number, max: number): void {
    Atomics.store(this.words, MIN, min);
    Atomics.store(this.words, MAX, max);
  }
}

function slotAt(slot: number): number {
  return FIRST_SLOT + slot * SLOT_WORDS;
}
