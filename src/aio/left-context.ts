import { BH_DELETED } from '../trace/bh-flags.ts';
import type { LeakedBh } from './bh-owner.ts';
import { EntryNames } from './entry-names.ts';
import type { BottomHalfHandle, ContextHandle } from './handles.ts';
import { Calls, FIRST_CALL } from './wake/calls.ts';
import { Inbox } from './wake/inbox.ts';
import { chunkOf, SharedWords } from './wake/shared-words.ts';

/**
 * A context that its home thread has left: nothing runs in it any more, but others may still schedule
 * there, until another thread finalizes it.
 */
export class LeftContext {
  readonly inbox: Inbox;
  readonly #handle: ContextHandle;
  readonly #words = new SharedWords();
  /** Those that were not deleted; null if the thread could not tell. */
  readonly #bhs: readonly BottomHalfHandle[] | null;

  constructor(handle: ContextHandle, bhs: readonly BottomHalfHandle[] | null) {
    this.#handle = handle;
    this.#bhs = bhs;
    this.#words.addChunk(0, handle.words);
    for (const { slot, words } of bhs ?? []) this.#words.addChunk(chunkOf(slot), words);
    this.inbox = new Inbox(this.#words);
  }

  /** Makes all handles stale. Returns the bottom halves that were scheduled since. */
  close(): LeakedBh[] {
    const { inbox } = this;
    inbox.close();
    if (this.#bhs === null) return [];
    const leaked = this.#scheduled(this.#bhs);
    for (const { slot } of this.#bhs) inbox.free(slot);
    return leaked;
  }

  #scheduled(bhs: readonly BottomHalfHandle[]): LeakedBh[] {
    const { inbox } = this;
    const { calls: memory, names } = this.#handle;
    const calls = new Calls(memory, this.#words);
    const entries = new EntryNames(names);
    const leaked: LeakedBh[] = [];
    for (let slot = inbox.take(); slot !== 0; slot = inbox.next(slot)) {
      if (slot >= FIRST_CALL) {
        calls.see(slot);
        leaked.push({ name: entries.list[calls.entry(slot)]!, oneshot: true });
        continue;
      }
      const bh = bhs.find((one) => one.slot === slot);
      if (bh === undefined) continue;
      const isDeleted = (inbox.flags(slot, bh.generation) & BH_DELETED) !== 0;
      if (!isDeleted) leaked.push({ name: bh.name, oneshot: false });
    }
    return leaked;
  }
}
