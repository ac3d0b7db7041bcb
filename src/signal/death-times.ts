/** When the children died that are reaped now, as far as the loop's polls tell. */

/** Sleeps shorter than this do not show whether the loop was waiting when the child died. */
const SLEPT_NS = 100_000;

/** When the loop's last polls began and ended. MainLoop.pollTimes is one. */
export interface LoopTimes {
  wanted: number;
  readonly enterNs: number;
  readonly returnNs: number;
  readonly previousReturnNs: number;
}

export class DeathTimes {
  readonly #times: LoopTimes;
  /** When those that the next round reaps died; -1: not known yet. */
  #deathNs = -1;
  /** The child that died right then; 0 where #deathNs is a bound for all. */
  #diedThen = 0;

  constructor(times: LoopTimes) {
    this.#times = times;
  }

  /**
   * SIGCHLD has just been read, and names the child whose death sent it (0: none is
   * known). If the poll before it slept, that death has ended its sleep; otherwise it
   * came at some time since the poll before that one. Others that are reaped with it
   * have died since.
   */
  note(pid: number): void {
    if (this.#deathNs >= 0) return;
    const { enterNs, returnNs, previousReturnNs } = this.#times;
    const slept = returnNs - enterNs >= SLEPT_NS;
    this.#diedThen = slept ? pid : 0;
    if (slept) this.#deathNs = returnNs;
    else this.#deathNs = previousReturnNs > 0 ? previousReturnNs : enterNs;
  }

  /** The round is over: the next death is another. */
  forget(): void {
    this.#deathNs = -1;
  }

  /** ns from the death to then. */
  latencyNs(nowNs: number): number {
    return nowNs - this.#deathNs;
  }

  /** Whether that is only a bound for this child. */
  isBound(pid: number): boolean {
    return pid !== this.#diedThen;
  }
}
