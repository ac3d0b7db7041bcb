import { Dispatcher, type DispatchOwner } from './dispatcher.ts';
import type { CollectingMonitors } from './fdmon/fdmon.ts';
import type { ReadyList } from './handler.ts';
import type { HandlerTable } from './handler-table.ts';

/**
 * The dispatcher of QEMU 11: behind the bottom halves the monitor of the context makes a list of what
 * is ready, once. Rounds inside a handler take over what they find of it.
 */
export class CollectingDispatcher extends Dispatcher {
  readonly #monitors: CollectingMonitors;

  constructor(owner: DispatchOwner, table: HandlerTable, monitors: CollectingMonitors) {
    super(owner, table);
    this.#monitors = monitors;
  }

  override prepare(): void {
    super.prepare();
    this.#monitors.prepareSource();
  }

  /** Only a poll of each handler says anything about those that an outer round has found. */
  override clearRevents(): void {
    if (this.#monitors.isPolledSingly) super.clearRevents();
    else this.forgetPending();
    this.#monitors.clearSource();
  }

  override anyPending(): boolean {
    return this.#monitors.isSourceReady || super.anyPending();
  }

  override dispatchPending(ready: ReadyList): void {
    this.movePending(ready);
    this.#monitors.collect(ready);
    super.dispatchReady(ready);
  }

  /** Handlers that have run are polled from then on, so polling is adapted last. */
  override dispatchReady(ready: ReadyList): boolean {
    const { blockNs } = ready;
    if (blockNs < 0) return super.dispatchReady(ready);
    ready.blockNs = -1;
    const fired = ready.snapshot();
    const progress = super.dispatchReady(ready);
    this.owner.polling.settle(blockNs, fired);
    return progress;
  }
}
