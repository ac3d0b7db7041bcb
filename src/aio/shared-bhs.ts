import { BH_DELETED, BH_PENDING, BH_SCHEDULED } from '../trace/bh-flags.ts';
import type { BhCallback } from './bottom-half.ts';
import { Entries } from './entries.ts';
import { newNameMemory } from './entry-names.ts';
import type { BottomHalfHandle, ContextHandle, WakeHandle } from './handles.ts';
import { LAST_GENERATION } from './wake/bh-word.ts';
import { Calls, FIRST_CALL, newCallMemory } from './wake/calls.ts';
import { GONE, type Inbox } from './wake/inbox.ts';
import { chunkOf, newChunk, SharedWords } from './wake/shared-words.ts';
import { isTaken, numberOf, slotAt } from './wake/slots.ts';
import { bhIndex, NO_BH, type Wakeup } from './wake/wakeup.ts';

/** The bottom halves of a context, as those that are shared see them. */
export interface HomeList {
  /** Traces a schedule, and notifies the context. */
  announce(slot: number, old: number, flags: number): void;
  traceCancel(slot: number): void;
  /** Makes a one-shot that is scheduled, and on no list yet. Returns its slot. */
  arrive(name: string, callback: BhCallback<number>, opaque: number): number;
}

/**
 * The shared bottom halves of one context, for its home thread. Each has two slots: one in the
 * context's own words, for bh_list, and one in shared words, with its flags.
 *
 * The order stays that of a single list, whoever scheduled: what has come by the inbox is moved to
 * bh_list before the home thread pushes one of its own, before it decides to sleep, after a sleep, and
 * before it detaches bh_list.
 */
export class SharedBhs {
  readonly inbox: Inbox;
  readonly entries: Entries;
  readonly #calls: Calls;
  readonly #callMemory = newCallMemory();
  readonly #nameMemory = newNameMemory();
  readonly #words = new SharedWords();
  readonly #wakeup: Wakeup;
  readonly #list: HomeList;
  /** The home slot of each shared bottom half, and the generation, by number. */
  readonly #homes: number[] = [];
  readonly #generations: number[] = [];
  /** The shared slot of a bottom half, by bhIndex of its home slot. */
  readonly #slots: number[] = [];
  readonly #free: number[] = [];

  constructor(wakeup: Wakeup, list: HomeList, InboxType: typeof Inbox, words?: SharedArrayBuffer) {
    this.#wakeup = wakeup;
    this.#list = list;
    this.#words.addChunk(0, words ?? newChunk());
    this.inbox = new InboxType(this.#words);
    this.#calls = new Calls(this.#callMemory, this.#words);
    this.entries = new Entries(this.#nameMemory, this.#calls);
  }

  /** The memory of a handle of the context. */
  get memory(): Pick<ContextHandle, 'words' | 'calls' | 'names'> {
    return {
      words: this.#words.buffer(0)!,
      calls: this.#callMemory,
      names: this.#nameMemory,
    };
  }

  /** Moves a bottom half's flags to shared memory, unless they are there. */
  share(home: number): void {
    const flags = this.#wakeup.share(home);
    if (flags < 0) return;
    const slot = this.#free.pop() ?? this.#newSlot();
    this.#slots[bhIndex(home)] = slot;
    this.#homes[numberOf(slot)] = home;
    this.#generations[numberOf(slot)] = this.inbox.create(slot, flags);
  }

  handle(home: number, context: WakeHandle, name: string, id: number): BottomHalfHandle {
    const slot = this.#slotOf(home);
    return {
      kind: 'bottom half',
      context,
      name,
      id,
      words: this.#words.buffer(chunkOf(slot))!,
      slot,
      generation: this.#generations[numberOf(slot)]!,
    };
  }

  // As a BhQueue

  enqueue(home: number, flags: number): void {
    const slot = this.#slotOf(home);
    const old = this.inbox.mark(slot, this.#generations[numberOf(slot)]!, flags);
    if ((old & BH_PENDING) === 0) {
      this.drain();
      this.#wakeup.enqueue(home, 0);
    }
    this.#list.announce(home, old, flags);
  }

  cancel(home: number): void {
    const slot = this.#slotOf(home);
    this.inbox.cancel(slot, this.#generations[numberOf(slot)]!);
    this.#list.traceCancel(home);
  }

  isScheduled(home: number): boolean {
    return (this.flags(home) & (BH_SCHEDULED | BH_DELETED)) === BH_SCHEDULED;
  }

  isDeleted(home: number): boolean {
    return (this.flags(home) & BH_DELETED) !== 0;
  }

  // For the list

  /** Moves what other threads have scheduled to bh_list, and notes that they have notified. */
  drain(): void {
    if (this.inbox.isEmpty) return;
    const wakeup = this.#wakeup;
    let slot = this.inbox.take();
    const newest = this.#arrive(slot);
    let home = newest;
    for (slot = this.inbox.next(slot); slot !== 0; slot = this.inbox.next(slot)) {
      const older = this.#arrive(slot);
      wakeup.link(home, older);
      home = older;
    }
    wakeup.prepend(newest, home);
    wakeup.notify();
  }

  /** Drains, and takes over a notification by another thread: before the context accepts it. */
  collect(): void {
    this.drain();
    if (this.inbox.accept() !== 0) this.#wakeup.notify();
  }

  /** The home slot of what another thread has scheduled. */
  #arrive(slot: number): number {
    if (slot < FIRST_CALL) return this.#homes[numberOf(slot)]!;
    this.#calls.see(slot);
    return this.#list.arrive(this.entries.nameOf(slot), this.entries.run, slot);
  }

  flags(home: number): number {
    const slot = this.#slotOf(home);
    return Math.max(0, this.inbox.flags(slot, this.#generations[numberOf(slot)]!));
  }

  /** Inbox.dequeue; a deleted bottom half is unknown here from then on. */
  dequeue(home: number): number {
    const slot = this.#slotOf(home);
    const flags = this.inbox.dequeue(slot, this.#generations[numberOf(slot)]!);
    if ((flags & BH_DELETED) !== 0) this.#forget(slot);
    return flags;
  }

  /** The home slots of those that are not deleted. */
  living(): number[] {
    return this.#homes.filter((_, i) => {
      const flags = this.inbox.flags(slotAt(i), this.#generations[i]!);
      return flags !== GONE && (flags & BH_DELETED) === 0;
    });
  }

  /** Makes all handles stale. */
  close(): void {
    for (let i = 0; i < this.#homes.length; i++) {
      if (this.#homes[i] !== NO_BH) this.inbox.free(slotAt(i));
    }
  }

  #slotOf(home: number): number {
    return this.#slots[bhIndex(home)]!;
  }

  #newSlot(): number {
    let slot: number;
    do {
      slot = slotAt(this.#homes.length);
      this.#homes.push(NO_BH);
      this.#generations.push(GONE);
    } while (isTaken(slot));
    if (this.#words.buffer(chunkOf(slot)) === undefined) {
      this.#words.addChunk(chunkOf(slot), newChunk());
    }
    return slot;
  }

  #forget(slot: number): void {
    if (this.#generations[numberOf(slot)]! + 1 < LAST_GENERATION) this.#free.push(slot);
  }
}
