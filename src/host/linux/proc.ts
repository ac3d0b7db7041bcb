import { readFileSync } from 'node:fs';
import { isStatusOf, type ProcessStat, parseStat } from '../proc.ts';

/**
 * Whether /proc shows this process's own pid namespace. False too if it is not mounted, or cannot be
 * read.
 * @param pid the result of getpid
 */
export function isProcOurs(pid: number): boolean {
  return isStatusOf(textOf('self', 'status') ?? '', pid);
}

/** A process, for callers that know /proc to be ours; undefined if there is none. */
export function statInProc(pid: number): ProcessStat | undefined {
  const text = textOf(pid, 'stat');
  return text === undefined ? undefined : parseStat(text);
}

function textOf(folder: number | 'self', file: string): string | undefined {
  try {
    return readFileSync(`/proc/${folder}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
