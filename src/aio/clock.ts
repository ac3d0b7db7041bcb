import { checkHost, checkInteger, shown } from '../host/arguments.ts';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../host/constants.ts';
import type { Host } from '../host/host.ts';

/**
 * QEMU's clocks. `realtime` always runs; `virtual` runs while the machine does;
 * `host` is the wall clock (a number of ns since 1970 is exact to 256 ns only);
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

/** A timer list, as a clock that starts to run tells it. */
export interface ClockListener {
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

  /** @throws TypeError where it is no Host */
  constructor(host: Host) {
    checkHost(host, 'Clocks');
    this.#host = host;
    this.#virtualBaseNs = host.clockNs(CLOCK_MONOTONIC);
  }

  /** The time of a clock in ns. QEMU: qemu_clock_get_ns. */
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

  /** Whether the clock runs, of QEMU_CLOCK_*. */
  isEnabled(type: number): boolean {
    return this.#enabled[type]!;
  }

  /**
   * Starts or stops a clock. The timers of a stopped clock neither run nor count
   * for a timeout; the virtual clock's time stands still as well. QEMU:
   * qemu_clock_enable, with cpu_enable_ticks and cpu_disable_ticks.
   * @throws TypeError, RangeError where it is no clock
   */
  enable(type: number, enabled: boolean): void {
    checkInteger(type, 'qemu_clock_enable: the clock', 0, this.#enabled.length - 1);
    if (typeof enabled !== 'boolean') {
      throw new TypeError(`qemu_clock_enable: ${shown(enabled)}: expected true or false`);
    }
    if (this.#enabled[type] === enabled) return;
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
