import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import { type Clocks, QEMU_CLOCK_REALTIME, soonestTimeout } from './clock.ts';
import { type AioHandler, ReadyList } from './handler.ts';

const T_BEGIN = EV.run_poll_handlers_begin;
const T_END = EV.run_poll_handlers_end;
const T_GROW = EV.poll_grow;
const T_SHRINK = EV.poll_shrink;
const T_ADD = EV.poll_add;
const T_REMOVE = EV.poll_remove;

/** A handler without an event for this long is no longer polled. QEMU: POLL_IDLE_INTERVAL_NS. */
const POLL_IDLE_INTERVAL_NS = 7_000_000_000;
/** The first value of poll_ns when it grows. */
const POLL_START_NS = 4_000;
const DEFAULT_GROW = 2;
const NO_WEIGHT = 'poll-weight: QEMU 7.2 has none: it came later, and QEMU 11 has it';

/** The parts of its context that polling needs. */
export interface PollingOwner {
  readonly name: string;
  /** Whether the fds must be waited for, since not all handlers can be polled. */
  needWait(): boolean;
  isHeldBack(handler: AioHandler): boolean;
  /** A handler was idle for too long. */
  stoppedPolling(handler: AioHandler): void;
}

/**
 * Adaptive polling: before it sleeps, aio_poll asks the handlers in user space for up to poll_ns,
 * which adapts to how soon events have come. QEMU: try_poll_mode, run_poll_handlers and their
 * helpers in aio-posix.c.
 */
export class AdaptivePolling {
  protected readonly owner: PollingOwner;
  readonly #clocks: Clocks;
  protected readonly trace: Tracer;
  /** The polled handlers, newest first. Replaced, never modified, so that it can be walked. */
  protected polled: readonly AioHandler[] = [];
  #started = false;
  /** How long the next blocking poll spins, ns. */
  pollNs = 0;
  /** The largest pollNs, ns; 0 turns polling off. */
  maxNs = 0;
  grow = 0;
  shrink = 0;
  /** The timeout left after tryPoll, ns. */
  timeoutNs = 0;

  constructor(owner: PollingOwner, clocks: Clocks, trace: Tracer) {
    this.owner = owner;
    this.#clocks = clocks;
    this.trace = trace;
  }

  /**
   * @throws RangeError for a weight, which only QEMU 11 has
   * QEMU: aio_context_set_poll_params, without its notify.
   */
  setParams(maxNs: number, grow: number, shrink: number, weight: number): void {
    if (weight !== 0) throw new RangeError(NO_WEIGHT);
    this.maxNs = maxNs;
    this.grow = grow;
    this.shrink = shrink;
    this.pollNs = 0;
  }

  /** A handler has fired: it is likely to fire again, so it is polled from now on. */
  add(handler: AioHandler, revents: number): void {
    if (this.trace.on[T_ADD] !== 0) {
      this.trace.emit(T_ADD, this.owner.name, handler.token, handler.fd, revents);
    }
    if (this.#started) handler.ioPollBegin?.(handler.opaque);
    handler.polled = true;
    this.polled = [handler, ...this.polled];
  }

  /** The handler is gone. */
  remove(handler: AioHandler): void {
    if (!handler.polled) return;
    handler.polled = false;
    this.polled = this.polled.filter((h) => h !== handler);
  }

  /**
   * Polls, if polling is on and the context may sleep. Returns whether a handler had an event;
   * `timeoutNs` is then the rest of the timeout.
   */
  tryPoll(ready: ReadyList, timeoutNs: number): boolean {
    this.timeoutNs = timeoutNs;
    if (this.polled.length === 0 || (this.pollNs === 0 && !this.#started)) return false;
    const maxNs = soonestTimeout(timeoutNs, this.pollNs);
    if (maxNs !== 0 && !this.owner.needWait()) {
      this.setStarted(ready, true);
      if (this.#run(ready, maxNs)) return true;
    }
    // Even if this round may not sleep: QEMU 7.2 leaves polling mode then.
    return this.leave(ready);
  }

  /** Leaves polling mode. Returns whether the last look found an event: then the round must not sleep. */
  protected leave(ready: ReadyList): boolean {
    if (!this.setStarted(ready, false)) return false;
    this.timeoutNs = 0;
    return true;
  }

  /** A wait for fds follows. Returns as leave, for a QEMU that polls until then. */
  beforeWait(_ready: ReadyList): boolean {
    return false;
  }

  /**
   * Tells the handlers that polling begins or ends. When it ends, polls once more, since an event
   * may have come in between; returns whether one had. QEMU: poll_set_started.
   */
  setStarted(ready: ReadyList, started: boolean): boolean {
    if (started === this.#started) return false;
    this.#started = started;
    let progress = false;
    for (const handler of this.polled) {
      if (!handler.polled) continue;
      if (started) handler.ioPollBegin?.(handler.opaque);
      else {
        handler.ioPollEnd?.(handler.opaque);
        if (handler.ioPoll!(handler.opaque)) {
          ready.addPollReady(handler);
          progress = true;
        }
      }
    }
    return progress;
  }

  /**
   * A main loop is about to sleep, which ends polling. Handlers found ready by the last look wait,
   * marked pollReady, for the next dispatch. QEMU: aio_prepare.
   */
  stopForSource(): void {
    if (!this.#started) return;
    this.setStarted(new ReadyList(), false);
  }

  /**
   * Appends the handlers that stopForSource left ready to the `count` in `to`. Returns the new
   * count.
   */
  collectReady(to: AioHandler[], count: number): number {
    let end = count;
    for (let i = 0; i < this.polled.length; i++) {
      const handler = this.polled[i]!;
      if (handler.pollReady && handler.revents === 0) to[end++] = handler;
    }
    return end;
  }

  /** Adapts pollNs to the duration of the last poll. @param _ready the events that it found */
  adjust(blockNs: number, _ready: ReadyList): void {
    const old = this.pollNs;
    if (blockNs <= old) return;
    if (blockNs > this.maxNs) {
      this.pollNs = this.shrink > 0 ? Math.floor(old / this.shrink) : 0;
      if (this.trace.on[T_SHRINK] !== 0) {
        this.trace.emit(T_SHRINK, this.owner.name, old, this.pollNs);
      }
    } else if (old < this.maxNs && blockNs < this.maxNs) {
      const next = old === 0 ? POLL_START_NS : old * (this.grow > 0 ? this.grow : DEFAULT_GROW);
      this.pollNs = Math.min(next, this.maxNs);
      if (this.trace.on[T_GROW] !== 0) this.trace.emit(T_GROW, this.owner.name, old, this.pollNs);
    }
  }

  /**
   * Adapts pollNs once the handlers have run, for a QEMU that does so then.
   * @param _fired the handlers that had an event, whether they are polled or not
   */
  settle(_blockNs: number, _fired: readonly AioHandler[]): void {}

  #run(ready: ReadyList, spinNs: number): boolean {
    let maxNs = spinNs;
    if (this.trace.on[T_BEGIN] !== 0) {
      this.trace.emit(T_BEGIN, this.owner.name, maxNs, this.timeoutNs);
    }
    const startNs = this.#clocks.nowNs(QEMU_CLOCK_REALTIME);
    let progress = false;
    let elapsedNs: number;
    do {
      progress = this.#once(ready, startNs);
      elapsedNs = this.#clocks.nowNs(QEMU_CLOCK_REALTIME) - startNs;
      maxNs = soonestTimeout(this.timeoutNs, maxNs);
    } while (elapsedNs < maxNs && !this.owner.needWait());
    if (this.#removeIdle(ready, startNs + elapsedNs)) {
      this.timeoutNs = 0;
      progress = true;
    }
    // The remaining sleep ends at the same time.
    if (this.timeoutNs !== -1) this.timeoutNs -= Math.min(this.timeoutNs, elapsedNs);
    if (this.trace.on[T_END] !== 0) {
      this.trace.emit(T_END, this.owner.name, progress ? 1 : 0, this.timeoutNs);
    }
    return progress;
  }

  /**
   * Asks each handler once. If the context's own notifier is set, that ends polling, but is not
   * progress.
   */
  #once(ready: ReadyList, nowNs: number): boolean {
    let progress = false;
    for (const handler of this.polled) {
      if (!handler.polled || this.owner.isHeldBack(handler)) continue;
      if (!handler.ioPoll!(handler.opaque)) continue;
      ready.addPollReady(handler);
      handler.pollIdleTimeoutNs = nowNs + POLL_IDLE_INTERVAL_NS;
      this.timeoutNs = 0;
      if (!handler.isOwnNotifier) progress = true;
    }
    return progress;
  }

  /** QEMU: remove_idle_poll_handlers. */
  #removeIdle(ready: ReadyList, nowNs: number): boolean {
    let progress = false;
    for (const handler of this.polled) {
      if (!handler.polled) continue;
      if (handler.pollIdleTimeoutNs === 0) {
        handler.pollIdleTimeoutNs = nowNs + POLL_IDLE_INTERVAL_NS;
      } else if (nowNs >= handler.pollIdleTimeoutNs) {
        if (this.trace.on[T_REMOVE] !== 0) {
          this.trace.emit(T_REMOVE, this.owner.name, handler.token, handler.fd);
        }
        handler.pollIdleTimeoutNs = 0;
        this.remove(handler);
        this.owner.stoppedPolling(handler);
        if (this.#started && handler.ioPollEnd !== null) {
          handler.ioPollEnd(handler.opaque);
          // An event may have come before the handler was told that polling ends.
          if (handler.ioPoll!(handler.opaque)) {
            ready.addPollReady(handler);
            progress = true;
          }
        }
      }
    }
    return progress;
  }
}
