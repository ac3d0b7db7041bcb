import { checkFunction, checkInteger, checkNs, checkString } from '../host/arguments.ts';
import type { Disposable } from '../host/host.ts';

// GLib's priorities: lower numbers come first
export const G_PRIORITY_HIGH = -100;
export const G_PRIORITY_DEFAULT = 0;
export const G_PRIORITY_HIGH_IDLE = 100;
export const G_PRIORITY_DEFAULT_IDLE = 200;

/** The place of a source in its context's order; empty once the source is removed. */
export interface Place {
  source: Source | null;
  readonly priority: number;
}

/** The main context of a source: MainContext. */
export interface SourceOwner {
  remove(source: Source): void;
}

/**
 * Something that a main loop asks in each iteration whether it has work to dispatch. GLib: GSource
 * and its GSourceFuncs.
 */
export abstract class Source implements Disposable {
  readonly name: string;
  readonly priority: number;
  /** Whether it may be dispatched from within its own dispatch. */
  readonly canRecurse: boolean;
  /**
   * Found ready, and not dispatched since. Only MainContext writes this field and the next three.
   */
  ready = false;
  dispatching = false;
  context: SourceOwner | null = null;
  /** @internal */
  place: Place | null = null;

  constructor(name: string, priority: number, canRecurse = false) {
    checkString(name, 'Source: the name');
    checkInteger(priority, 'Source: the priority', -0x80000000, 0x7fffffff);
    this.name = name;
    this.priority = priority;
    this.canRecurse = canRecurse;
  }

  /** How long the loop may sleep, ms: 0 if it is ready, -1 without limit. */
  abstract prepare(): number;
  /** Whether it is ready, after the poll. */
  abstract check(): boolean;
  /** Does its work. Returns whether to keep it: GLib's G_SOURCE_CONTINUE or G_SOURCE_REMOVE. */
  abstract dispatch(): boolean;

  /** Removes it from its main context. GLib: g_source_destroy. */
  dispose(): void {
    this.context?.remove(this);
  }
}

/**
 * Calls a function whenever nothing of a higher priority is ready, until it returns false. GLib:
 * g_idle_source_new.
 */
export class IdleSource extends Source {
  readonly #callback: () => boolean;

  /** @throws TypeError, RangeError */
  constructor(callback: () => boolean, priority = G_PRIORITY_DEFAULT_IDLE, name = 'idle') {
    checkFunction(callback, 'IdleSource: the callback');
    super(name, priority);
    this.#callback = callback;
  }

  prepare(): number {
    return 0;
  }

  check(): boolean {
    return true;
  }

  dispatch(): boolean {
    return this.#callback();
  }
}

/**
 * Calls a function after an interval, and again after each interval while it returns true. GLib:
 * g_timeout_source_new.
 */
export class TimeoutSource extends Source {
  readonly #nowNs: () => number;
  readonly #intervalNs: number;
  readonly #callback: () => boolean;
  #dueNs: number;

  /**
   * @param nowNs a monotonic clock in ns
   * @param intervalNs rounded up to whole ms for the sleep, as GLib's are
   * @throws TypeError, RangeError
   */
  constructor(
    nowNs: () => number,
    intervalNs: number,
    callback: () => boolean,
    priority = G_PRIORITY_DEFAULT,
    name = 'timeout',
  ) {
    checkFunction(nowNs, 'TimeoutSource: the clock');
    checkNs(intervalNs, 'TimeoutSource: the interval');
    checkFunction(callback, 'TimeoutSource: the callback');
    super(name, priority);
    this.#nowNs = nowNs;
    this.#intervalNs = intervalNs;
    this.#callback = callback;
    this.#dueNs = nowNs() + intervalNs;
  }

  prepare(): number {
    return timeoutNsToMs(Math.max(0, this.#dueNs - this.#nowNs()));
  }

  check(): boolean {
    return this.#nowNs() >= this.#dueNs;
  }

  dispatch(): boolean {
    const again = this.#callback();
    if (again) this.#dueNs = this.#nowNs() + this.#intervalNs;
    return again;
  }
}

/** Rounds up, since sleeping too short means spinning. QEMU: qemu_timeout_ns_to_ms. */
export function timeoutNsToMs(ns: number): number {
  if (ns < 0) return -1;
  return Math.min(Math.ceil(ns / 1_000_000), 0x7fffffff);
}
