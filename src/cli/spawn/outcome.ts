import type { ChildEvent } from '../../signal/child-watch.ts';
import { type CliError, EXIT_TIMEOUT } from '../exit/errors.ts';
import { endText, shellStatus, verdict } from '../exit/exit-status.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Options } from './options.ts';

/** The ends of the children, and the exit status of the command. */
export class Outcome {
  /** An error that ends the command with a status of its own. */
  failure: CliError | null = null;
  timedOut = false;
  /** The exit status for children that were never started. */
  abandonedStatus = 125;
  readonly #options: Options;
  readonly #rows: readonly ChildRow[];
  /** By index, in order of end. */
  readonly #statuses = new Map<number, number>();

  constructor(options: Options, rows: readonly ChildRow[]) {
    this.#options = options;
    this.#rows = rows;
  }

  /** A child has ended, or the process whose later end counts as the child's. */
  ended(row: ChildRow, event: ChildEvent, nowNs: number): void {
    const { code, status, utimeNs, stimeNs, maxrssKiB } = event;
    Object.assign(row, { code, status, utimeNs, stimeNs, maxrssKiB });
    row.endNs = nowNs - event.latencyNs;
    const index = row.number - 1;
    this.#statuses.delete(index);
    this.#statuses.set(index, shellStatus(event));
  }

  /** The status, and the reason. */
  result(): { status: number; why: string } {
    const { jobs, success, okExit } = this.#options;
    if (this.failure !== null) return { status: this.failure.status, why: this.failure.message };
    if (this.timedOut) return { status: EXIT_TIMEOUT, why: 'the time of --timeout was up' };
    const statuses = jobs.map((_, i) => this.#statuses.get(i) ?? this.abandonedStatus);
    const order = new Set([...this.#statuses.keys(), ...statuses.keys()]);
    const { status, child } = verdict(statuses, [...order], success, okExit);
    if (child === undefined) return { status, why: 'all is well' };
    const row = this.#rows[child]!;
    const what = row.code === 0 ? 'was not started' : `ended with ${endText(row.code, row.status)}`;
    return { status, why: `[${row.number}] ${what}` };
  }
}
