/** The times of death of the children being reaped, as far as the loop's polls show. */

/** Sleeps shorter than this do not show whether the loop was waiting when the child died. */
const SLEPT_NS = 100_000;

/** Start and end of the loop's last polls. MainLoop.pollTimes is one. */
export interface LoopTimes {
  wanted: number;
  readonly enterNs: number;
  readonly returnNs: number;
  readonly previousReturnNs: number;
}

export class DeathTimes {
  readonly #times: LoopTimes;
  /** Time of death of the children that the next round reaps; -1: not known yet. */
  #deathNs = -1;
  /** The child that died at exactly that time; 0 if #deathNs is a bound for all. */
  #diedThen = 0;

  constructor(times: LoopTimes) {
    this.#times = times;
  }

  /**
   * A SIGCHLD has just been read. It names the child whose death sent it, or 0. If the poll before
   * it slept, that death ended the sleep; otherwise it came at some time since the poll before
   * that. Others reaped with it have died since.
   */
  note(pid: number): void {
    if (this.#deathNs >= 0) return;
    const { enterNs, returnNs, previousReturnNs } = this.#times;
    const slept = returnNs - enterNs >= SLEPT_NS;
    this.#diedThen = slept ? pid : 0;
    if (slept) this.#deathNs = returnNs;
    else this.#deathNs = previousReturnNs > 0 ? previousReturnNs : enterNs;
  }

  /** The round is over: the next death is another one. */
  forget(): void {
    this.#deathNs = -1;
  }

  /** ns from the death until nowNs. */
  latencyNs(nowNs: number): number {
    return nowNs - this.#deathNs;
  }

  /** Whether the latency is only an upper bound for this child. */
  isBound(pid: number): boolean {
    return pid !== this.#diedThen;
  }
}
