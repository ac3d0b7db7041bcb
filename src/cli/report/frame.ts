/** The machine at one moment, as plain data: what its drawing shows. */

/** A bottom half of a context. */
export interface HalfFrame {
  readonly name: string;
  readonly flags: number;
}

/** A context at one moment. */
export interface ContextFrame {
  readonly name: string;
  /** Null if it is not known. */
  readonly notifyMe: number | null;
  /** Null if it is not known. */
  readonly notified: boolean | null;
  /** Null if it is not known. */
  readonly kept: boolean | null;
  /** Detached slices, oldest first, by names in their order. */
  readonly slices: readonly (readonly string[])[];
  /** bh_list, the head first. */
  readonly list: readonly string[];
  readonly halves: readonly HalfFrame[];
  readonly fds: readonly FdFrame[];
}

export interface FdFrame {
  readonly fd: number;
  readonly name: string;
  /** The poll events it waits for, and those that hold. */
  readonly events: number;
  readonly ready: number;
  /** An eventfd's counter, or the bytes to read; 0 if it is not known. */
  readonly amount: number;
}

export interface TimerFrame {
  readonly name: string;
  readonly list: string;
  /** ns from now, below 0 if it is due; null if it is not known. */
  readonly inNs: number | null;
}

export interface ProcessFrame {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
}

/** A thread with its contexts. */
export interface ThreadFrame {
  readonly name: string;
  readonly contexts: readonly ContextFrame[];
  readonly timers: readonly TimerFrame[];
}

/** The whole machine after an event. */
export interface Frame {
  readonly nowNs: number;
  readonly mechanism: string;
  readonly processes: readonly ProcessFrame[];
  /** Signals that are pending in the kernel; null if it is not known. */
  readonly pending: readonly string[] | null;
  readonly threads: readonly ThreadFrame[];
}
