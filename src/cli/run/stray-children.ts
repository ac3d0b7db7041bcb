import { P_PID, PR_SET_CHILD_SUBREAPER, SIGKILL, WEXITED } from '../../host/constants.ts';
import { EPERM } from '../../host/errno.ts';
import { type Host, newWaitResult } from '../../host/host.ts';

/**
 * The real children of scenarios whose worker was killed. They have process groups of their own, so
 * Ctrl-C does not reach them; as a subreaper we adopt them.
 */
export class Orphans {
  readonly #host: Host;
  /** Children that were there before: somebody else's, to end and to reap. And those that we may not end. */
  readonly #others: Set<number>;

  constructor(host: Host) {
    this.#host = host;
    this.#others = new Set(this.#host.children());
    this.#host.prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

  /**
   * Ends all of them, and in turn the processes they leave behind.
   * @param workers workers that live, or that Node has yet to reap
   */
  end(workers: ReadonlySet<number>): void {
    const stays = (pid: number): boolean => workers.has(pid) || this.#others.has(pid);
    for (;;) {
      const pids = this.#host.children().filter((pid) => !stays(pid));
      if (pids.length === 0) return;
      for (const pid of pids) {
        this.#host.kill(-pid, SIGKILL);
        // A process that has become another user's would be waited for in vain.
        if (this.#host.kill(pid, SIGKILL) === -EPERM) this.#others.add(pid);
        else this.#host.waitid(P_PID, pid, WEXITED, newWaitResult());
      }
    }
  }
}
