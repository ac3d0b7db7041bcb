import type { WakeHandle } from '../aio/handles.ts';
import { Inbox } from '../aio/wake/inbox.ts';
import { chunkOf, SharedWords } from '../aio/wake/shared-words.ts';
import type { Host } from '../host/host.ts';
import { Tracer } from '../trace/tracer.ts';
import { Waker } from './waker.ts';

/**
 * All that the handles of a context have in common in one thread: its words, the inbox on them, and the
 * way to wake its home. A thread that has got a thousand of its bottom halves in one message has it once, so that it stays
 * in the processor's cache; with each message the same memory comes as another object.
 */
export class RemoteLink {
  readonly words = new SharedWords();
  readonly inbox: Inbox;
  readonly waker: Waker;
  /** For handles that nobody traces. */
  readonly silent = new Tracer();

  private constructor(host: Host, handle: WakeHandle) {
    this.words.addChunk(0, handle.words);
    this.inbox = new Inbox(this.words);
    this.waker = new Waker(host, handle, this.inbox);
  }

  /**
   * The one of a context.
   * @param host this thread's
   */
  static of(host: Host, handle: WakeHandle): RemoteLink {
    const { belongings } = host;
    const links = belongings.get(RemoteLinks) ?? belongings.add(RemoteLinks, new RemoteLinks());
    let link = links.get(handle.words);
    if (link === undefined) {
      link = new RemoteLink(host, handle);
      links.set(handle.words, link);
    }
    return link;
  }

  /** Memory of the context that a bottom half's slot stands in. */
  addChunkOf(slot: number, words: SharedArrayBuffer): void {
    const chunk = chunkOf(slot);
    if (this.words.buffer(chunk) === undefined) this.words.addChunk(chunk, words);
  }
}

/** Those of a thread's host, by the contexts' memory. */
class RemoteLinks extends WeakMap<SharedArrayBuffer, RemoteLink> {}
