import { Dispatcher } from './dispatcher.ts';
import type { ReadyList } from './handler.ts';

/**
 * The dispatcher of QEMU 11: behind the bottom halves the monitor of the context makes a list of what
 * is ready, once. Rounds inside a handler take over what they find of it.
 */
export class CollectingDispatcher extends Dispatcher {
  override dispatchPending(ready: ReadyList): void {
    this.movePending(ready);
    this.dispatchReady(ready);
  }
}
