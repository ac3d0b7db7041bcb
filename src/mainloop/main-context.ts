import { shown } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';
import { G_PRIORITY_DEFAULT, type Place, Source, type SourceOwner } from './source.ts';

const LOWEST_PRIORITY = 0x7fffffff;
/** However short the list, this many empty places are tolerated. */
const MOST_EMPTY = 16;

/**
 * Sources by priority, and the four steps of an iteration on them. GLib: GMainContext.
 *
 * Invariants:
 *  M1. A ready source does not count while one of a higher priority is ready.
 *  M2. A source found ready stays so until it is dispatched, even if a nested iteration takes over
 *      the pending list.
 */
export class MainContext implements SourceOwner {
  /** Sorted by priority, then in order of attachment. */
  #places: Place[] = [];
  /** The number of empty places. */
  #empty = 0;
  /** The number of walks under way. */
  #walks = 0;
  /** Whether one of them may be over #places: then the list is replaced, not modified. */
  #isWalked = false;
  readonly #pending: Source[] = [];
  #pendingCount = 0;
  /** Sources of a lower priority than this take no part in the iteration. */
  maxPriority = LOWEST_PRIORITY;
  /** How long the sources allow the loop to sleep, ms; -1 without limit. */
  timeoutMs = -1;
  /** Ends Node's wait for the loop. GLib: g_source_attach wakes its context up. @internal */
  onAttach: (() => void) | null = null;

  /** GLib: g_source_attach. */
  attach(source: Source): Disposable {
    if (!(source instanceof Source)) {
      throw new TypeError(`g_source_attach: ${shown(source)}: expected a Source`);
    }
    if (source.context !== null) throw new Error(`source '${source.name}' is attached already`);
    source.context = this;
    source.ready = false;
    const place = { source, priority: source.priority };
    source.place = place;
    if (this.#isWalked) {
      this.#places = [...this.#places];
      this.#isWalked = false;
    }
    this.#places.splice(this.#indexFor(place), 0, place);
    this.onAttach?.();
    return source;
  }

  remove(source: Source): void {
    if (!(source instanceof Source)) {
      throw new TypeError(`g_source_destroy: the source is ${shown(source)}: expected a Source`);
    }
    if (source.context !== this) return;
    source.context = null;
    // Its place stays empty until half of them are: closing each gap would move everything after
    // it.
    source.place!.source = null;
    source.place = null;
    if (++this.#empty > MOST_EMPTY && this.#empty > this.#places.length / 2) {
      this.#places = this.#places.filter((place) => place.source !== null);
      this.#empty = 0;
    }
  }

  /** The current sources; the list does not follow later changes. */
  get sources(): readonly Source[] {
    return this.#places.flatMap(({ source }) => (source === null ? [] : [source]));
  }

  /** After all sources of its priority, before those of a lower one. */
  #indexFor({ priority }: Place): number {
    const places = this.#places;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[middle]!.priority <= priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Whether this iteration polls fds of the default priority. GLib: g_main_context_query selects
   * them.
   */
  get pollsFds(): boolean {
    return this.maxPriority >= G_PRIORITY_DEFAULT;
  }

  /** Sets maxPriority and timeoutMs. GLib: g_main_context_prepare. */
  prepare(): void {
    // Forgets those of an iteration that this one interrupts; M2 brings them back.
    this.#pendingCount = 0;
    this.#walks++;
    this.#isWalked = true;
    try {
      this.#prepareAll(this.#places);
    } finally {
      if (--this.#walks === 0) this.#isWalked = false;
    }
  }

  #prepareAll(places: readonly Place[]): void {
    let anyReady = false;
    let maxPriority = LOWEST_PRIORITY;
    let timeoutMs = -1;
    for (let i = 0; i < places.length; i++) {
      const { source } = places[i]!;
      if (source === null || isBlocked(source)) continue;
      if (anyReady && source.priority > maxPriority) break;
      if (!source.ready) {
        const sourceMs = source.prepare();
        if (sourceMs === 0) source.ready = true;
        else if (sourceMs > 0 && (timeoutMs < 0 || sourceMs < timeoutMs)) timeoutMs = sourceMs;
      }
      if (source.ready) {
        anyReady = true;
        maxPriority = source.priority;
        timeoutMs = 0;
      }
    }
    this.maxPriority = maxPriority;
    this.timeoutMs = timeoutMs;
  }

  /** Whether there is anything to dispatch. GLib: g_main_context_check. */
  check(): boolean {
    this.#walks++;
    this.#isWalked = true;
    try {
      this.#checkAll(this.#places);
    } finally {
      if (--this.#walks === 0) this.#isWalked = false;
    }
    return this.#pendingCount > 0;
  }

  #checkAll(places: readonly Place[]): void {
    let maxPriority = this.maxPriority;
    for (let i = 0; i < places.length; i++) {
      const { source } = places[i]!;
      if (source === null || isBlocked(source)) continue;
      if (this.#pendingCount > 0 && source.priority > maxPriority) break;
      if (!source.ready && source.check()) source.ready = true;
      if (source.ready) {
        this.#pending[this.#pendingCount++] = source;
        maxPriority = source.priority;
      }
    }
  }

  /** GLib: g_main_context_dispatch. */
  dispatch(): void {
    // An iteration inside a callback empties the list, which ends this loop.
    for (let i = 0; i < this.#pendingCount; i++) {
      const source = this.#pending[i]!;
      // A callback of this round has removed it, or removed it and attached it anew.
      if (source.context !== this || !source.ready) continue;
      source.ready = false;
      const wasDispatching = source.dispatching;
      source.dispatching = true;
      let stays = true;
      try {
        stays = source.dispatch();
      } finally {
        source.dispatching = wasDispatching;
      }
      if (!stays) this.remove(source);
    }
    this.#pendingCount = 0;
  }
}

function isBlocked(source: Source): boolean {
  return source.dispatching && !source.canRecurse;
}
