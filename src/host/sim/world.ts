/** The outside world of a simulated host: its start, and what a test can see of it. */
import { aNumber, anything, type Shape } from '../shape.ts';
import type { Choices } from './choices.ts';
import { SimEvent } from './event-queue.ts';
import type { ProcessState } from './process.ts';
import type { ThreadChannels } from './threads/ports.ts';

/** CLOCK_MONOTONIC and CLOCK_REALTIME at the start, in ns. */
export const START_NS = 1e12;
export const REALTIME_START_NS = 1.6e18;

/** The start of a simulated host. */
export interface SimHostOptions {
  /** The seed of host.random(). */
  readonly seed?: number | undefined;
  /** Decide what is left open, in place of the seed. */
  readonly choices?: Choices | undefined;
  /** CLOCK_MONOTONIC at the start. */
  readonly startNs?: number | undefined;
  /** CLOCK_REALTIME at the start. */
  readonly realtimeNs?: number | undefined;
  /** Lets newThread make threads. `SimHost` of `qemu-loop` has those of node:worker_threads. */
  readonly channels?: ThreadChannels | undefined;
}

export const SIM_OPTIONS: Shape<SimHostOptions> = {
  seed: aNumber,
  choices: anything,
  startNs: aNumber,
  realtimeNs: aNumber,
  channels: anything,
};

/** A process as a test or a scenario sees it. */
export interface SimProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly state: ProcessState;
}

/** An entry of a timeline. */
export class WorldEvent extends SimEvent {
  readonly #act: () => void;
  constructor(act: () => void) {
    super();
    this.#act = act;
  }
  override fire(): void {
    this.#act();
  }
}
