import { checkHost, checkInteger, shown } from '../host/arguments.ts';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../host/constants.ts';
import type { Host } from '../host/host.ts';
import { QemuAbort } from './abort.ts';

/**
 * QEMU's clocks. `realtime` always runs; `virtual` runs while the machine does; `host` is the wall
 * clock, in ns since 1970; `virtual_rt` is the clock that QEMU uses for icount warps, and runs like
 * realtime.
 */
export type ClockName = 'realtime' | 'virtual' | 'host' | 'virtual_rt';

/** Timers run in the order of these numbers. */
export const QEMU_CLOCK_REALTIME = 0;
/** Stopped at first: its timers fire only after `clocks.enable(QEMU_CLOCK_VIRTUAL, true)`, or Vm.start. */
export const QEMU_CLOCK_VIRTUAL = 1;
export const QEMU_CLOCK_HOST = 2;
export const QEMU_CLOCK_VIRTUAL_RT = 3;
export const QEMU_CLOCK_MAX = 4;

/** QEMU: QEMUClockType. */
export type QEMUClockType =
  | typeof QEMU_CLOCK_REALTIME
  | typeof QEMU_CLOCK_VIRTUAL
  | typeof QEMU_CLOCK_HOST
  | typeof QEMU_CLOCK_VIRTUAL_RT;

export const CLOCK_NAMES: readonly ClockName[] = ['realtime', 'virtual', 'host', 'virtual_rt'];

/** Clock number by name. */
export function clockType(name: ClockName): QEMUClockType {
  return CLOCK_NAMES.indexOf(name) as QEMUClockType;
}

// The scales of qemu_timer_new: ns per unit of a timer's time
export const SCALE_NS = 1;
export const SCALE_US = 1_000;
export const SCALE_MS = 1_000_000;

/** A timer list, as seen by its clock. */
export interface ClockListener {
  /** Whether its timers are being called right now. QEMU: timers_done_ev is not set. */
  readonly isRunning: boolean;
  /** Called when the clock starts. */
  clockEnabled(): void;
}

/** The virtual clock of a machine whose threads share it: see MachineState. */
export interface SharedClock {
  readonly enabled: boolean;
  /** Its time, while CLOCK_MONOTONIC is monotonicNs. */
  nowNs(monotonicNs: number): number;
  /** Starts or stops it. Blocks until no thread calls timers of a stopped clock. */
  set(enabled: boolean, monotonicNs: number): void;
  /** This thread is about to call timers of the clock, until end. Returns false if it is stopped. */
  begin(): boolean;
  end(): void;
}

/**
 * The four clocks of one machine, shared by a main loop and its contexts. The virtual clock is
 * stopped at first, as QEMU's is before the machine runs.
 */
export class Clocks {
  /** @internal */
  readonly host: Host;
  readonly #enabled = [true, false, true, true];
  readonly #listeners: ClockListener[][] = [[], [], [], []];
  /** Virtual time while the clock is stopped; while it runs, the difference to monotonic time. */
  #virtualBaseNs: number;
  /** The virtual clock of all threads; null if this is the only one. @internal */
  shared: SharedClock | null = null;

  /** @throws TypeError if it is not a Host */
  constructor(host: Host) {
    checkHost(host, 'Clocks');
    this.host = host;
    this.#virtualBaseNs = host.clockNs(CLOCK_MONOTONIC);
  }

  /**
   * The time of a clock in ns. QEMU: qemu_clock_get_ns.
   *
   * For the host clock a number is exact only to 256 ns; restNs gives the remainder.
   */
  nowNs(type: number): number {
    switch (type) {
      case QEMU_CLOCK_HOST:
        return this.host.clockNs(CLOCK_REALTIME);
      case QEMU_CLOCK_VIRTUAL:
        if (this.shared !== null) return this.shared.nowNs(this.host.clockNs(CLOCK_MONOTONIC));
        if (!this.#enabled[QEMU_CLOCK_VIRTUAL]) return this.#virtualBaseNs;
        return this.#virtualBaseNs + this.host.clockNs(CLOCK_MONOTONIC);
      default:
        return this.host.clockNs(CLOCK_MONOTONIC);
    }
  }

  /**
   * The part that the nowNs call right before left out, ns: the exact time is the sum of both. A
   * timer that its own callback arms for now is therefore later than that callback, as in QEMU.
   */
  restNs(type: number): number {
    return type === QEMU_CLOCK_HOST ? this.host.clockRestNs : 0;
  }

  /** Whether a clock, a QEMU_CLOCK_*, runs. */
  isEnabled(type: number): boolean {
    if (type === QEMU_CLOCK_VIRTUAL && this.shared !== null) return this.shared.enabled;
    const enabled = typeof type === 'number' ? this.#enabled[type] : undefined;
    if (enabled === undefined) checkInteger(type, 'Clocks: the clock', 0, QEMU_CLOCK_MAX - 1);
    return enabled!;
  }

  /**
   * Starts or stops a clock. The timers of a stopped clock do not run, nor count for a timeout; the
   * virtual clock's time stands still as well. QEMU: qemu_clock_enable, with cpu_enable_ticks and
   * cpu_disable_ticks.
   * @throws TypeError, RangeError if it is not a clock; QemuAbort if a running clock is stopped in
   *   a callback of one of its own timers, or in a poll that such a callback makes; nothing is
   *   changed then. QEMU would wait there for ever, until the clock's timers are done.
   */
  enable(type: number, enabled: boolean): void {
    checkInteger(type, 'qemu_clock_enable: the clock', 0, this.#enabled.length - 1);
    if (typeof enabled !== 'boolean') {
      throw new TypeError(`qemu_clock_enable: ${shown(enabled)}: expected true or false`);
    }
    if (this.isEnabled(type) === enabled) return;
    if (!enabled && this.#listeners[type]!.some((listener) => listener.isRunning)) {
      const clock = CLOCK_NAMES[type]!;
      throw new QemuAbort(
        `qemu_clock_enable: the ${clock} clock is disabled in a callback of one of its own timers: ` +
          'it would wait for ever for that callback to end; disable it from a bottom half',
      );
    }
    if (type === QEMU_CLOCK_VIRTUAL) {
      const now = this.host.clockNs(CLOCK_MONOTONIC);
      this.shared?.set(enabled, now);
      this.#virtualBaseNs += enabled ? -now : now;
    }
    this.#enabled[type] = enabled;
    if (enabled) for (const listener of this.#listeners[type]!) listener.clockEnabled();
  }

  /** Shares the virtual clock with other threads, which know it as it is now. @internal */
  share(shared: SharedClock & { begins(enabled: boolean, baseNs: number): void }): void {
    shared.begins(this.#enabled[QEMU_CLOCK_VIRTUAL]!, this.#virtualBaseNs);
    this.shared = shared;
  }

  /** Adds a listener that is called when the clock starts. @internal */
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

/** The sooner of two timeouts in ns; -1 means none. QEMU: qemu_soonest_timeout. */
export function soonestTimeout(a: number, b: number): number {
  if (a < 0) return b;
  if (b < 0) return a;
  return Math.min(a, b);
}
