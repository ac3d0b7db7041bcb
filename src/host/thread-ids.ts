import { existsSync, readdirSync } from 'node:fs';

const TASKS = '/proc/self/task';

/**
 * The ids of this process's threads in /proc, which may count other processes than getpid does: so they
 * are for `hasThread` only. Empty if there is no /proc.
 */
export function threadIds(): readonly string[] {
  try {
    return readdirSync(TASKS);
  } catch {
    return [];
  }
}

export function hasThread(id: string): boolean {
  return existsSync(`${TASKS}/${id}`);
}
