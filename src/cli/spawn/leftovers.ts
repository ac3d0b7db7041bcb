import {
  P_ALL,
  SIGCONT,
  SIGKILL,
  SIGTERM,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { type Host, newWaitResult } from '../../host/host.ts';
import { procIsOurs } from '../../host/linux/proc.ts';
import { count } from '../text/units.ts';

/** As kill(2) has it: all processes but us; for pid 1 all of its pid namespace. */
const EVERYBODY = -1;

/**
 * Processes that came to us when their own parents had ended, and that are to end
 * too. Where we adopt nobody there are none.
 */
export class Leftovers {
  readonly #host: Host;
  readonly #adopts: boolean;
  /** Those that were told to end. */
  readonly #told = new Set<number>();

  constructor(host: Host, adopts: boolean) {
    this.#host = host;
    this.#adopts = adopts;
  }

  /** Whether any is left, dead or alive. */
  get any(): boolean {
    if (!this.#adopts) return false;
    // -ECHILD, and no other answer, says that there is none.
    return this.#host.waitid(P_ALL, 0, WEXITED | WNOHANG | WNOWAIT, newWaitResult()) >= 0;
  }

  /** Tells those to end that were not told yet, and returns them; EVERYBODY where they cannot be listed. */
  tell(): readonly number[] {
    const fresh = this.#pids().filter((pid) => !this.#told.has(pid));
    for (const pid of fresh) {
      this.#told.add(pid);
      this.#host.kill(pid, SIGTERM);
      // One that is stopped could not end.
      this.#host.kill(pid, SIGCONT);
    }
    return fresh;
  }

  /** SIGKILL to all there are now, who are returned as by tell. */
  kill(): readonly number[] {
    const pids = this.#pids();
    for (const pid of pids) this.#host.kill(pid, SIGKILL);
    return pids;
  }

  ended(pid: number): void {
    this.#told.delete(pid);
  }

  #pids(): readonly number[] {
    if (!this.#adopts) return [];
    // Where /proc is another pid namespace's, its numbers would be other processes.
    const unseen = this.#host.getpid() === 1 && !procIsOurs();
    return unseen ? [EVERYBODY] : this.#host.children();
  }
}

/** `2 processes`, for a person. */
export function processes(pids: readonly number[]): string {
  return pids.includes(EVERYBODY) ? 'all processes' : count(pids.length, 'process', 'processes');
}
