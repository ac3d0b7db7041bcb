/** Process groups and sessions. */
import { EACCES, EINVAL, EPERM, ESRCH } from '../errno.ts';
import type { Process } from './process.ts';

export class ProcessGroups {
  readonly #members = new Map<number, Set<Process>>();

  /** The members of a group, including zombies that are not reaped yet. */
  members(pgid: number): Iterable<Process> {
    return this.#members.get(pgid) ?? [];
  }

  exists(pgid: number): boolean {
    return this.#members.has(pgid);
  }

  add(process: Process): void {
    const group = this.#members.get(process.pgid);
    if (group === undefined) this.#members.set(process.pgid, new Set([process]));
    else group.add(process);
  }

  remove(process: Process): void {
    const group = this.#members.get(process.pgid);
    group?.delete(process);
    if (group?.size === 0) this.#members.delete(process.pgid);
  }

  move(process: Process, pgid: number): void {
    this.remove(process);
    process.pgid = pgid;
    this.add(process);
  }

  inSession(pgid: number, sid: number): boolean {
    for (const member of this.members(pgid)) if (member.sid === sid) return true;
    return false;
  }

  /** setpgid(2) by self. A spawned child has called exec, so its group cannot be changed. */
  setpgid(self: Process, target: Process | undefined, pgid: number): number {
    if (pgid < 0) return -EINVAL;
    if (target === undefined || (target !== self && target.parent !== self)) return -ESRCH;
    if (target !== self) return target.sid === self.sid ? -EACCES : -EPERM;
    if (target.sid === target.pid) return -EPERM;
    const group = pgid === 0 ? target.pid : pgid;
    if (group !== target.pid && !this.inSession(group, target.sid)) return -EPERM;
    this.move(target, group);
    return 0;
  }

  /**
   * Whether no living member has a parent in another group of the session, who could continue it.
   */
  isOrphaned(pgid: number): boolean {
    for (const { alive, parent, sid } of this.members(pgid)) {
      if (!alive || parent === null || parent.pid === 1) continue;
      if (parent.pgid !== pgid && parent.sid === sid) return false;
    }
    return true;
  }

  /**
   * The processes to send SIGHUP and SIGCONT when a process ends (by now a zombie that still has
   * its children): the members of groups that its end leaves orphaned with a stopped member.
   */
  leftStopped(process: Process): Process[] {
    const left: Process[] = [];
    const { parent, pgid, sid } = process;
    if (parent !== null && parent.pgid !== pgid && parent.sid === sid) this.#collect(pgid, left);
    for (const child of process.children.values()) {
      if (child.pgid !== pgid && child.sid === sid) this.#collect(child.pgid, left);
    }
    return left;
  }

  #collect(pgid: number, out: Process[]): void {
    const members = [...this.members(pgid)];
    if (!members.some(({ state }) => state === 'stopped') || !this.isOrphaned(pgid)) return;
    out.push(...members.filter(({ alive }) => alive));
  }
}
