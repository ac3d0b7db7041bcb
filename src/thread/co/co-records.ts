/**
 * The state of coroutines that several threads know, in memory that all threads of a machine share.
 * A coroutine's number is the index of its record, from 1 on.
 */

import { QemuAbort } from '../../aio/abort.ts';

/** The most coroutines of a machine that several threads know at a time. */
const MOST_COROUTINES = 1024;
const RECORD_WORDS = 32;

/** 0 if the record is free. Its other bits change each time, so that an old handle is found out. */
const USED = 0;
/** The function that will enter it: an index of SCHEDULERS. */
const SCHEDULED = 1;
/** The number of the context where it ran last, plus 1; 0 before it ran. */
const HOME = 2;
/** 1 while it runs, or waits for one that it entered. */
const ENTERED = 3;
/** The coroutine behind it in the list of a context, of a CoMutex, of a CoQueue or CoRwlock. */
export const NEXT_SCHEDULED = 4;
export const NEXT_WAITER = 5;
export const NEXT_QUEUED = 6;
/** Whether it wants to read, or else to write; while a CoRwlock has its ticket. */
const WANTS_READ = 7;
/** Where another thread goes on; see MovingCoroutine. */
const LABEL = 8;
/** How often it has begun in another thread. */
const MOVES = 9;
/** Number of locks between threads that it holds. */
const LOCKS = 10;
const NAME = 11;
const NAME_BYTES = 32;
/** Its number in traces. */
const TRACE_ID = 19;
/** Numbers of its own. */
const OWN = 20;
export const OWN_NUMBERS = RECORD_WORDS - OWN;

/** The functions that may have claimed a coroutine, in the words of QEMU's abort. */
const SCHEDULERS: readonly (string | null)[] = [null, 'aio_co_schedule', 'qemu_co_sleep_ns'];

const BUSY = 1;

/** In traces the numbers of coroutines that move are above those of any thread's own. */
const MOVING_IDS = 2 ** 24;

export function newCoRecords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * RECORD_WORDS * (MOST_COROUTINES + 1)));
}

/** A coroutine of another thread, or of this one; structured clone takes it to another thread. */
export interface CoroutineHandle {
  readonly kind: 'coroutine';
  readonly number: number;
  /** Tells it from those that had its number before. */
  readonly generation: number;
}

/**
 * Takes a free record.
 * @param traceId the number in traces of one that stays at home
 * @throws RangeError if there is none left
 */
export function newRecord(words: Int32Array, name: string, traceId = 0): CoRecord {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > NAME_BYTES) {
    throw new RangeError(
      `coroutine entry '${name}': expected a name of at most ${NAME_BYTES} bytes`,
    );
  }
  for (let number = 1; number <= MOST_COROUTINES; number++) {
    const at = number * RECORD_WORDS;
    const free = Atomics.load(words, at + USED);
    if ((free & BUSY) !== 0) continue;
    if (Atomics.compareExchange(words, at + USED, free, free | BUSY) !== free) continue;
    words.fill(0, at + USED + 1, at + RECORD_WORDS);
    words[at + TRACE_ID] = traceId;
    new Uint8Array(words.buffer, words.byteOffset + 4 * (at + NAME), NAME_BYTES).set(bytes);
    return new CoRecord(words, number);
  }
  throw new RangeError(`the machine has ${MOST_COROUTINES} coroutines that several threads know`);
}

/** @throws QemuAbort if the coroutine of the handle has ended */
export function recordOf(words: Int32Array, coroutine: CoroutineHandle | number): CoRecord {
  if (typeof coroutine === 'number') return new CoRecord(words, coroutine);
  const record = new CoRecord(words, coroutine.number);
  if (record.generation !== coroutine.generation) throw ended();
  return record;
}

/** @throws QemuAbort if the coroutine has ended */
export function checkExists(record: CoRecord): void {
  if (!record.exists) throw ended();
}

function ended(): QemuAbort {
  return new QemuAbort('Co-routine has ended and cannot be entered');
}

/** One coroutine's record. All its words but the links are changed by whoever may enter it. */
export class CoRecord {
  readonly number: number;
  readonly generation: number;
  readonly #words: Int32Array;
  readonly #at: number;
  /** The name of the entry that it is made of; '' if it stays in one thread. */
  readonly entry: string;
  /** Numbers of its own, which go where it goes. */
  readonly numbers: Int32Array;

  constructor(words: Int32Array, number: number) {
    this.#words = words;
    this.number = number;
    this.#at = number * RECORD_WORDS;
    this.generation = Atomics.load(words, this.#at + USED);
    const start = words.byteOffset + 4 * this.#at;
    const name = new Uint8Array(words.buffer, start + 4 * NAME, NAME_BYTES).slice();
    this.entry = new TextDecoder().decode(name).replace(/\0.*$/s, '');
    this.numbers = new Int32Array(words.buffer, start + 4 * OWN, OWN_NUMBERS);
  }

  get handle(): CoroutineHandle {
    return { kind: 'coroutine', number: this.number, generation: this.generation };
  }

  /** Whether the coroutine still exists: it has not ended. */
  get exists(): boolean {
    return Atomics.load(this.#words, this.#at + USED) === this.generation;
  }

  free(): void {
    Atomics.store(this.#words, this.#at + USED, (this.generation + 1) & ~BUSY);
  }

  get scheduledBy(): string | null {
    return SCHEDULERS[Atomics.load(this.#words, this.#at + SCHEDULED)]!;
  }

  claim(by: string): boolean {
    const who = SCHEDULERS.indexOf(by);
    return Atomics.compareExchange(this.#words, this.#at + SCHEDULED, 0, who) === 0;
  }

  unclaim(): void {
    Atomics.store(this.#words, this.#at + SCHEDULED, 0);
  }

  /** Returns whether it did not run. */
  enter(): boolean {
    return Atomics.exchange(this.#words, this.#at + ENTERED, 1) === 0;
  }

  leave(): void {
    Atomics.store(this.#words, this.#at + ENTERED, 0);
  }

  get home(): number {
    return Atomics.load(this.#words, this.#at + HOME) - 1;
  }

  set home(context: number) {
    Atomics.store(this.#words, this.#at + HOME, context + 1);
  }

  get label(): number {
    return Atomics.load(this.#words, this.#at + LABEL);
  }

  set label(label: number) {
    Atomics.store(this.#words, this.#at + LABEL, label);
  }

  get moves(): number {
    return Atomics.load(this.#words, this.#at + MOVES);
  }

  set moves(moves: number) {
    Atomics.store(this.#words, this.#at + MOVES, moves);
  }

  get locksHeld(): number {
    return Atomics.load(this.#words, this.#at + LOCKS);
  }

  set locksHeld(locks: number) {
    Atomics.store(this.#words, this.#at + LOCKS, locks);
  }

  /** Its number in traces: the same in all threads. */
  get traceId(): number {
    const id = Atomics.load(this.#words, this.#at + TRACE_ID);
    return id === 0 ? MOVING_IDS + this.number : id;
  }

  get wantsRead(): boolean {
    return Atomics.load(this.#words, this.#at + WANTS_READ) !== 0;
  }

  set wantsRead(wants: boolean) {
    Atomics.store(this.#words, this.#at + WANTS_READ, wants ? 1 : 0);
  }
}

/** The coroutine behind another one in a list; 0 at its end. */
export function nextOf(records: Int32Array, number: number, link: number): number {
  return Atomics.load(records, number * RECORD_WORDS + link);
}

export function setNext(records: Int32Array, number: number, link: number, next: number): void {
  Atomics.store(records, number * RECORD_WORDS + link, next);
}

/** Pushes a coroutine onto a list, of which `words[at]` is the head. */
export function push(
  words: Int32Array,
  at: number,
  records: Int32Array,
  number: number,
  link: number,
): void {
  for (;;) {
    const head = Atomics.load(words, at);
    // Without this order: explore aio_co_schedule --without next-first
    setNext(records, number, link, head);
    if (Atomics.compareExchange(words, at, head, number) === head) return;
  }
}

/** Takes a whole list, and turns it round: oldest first. Returns its first coroutine, or 0. */
export function takeOldestFirst(
  words: Int32Array,
  at: number,
  records: Int32Array,
  link: number,
): number {
  let number = Atomics.exchange(words, at, 0);
  let first = 0;
  while (number !== 0) {
    const next = nextOf(records, number, link);
    setNext(records, number, link, first);
    first = number;
    number = next;
  }
  return first;
}
