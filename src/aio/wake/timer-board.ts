/**
 * The timers of one group that other threads may arm and disarm, in memory that threads share.
 *
 * A lock guards it, as QEMU's active_timers_lock guards a timer list. Only a few loads and stores are
 * done with it, and nobody sleeps or calls others. The home thread keeps its own queue of all timers,
 * and takes over here what other threads have done, before it decides or acts by the queue.
 *
 * Invariants:
 *  B1. Whoever arms a timer decides, with the lock, whether it is the first of its list, and notifies
 *      the home thread after that if it is. So the home thread, asleep, wakes up by its own timeout or
 *      by a notification no later than the first timer that is armed.
 *  B2. HEAD is the deadline of the first timer of a list that only the home thread knows. It changes
 *      with the lock, so that no thread compares with one that was there before the home thread's last
 *      look at CHANGED.
 *  B3. A timer is on the list of CHANGED while another thread has done something to it that the home
 *      thread has not taken over.
 *
 * QEMU: active_timers_lock, timer_mod_ns_locked, timer_del_locked, timer_mod_anticipate_ns.
 */

import { ESRCH, ETIMEDOUT } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';

const INT64_MAX = 2 ** 63;

/** A deadline as QEMU's int64_t has it. */
export function clampNs(expireTimeNs: number): number {
  return Math.min(Math.max(expireTimeNs, 0), INT64_MAX);
}

/** 0 if nobody holds the lock; else the holder's thread id, with WANTED while anybody waits. */
export const LOCK = 0;
const WANTED = 1 << 31;
/** The slot that was changed last, plus 1; 0 if there is none. */
export const CHANGED = 1;
/** Slots that were ever given out. */
const COUNT = 2;
/** Bit i: list i has a HEAD. */
const HEADS = 3;
/** By list: see B2. These and the next are doubles, which take two words. */
const HEAD = 4;
/** How often a timer was armed. */
const ARMINGS = 12;
const FIRST_SLOT = 16;

// The words of a slot; the first three are doubles.
const EXPIRE = 0;
const REST = 2;
/** The value of ARMINGS when it was armed: among equal deadlines, the earlier one comes first. */
const ARMED_AS = 4;
/** ARMED, LISTED, the list, and the slot's generation. */
const FLAGS = 6;
/** The slot that was changed before this one, plus 1. */
const NEXT = 7;
const SLOT_WORDS = 8;

const ARMED = 1;
/** It is on the list of CHANGED. */
const LISTED = 2;
const TYPE_SHIFT = 2;
const TYPE = 3;
const GENERATION_SHIFT = 4;
const LAST_GENERATION = 2 ** (32 - GENERATION_SHIFT) - 1;

const MOST_SLOTS = 65_536;
const FIRST_SLOTS = 62;
const bytesFor = (slots: number): number => 4 * (FIRST_SLOT + slots * SLOT_WORDS);

/** How long a thread waits for the lock before it looks whether the holder still lives. */
const LOOK_NS = 10_000_000;

/** The language's library of today does not know it yet. */
interface Growable extends SharedArrayBuffer {
  grow(bytes: number): void;
}

/** Memory for the shared timers of a group. It grows in place, up to 2 MiB. */
function newBoardMemory(): SharedArrayBuffer {
  const Buffer = SharedArrayBuffer as new (
    bytes: number,
    options: { maxByteLength: number },
  ) => SharedArrayBuffer;
  return new Buffer(bytesFor(FIRST_SLOTS), { maxByteLength: bytesFor(MOST_SLOTS) });
}

/** One thread's view. All methods but lock, `changed` and isArmed are for the holder of the lock. */
export class TimerBoard {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #host: Host;
  readonly #tid: number;

  /**
   * @param host this thread's
   * @param memory that of a handle; by default new memory
   */
  constructor(host: Host, memory: SharedArrayBuffer = newBoardMemory()) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
    this.#host = host;
    this.#tid = host.gettid();
  }

  /**
   * Takes the lock. A thread that was ended while it held it holds it no more: what it protects is whole
   * after each store.
   */
  lock(): void {
    // In one step: explore timers-two --without lock-exchange
    if (Atomics.compareExchange(this.#words, LOCK, 0, this.#tid) !== 0) this.#wait();
  }

  #wait(): void {
    const words = this.#words;
    for (;;) {
      const seen = Atomics.load(words, LOCK);
      const taken = seen === 0 || this.#isDead(seen) ? seen : null;
      if (taken !== null) {
        if (Atomics.compareExchange(words, LOCK, taken, this.#tid | WANTED) === taken) return;
      } else Atomics.compareExchange(words, LOCK, seen, seen | WANTED);
    }
  }

  /** Waits for a change of the lock, some time. Returns whether the thread that holds it is gone. */
  #isDead(seen: number): boolean {
    if ((seen & WANTED) === 0) return false;
    if (this.#host.futexWait(this.#words, LOCK, seen, LOOK_NS) !== -ETIMEDOUT) return false;
    return this.#host.tgkill(this.#host.getpid(), seen & ~WANTED, 0) === -ESRCH;
  }

  unlock(): void {
    const words = this.#words;
    // Without it: explore timers-two --without unlock-wake
    if (Atomics.exchange(words, LOCK, 0) < 0) this.#host.futexWake(words, LOCK, 1);
  }

  // Any thread

  /** Whether the handle of a generation is still good. */
  isOf(slot: number, generation: number): boolean {
    return this.#words[at(slot) + FLAGS]! >>> GENERATION_SHIFT === generation;
  }

  /** Whether it is armed, without the lock. */
  isArmed(slot: number, generation: number): boolean {
    const flags = Atomics.load(this.#words, at(slot) + FLAGS);
    return flags >>> GENERATION_SHIFT === generation && (flags & ARMED) !== 0;
  }

  /** The deadline, ns; -1 if it is not armed. */
  expireNs(slot: number): number {
    return this.#isArmed(slot) ? this.#numbers[(at(slot) + EXPIRE) >> 1]! : -1;
  }

  /** Whether it is armed, and due no later than this. */
  isBefore(slot: number, expireNs: number): boolean {
    const ownNs = this.expireNs(slot);
    return ownNs >= 0 && (ownNs < expireNs || (ownNs === expireNs && this.restNs(slot) <= 0));
  }

  restNs(slot: number): number {
    return this.#numbers[(at(slot) + REST) >> 1]!;
  }

  /**
   * Arms it, as another thread than its own. Returns whether it is now the first of its list. QEMU:
   * timer_mod_ns_locked.
   */
  modFrom(slot: number, expireNs: number): boolean {
    this.arm(slot, expireNs, 0);
    this.#change(slot);
    return this.#isFirst(slot);
  }

  /** Disarms it, as another thread. QEMU: timer_del_locked. */
  delFrom(slot: number): void {
    if (!this.#isArmed(slot)) return;
    this.disarm(slot);
    this.#change(slot);
  }

  /** B3. */
  #change(slot: number): void {
    const words = this.#words;
    const flags = words[at(slot) + FLAGS]!;
    if ((flags & LISTED) !== 0) return;
    Atomics.store(words, at(slot) + FLAGS, flags | LISTED);
    words[at(slot) + NEXT] = words[CHANGED]!;
    Atomics.store(words, CHANGED, slot + 1);
  }

  #isFirst(slot: number): boolean {
    const words = this.#words;
    const type = this.type(slot);
    const expireNs = this.expireNs(slot);
    const hasHead = (words[HEADS]! & (1 << type)) !== 0;
    if (hasHead && this.#numbers[(HEAD >> 1) + type]! <= expireNs) return false;
    for (let other = 0; other < words[COUNT]!; other++) {
      if (other === slot || this.type(other) !== type || !this.#isArmed(other)) continue;
      if (this.expireNs(other) <= expireNs) return false;
    }
    return true;
  }

  type(slot: number): number {
    return (this.#words[at(slot) + FLAGS]! >> TYPE_SHIFT) & TYPE;
  }

  #isArmed(slot: number): boolean {
    return (this.#words[at(slot) + FLAGS]! & ARMED) !== 0;
  }

  // The home thread

  /** Whether another thread has changed a timer since settle: the one thing that is seen without the lock. */
  get changed(): boolean {
    return Atomics.load(this.#words, CHANGED) !== 0;
  }

  /** Gives a slot to a timer of a list. Returns its generation. */
  create(slot: number, type: number): number {
    const words = this.#words;
    if (slot >= words[COUNT]!) this.#grow(slot);
    const generation = words[at(slot) + FLAGS]! >>> GENERATION_SHIFT;
    words[at(slot) + FLAGS] = (generation << GENERATION_SHIFT) | (type << TYPE_SHIFT);
    return generation;
  }

  #grow(slot: number): void {
    if (slot === MOST_SLOTS) throw new Error(`share: there are ${MOST_SLOTS} shared timers`);
    const { memory } = this;
    while (bytesFor(slot + 1) > memory.byteLength) {
      (memory as Growable).grow(Math.min(bytesFor(MOST_SLOTS), 2 * memory.byteLength));
    }
    this.#words[COUNT] = slot + 1;
  }

  /** Makes the handles of a slot stale. Returns whether it can be given out again. */
  free(slot: number): boolean {
    const words = this.#words;
    const generation = Math.min(
      (words[at(slot) + FLAGS]! >>> GENERATION_SHIFT) + 1,
      LAST_GENERATION,
    );
    Atomics.store(words, at(slot) + FLAGS, generation << GENERATION_SHIFT);
    return generation < LAST_GENERATION;
  }

  arm(slot: number, expireNs: number, restNs: number): void {
    const numbers = this.#numbers;
    const first = at(slot) >> 1;
    numbers[first + (EXPIRE >> 1)] = expireNs;
    numbers[first + (REST >> 1)] = restNs;
    numbers[first + (ARMED_AS >> 1)] = ++numbers[ARMINGS >> 1]!;
    const flags = this.#words[at(slot) + FLAGS]!;
    Atomics.store(this.#words, at(slot) + FLAGS, flags | ARMED);
  }

  disarm(slot: number): void {
    const flags = this.#words[at(slot) + FLAGS]!;
    if ((flags & ARMED) !== 0) Atomics.store(this.#words, at(slot) + FLAGS, flags & ~ARMED);
  }

  /**
   * Sets HEAD of a list; -1 if it has none. With the lock, without which it could get to memory too late
   * (B2): explore timers --without head-locked
   */
  setHead(type: number, headNs: number): void {
    const words = this.#words;
    const bit = 1 << type;
    if (headNs >= 0) this.#numbers[(HEAD >> 1) + type] = headNs;
    words[HEADS] = headNs < 0 ? words[HEADS]! & ~bit : words[HEADS]! | bit;
  }

  /** Takes the slots that others have changed, into the list, in the order in which they were armed. */
  settle(into: number[]): void {
    const words = this.#words;
    into.length = 0;
    for (let next = words[CHANGED]!; next !== 0; next = words[at(next - 1) + NEXT]!) {
      into.push(next - 1);
      const flags = words[at(next - 1) + FLAGS]!;
      Atomics.store(words, at(next - 1) + FLAGS, flags & ~LISTED);
    }
    Atomics.store(words, CHANGED, 0);
    if (into.length < 2) return;
    const numbers = this.#numbers;
    const armedAs = (slot: number): number => numbers[(at(slot) + ARMED_AS) >> 1]!;
    into.sort((a, b) => armedAs(a) - armedAs(b));
  }
}

/** The first word of a slot. */
function at(slot: number): number {
  return FIRST_SLOT + slot * SLOT_WORDS;
}
