import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import { QemuAbort } from './abort.ts';

/**
 * QEMU's clocks. `realtime` always runs; `virtual` runs while the machine does;
 * `host` is the wall clock, in ns since 1970;
 * `virtual_rt` is what QEMU uses for icount warps, and runs like realtime.
 */
export type ClockName = 'realtime' | 'virtual' | 'host' | 'virtual_rt';

/** QEMU: QEMUClockType. Timers are run in this order. */
export const QEMU_CLOCK_REALTIME = 0;
export const QEMU_CLOCK_VIRTUAL = 1;
export const QEMU_CLOCK_HOST = 2;
export const QEMU_CLOCK_VIRTUAL_RT = 3;
export const QEMU_CLOCK_MAX = 4;

export const CLOCK_NAMES: readonly ClockName[] = ['realtime', 'virtual', 'host', 'virtual_rt'];

/** Clock number by name. */
export function clockType(name: ClockName): number {
  return CLOCK_NAMES.indexOf(name);
}

// qemu_timer_new's scales: ns of one unit of a timer's time
export const SCALE_NS = 1;
export const SCALE_US = 1_000;
export const SCALE_MS = 1_000_000;

/** A timer list, as its clock sees it. */
export interface ClockListener {
  /** Whether its timers are being called. QEMU: timers_done_ev is not set. */
  readonly isRunning: boolean;
  /** The clock starts. */
  clockEnabled(): void;
}

/**
 * The four clocks of one machine: a main loop and its contexts share them. The
 * virtual clock starts stopped, as QEMU's before the machine runs.
 */
export class Clocks {
  readonly #host: Host;
  readonly #enabled = [true, false, true, true];
  readonly #listeners: ClockListener[][] = [[], [], [], []];
  /** Virtual time is this while stopped, and this plus monotonic time while it runs. */
  #virtualBaseNs: number;

  constructor(host: Host) {
    this.#host = host;
    this.#virtualBaseNs = host.clockNs(CLOCK_MONOTONIC);
  }

  /**
   * The time of a clock in ns. QEMU: qemu_clock_get_ns.
   *
   * A number tells that of the host clock to 256 ns only; restNs is what it leaves out.
   */
  nowNs(type: number): number {
    switch (type) {
      case QEMU_CLOCK_HOST:
        return this.#host.clockNs(CLOCK_REALTIME);
      case QEMU_CLOCK_VIRTUAL:
        if (!this.#enabled[QEMU_CLOCK_VIRTUAL]) return this.#virtualBaseNs;
        return this.#virtualBaseNs + this.#host.clockNs(CLOCK_MONOTONIC);
      default:
        return this.#host.clockNs(CLOCK_MONOTONIC);
    }
  }

  /**
   * What the nowNs right before left out, ns: the time is exactly the sum. So what is armed
   * for now, in a timer's callback, is later than that callback, as it is in QEMU.
   */
  restNs(type: number): number {
    return type === QEMU_CLOCK_HOST ? this.#host.clockRestNs : 0;
  }

  /** Whether the clock runs, of QEMU_CLOCK_*. */
  isEnabled(type: number): boolean {
    return this.#enabled[type]!;
  }

  /**
   * Starts or stops a clock. The timers of a stopped clock neither run nor count
   * for a timeout; the virtual clock's time stands still as well. QEMU:
   * qemu_clock_enable, with cpu_enable_ticks and cpu_disable_ticks.
   * @throws QemuAbort if a running clock is stopped in a callback of one of its own timers,
   *   or in a poll that such a callback makes; nothing is changed then. QEMU waits there for
   *   the timers of that clock to be done, for ever.
   */
  enable(type: number, enabled: boolean): void {
    if (this.#enabled[type] === enabled) return;
    if (!enabled && this.#listeners[type]!.some((listener) => listener.isRunning)) {
      const clock = CLOCK_NAMES[type]!;
      throw new QemuAbort(
        `qemu_clock_enable: the ${clock} clock is disabled in a callback of one of its own timers: ` +
          'it would wait for ever for that callback to end; disable it from a bottom half',
      );
    }
    if (type === QEMU_CLOCK_VIRTUAL) {
      const now = this.#host.clockNs(CLOCK_MONOTONIC);
      this.#virtualBaseNs += enabled ? -now : now;
    }
    this.#enabled[type] = enabled;
    if (enabled) for (const listener of this.#listeners[type]!) listener.clockEnabled();
  }

  /** Adds one that is told when the clock starts. @internal */
  listen(type: number, listener: ClockListener): void {
    this.#listeners[type]!.push(listener);
  }

  /** @internal */
  unlisten(type: number, listener: ClockListener): void {
    const listeners = this.#listeners[type]!;
    const at = listeners.indexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
  }
}

/** The sooner of two timeouts in ns, -1 being none. QEMU: qemu_soonest_timeout. */
export function soonestTimeout(a: number, b: number): number {
  if (a < 0) return b;
  if (b < 0) return a;
  return Math.min(a, b);
}
