/** An element of the queue. Only TimerQueue writes `seq`. */
export interface Queued {
  readonly expireTimeNs: number;
  /**
   * The part that the number expireTimeNs leaves out, -128 to 128: the deadline is exactly their
   * sum.
   */
  readonly restNs: number;
  seq: number;
}

/**
 * seq is the rest times this, plus the number of the insertion, which is always smaller than this.
 */
const SEQ_PER_NS = 2 ** 40;

/** Timers per chunk; a full one is split in half. */
const CAPACITY = 64;

/** A sorted run of timers, from first to end - 1, so that removing the front is O(1). */
class Chunk<T> {
  readonly expire = new Float64Array(CAPACITY);
  readonly seq = new Float64Array(CAPACITY);
  readonly timers: (T | null)[] = new Array<T | null>(CAPACITY).fill(null);
  first = 0;
  end = 0;
}

/**
 * Timers by deadline, and in order of arming for equal deadlines: a sorted list of sorted chunks.
 * Arming and disarming find a place in O(log n) and move at most a chunk's worth of neighbours;
 * taking the first, which is all that an expiring timer costs, moves nothing. QEMU keeps a linked
 * list instead, in which arming is O(n).
 *
 * Invariants: Q1. chunks are not empty. Q2. (expire, seq) rises strictly through
 * all chunks. Q3. among equal rests seq rises with every insertion, so a new timer
 * stands behind all of its own deadline.
 */
export class TimerQueue<T extends Queued> {
  readonly #chunks: Chunk<T>[] = [];
  #spare: Chunk<T> | null = null;
  #seq = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The timer with the earliest deadline. */
  get first(): T | null {
    const chunk = this.#chunks[0];
    return chunk === undefined ? null : chunk.timers[chunk.first]!;
  }

  /** The earliest deadline in ns; Infinity if there is no timer. */
  get firstNs(): number {
    const chunk = this.#chunks[0];
    return chunk === undefined ? Number.POSITIVE_INFINITY : chunk.expire[chunk.first]!;
  }

  /** Inserts a timer by its deadline. Returns whether it is now the first. */
  insert(timer: T): boolean {
    const chunks = this.#chunks;
    const expire = timer.expireTimeNs;
    timer.seq = timer.restNs * SEQ_PER_NS + ++this.#seq;
    this.#size++;
    if (chunks.length === 0) {
      const chunk = this.#newChunk();
      chunk.end = 1;
      put(chunk, 0, timer, expire);
      chunks.push(chunk);
      return true;
    }
    let ci = this.#chunkFor(expire, timer.seq);
    if (ci === chunks.length) ci--;
    let chunk = chunks[ci]!;
    if (chunk.end - chunk.first === CAPACITY) {
      const upper = this.#split(ci);
      if (isBefore(upper, upper.first, expire, timer.seq)) {
        chunk = upper;
        ci++;
      }
    }
    const at = placeFor(chunk, expire, timer.seq);
    const place = makeRoom(chunk, at);
    put(chunk, place, timer, expire);
    return ci === 0 && place === chunk.first;
  }

  /** Removes a timer, which must be in the queue. */
  remove(timer: T): void {
    const ci = this.#chunkFor(timer.expireTimeNs, timer.seq);
    const chunk = this.#chunks[ci]!;
    const at = placeFor(chunk, timer.expireTimeNs, timer.seq);
    if (chunk.timers[at] !== timer)
      throw new Error('timer queue: the timer is not where it belongs');
    this.#size--;
    closeGap(chunk, at);
    if (chunk.first === chunk.end) this.#drop(ci);
  }

  /**
   * Removes and returns the first timer if its deadline is now or before; otherwise returns null.
   */
  takeDue(nowNs: number, nowRestNs = 0): T | null {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return null;
    const at = chunk.first;
    const expire = chunk.expire[at]!;
    if (expire > nowNs) return null;
    if (expire === nowNs && chunk.seq[at]! >= (nowRestNs + 1) * SEQ_PER_NS) return null;
    const timer = chunk.timers[at]!;
    chunk.timers[at] = null;
    chunk.first = at + 1;
    this.#size--;
    if (at + 1 === chunk.end) this.#drop(0);
    return timer;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const chunk of this.#chunks) {
      for (let i = chunk.first; i < chunk.end; i++) yield chunk.timers[i]!;
    }
  }

  /** The first chunk whose last timer is not before (expire, seq). */
  #chunkFor(expire: number, seq: number): number {
    const chunks = this.#chunks;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      const chunk = chunks[mid]!;
      if (isBefore(chunk, chunk.end - 1, expire, seq)) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  /** Moves the upper half of a full chunk into a new one behind it. */
  #split(ci: number): Chunk<T> {
    const lower = this.#chunks[ci]!;
    const upper = this.#newChunk();
    const half = CAPACITY >>> 1;
    for (let i = half; i < CAPACITY; i++) {
      const timer = lower.timers[i]!;
      put(upper, i - half, timer, lower.expire[i]!);
      lower.timers[i] = null;
    }
    upper.end = CAPACITY - half;
    lower.end = half;
    if (ci === this.#chunks.length - 1) this.#chunks.push(upper);
    else this.#chunks.splice(ci + 1, 0, upper);
    return upper;
  }

  #newChunk(): Chunk<T> {
    const chunk = this.#spare ?? new Chunk<T>();
    this.#spare = null;
    chunk.first = 0;
    chunk.end = 0;
    return chunk;
  }

  /** Q1. One empty chunk is kept for reuse, so that a queue of one timer allocates nothing. */
  #drop(ci: number): void {
    this.#spare = this.#chunks[ci]!;
    if (ci === 0) this.#chunks.shift();
    else this.#chunks.splice(ci, 1);
  }
}

function isBefore<T>(chunk: Chunk<T>, i: number, expire: number, seq: number): boolean {
  const e = chunk.expire[i]!;
  return e < expire || (e === expire && chunk.seq[i]! < seq);
}

/** The first place in a chunk that is not before (expire, seq); its end if all are. */
function placeFor<T>(chunk: Chunk<T>, expire: number, seq: number): number {
  let low = chunk.first;
  let high = chunk.end;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (isBefore(chunk, mid, expire, seq)) low = mid + 1;
    else high = mid;
  }
  return low;
}

function put<T extends Queued>(chunk: Chunk<T>, i: number, timer: T, expire: number): void {
  chunk.expire[i] = expire;
  chunk.seq[i] = timer.seq;
  chunk.timers[i] = timer;
}

function move<T>(chunk: Chunk<T>, from: number, to: number): void {
  chunk.expire[to] = chunk.expire[from]!;
  chunk.seq[to] = chunk.seq[from]!;
  chunk.timers[to] = chunk.timers[from]!;
}

/** Makes room at place `at`, moving the shorter side; returns the free place. */
function makeRoom<T>(chunk: Chunk<T>, at: number): number {
  const left = chunk.first > 0 && (chunk.end === CAPACITY || at - chunk.first < chunk.end - at);
  if (left) {
    for (let i = chunk.first; i < at; i++) move(chunk, i, i - 1);
    chunk.first--;
    return at - 1;
  }
  for (let i = chunk.end; i > at; i--) move(chunk, i - 1, i);
  chunk.end++;
  return at;
}

function closeGap<T>(chunk: Chunk<T>, at: number): void {
  if (at - chunk.first < chunk.end - at) {
    for (let i = at; i > chunk.first; i--) move(chunk, i - 1, i);
    chunk.timers[chunk.first++] = null;
  } else {
    for (let i = at + 1; i < chunk.end; i++) move(chunk, i, i - 1);
    chunk.timers[--chunk.end] = null;
  }
}
