import { shown } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';
import { G_PRIORITY_DEFAULT, Source } from './source.ts';

const LOWEST_PRIORITY = 0x7fffffff;

/**
 * Sources by priority, and the four steps of an iteration on them. GLib:
 * GMainContext.
 *
 * Invariants:
 *  M1. What is ready counts for nothing while something of a higher priority is.
 *  M2. A source that was found ready stays so until it is dispatched, also where
 *      a nested iteration takes the list of pending ones over.
 */
export class MainContext {
  /** Sorted by priority, then in order of attachment. Replaced, never changed. */
  #sources: readonly Source[] = [];
  readonly #pending: Source[] = [];
  #pendingCount = 0;
  /** Sources of a lower priority than this take no part in the iteration. */
  maxPriority = LOWEST_PRIORITY;
  /** What the sources allow the loop to sleep, ms; -1 without limit. */
  timeoutMs = -1;

  /** GLib: g_source_attach. */
  attach(source: Source): Disposable {
    if (!(source instanceof Source)) {
      throw new TypeError(`g_source_attach: ${shown(source)}: expected a Source`);
    }
    if (source.context !== null) throw new Error(`source '${source.name}' is attached already`);
    source.context = this;
    source.ready = false;
    const at = this.#sources.findIndex((s) => s.priority > source.priority);
    const sources = [...this.#sources];
    sources.splice(at < 0 ? sources.length : at, 0, source);
    this.#sources = sources;
    return source;
  }

  remove(source: Source): void {
    if (source?.context !== this) return;
    source.context = null;
    this.#sources = this.#sources.filter((s) => s !== source);
  }

  get sources(): readonly Source[] {
    return this.#sources;
  }

  /** Whether fds of the default priority are polled in this iteration. GLib: what query selects. */
  get pollsFds(): boolean {
    return this.maxPriority >= G_PRIORITY_DEFAULT;
  }

  /** Sets maxPriority and timeoutMs. GLib: g_main_context_prepare. */
  prepare(): void {
    // Of an iteration that this one interrupts; M2 brings them back.
    this.#pendingCount = 0;
    const sources = this.#sources;
    let anyReady = false;
    let maxPriority = LOWEST_PRIORITY;
    let timeoutMs = -1;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      if (isBlocked(source)) continue;
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

  /** Returns whether there is anything to dispatch. GLib: g_main_context_check. */
  check(): boolean {
    const sources = this.#sources;
    let maxPriority = this.maxPriority;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      if (isBlocked(source)) continue;
      if (this.#pendingCount > 0 && source.priority > maxPriority) break;
      if (!source.ready && source.check()) source.ready = true;
      if (source.ready) {
        this.#pending[this.#pendingCount++] = source;
        maxPriority = source.priority;
      }
    }
    return this.#pendingCount > 0;
  }

  /** GLib: g_main_context_dispatch. */
  dispatch(): void {
    // An iteration inside a callback empties the list: then this one is over.
    for (let i = 0; i < this.#pendingCount; i++) {
      const source = this.#pending[i]!;
      // Removed, or removed and attached anew, by a callback of this round.
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
  return source.context === null || (source.dispatching && !source.canRecurse);
}
