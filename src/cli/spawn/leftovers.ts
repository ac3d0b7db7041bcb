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
import { isProcOurs } from '../../host/linux/proc.ts';

/** kill(2)'s pid for all processes except us; for pid 1, all of its pid namespace. */
export const EVERYBODY = -1;

/**
 * Processes that we adopted when their own parents ended, and that must end too. There are none if
 * we adopt nobody.
 */
export class Leftovers {
  readonly #host: Host;
  readonly #adopts: boolean;
  /** Processes that were told to end. */
  readonly #told = new Set<number>();

  constructor(host: Host, adopts: boolean) {
    this.#host = host;
    this.#adopts = adopts;
  }

  /** Whether any is left, dead or alive. */
  get any(): boolean {
    if (!this.#adopts) return false;
    // Only -ECHILD means that there is none.
    return this.#host.waitid(P_ALL, 0, WEXITED | WNOHANG | WNOWAIT, newWaitResult()) >= 0;
  }

  /**
   * Tells the processes to end that were not told yet, and returns them; EVERYBODY if they cannot
   * be listed.
   */
  tell(): readonly number[] {
    const fresh = this.#pids().filter((pid) => !this.#told.has(pid));
    for (const pid of fresh) {
      this.#told.add(pid);
      this.#host.kill(pid, SIGTERM);
      // A stopped process could not end.
      this.#host.kill(pid, SIGCONT);
    }
    return fresh;
  }

  /** Sends SIGKILL to all of them; returns the same as tell. */
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
    // If /proc is another pid namespace's, its numbers would mean other processes.
    const unseen = this.#host.getpid() === 1 && !isProcOurs(this.#host.getpid());
    return unseen ? [EVERYBODY] : this.#host.children();
  }
}
