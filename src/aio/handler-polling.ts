import { EV } from '../trace/catalogue.ts';
import type { AioHandler, ReadyList } from './handler.ts';
import { AdaptivePolling } from './polling.ts';

const T_GROW = EV.poll_grow;
const T_SHRINK = EV.poll_shrink;

const NONE: readonly AioHandler[] = [];
const DEFAULT_FACTOR = 2;
const DEFAULT_WEIGHT = 3;

/**
 * The adaptive polling of QEMU 11. Each polled handler has an average of how long the polls took that
 * found it ready, and pollNs follows the largest of those that had an event. Polling mode is left
 * before a wait, not in each round that may not sleep.
 */
export class HandlerPolling extends AdaptivePolling {
  #weight = DEFAULT_WEIGHT;

  override setParams(maxNs: number, grow: number, shrink: number, weight: number): void {
    super.setParams(maxNs, grow || DEFAULT_FACTOR, shrink || DEFAULT_FACTOR, 0);
    this.#weight = weight || DEFAULT_WEIGHT;
    for (const handler of this.polled) handler.pollAverageNs = 0;
  }

  protected override leave(): boolean {
    return false;
  }

  override beforeWait(ready: ReadyList): boolean {
    return super.leave(ready);
  }

  /** Not before the handlers have run, since that makes them polled ones: see CollectingDispatcher. */
  override adjust(blockNs: number, ready: ReadyList): void {
    if (ready.isEmpty) this.settle(blockNs, NONE);
    else ready.blockNs = blockNs;
  }

  override settle(blockNs: number, fired: readonly AioHandler[]): void {
    let largestNs = -1;
    for (const handler of this.polled) {
      const had = fired.includes(handler);
      this.#average(handler, blockNs, had);
      if (had && handler.pollAverageNs > largestNs) largestNs = handler.pollAverageNs;
    }
    if (largestNs >= 0) this.#follow(largestNs);
  }

  #average(handler: AioHandler, blockNs: number, had: boolean): void {
    const old = handler.pollAverageNs;
    if (old === 0) {
      if (had) handler.pollAverageNs = blockNs;
    } else if (had) {
      const part = 2 ** this.#weight;
      handler.pollAverageNs = old - Math.floor(old / part) + Math.floor(blockNs / part);
    } else {
      handler.pollAverageNs = old + blockNs;
    }
    if (handler.pollAverageNs > this.maxNs) handler.pollAverageNs = 0;
  }

  #follow(largestNs: number): void {
    const old = this.pollNs;
    if (largestNs > old) {
      this.pollNs = Math.min(Math.max(largestNs, old * this.grow), this.maxNs);
      this.#tell(T_GROW, old);
    } else if (largestNs < Math.floor(old / this.shrink)) {
      this.pollNs = Math.floor(old / this.shrink);
      this.#tell(T_SHRINK, old);
    }
  }

  #tell(event: number, old: number): void {
    if (this.trace.on[event] !== 0) this.trace.emit(event, this.owner.name, old, this.pollNs);
  }
}
