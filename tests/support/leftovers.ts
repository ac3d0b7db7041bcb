/** Finds what a run of the tests has left behind: files, and processes that nobody waits for. */

import { readdirSync, readFileSync } from 'node:fs';
import { statInProc } from '../../src/host/linux/proc.ts';

/** How long killed processes may take to be gone. */
const PATIENCE_MS = 20_000;

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // It has ended, or is another user's.
    return '';
  }
}

function isBelowUs(pid: number): boolean {
  for (let at = pid; at > 1; at = statInProc(at)?.ppid ?? 0) if (at === process.pid) return true;
  return false;
}

/** Living processes with this `NAME=value` in their environment that no longer descend from us. */
function strays(variable: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && read(`/proc/${pid}/environ`).split('\0').includes(variable))
    .filter((pid) => !['Z', 'X', undefined].includes(statInProc(pid)?.state) && !isBelowUs(pid));
}

/** Ends it, as the machine should not keep it. Returns its line. */
function ended(pid: number): string {
  const line = `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
  return line;
}

/** The files in the tests' temporary directory, and the processes that were started with it: these end. */
export async function leftovers(dir: string): Promise<string[]> {
  const variable = `TMPDIR=${dir}`;
  let processes = strays(variable);
  for (const end = Date.now() + PATIENCE_MS; processes.length > 0 && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    processes = strays(variable);
  }
  return [...processes.map(ended), ...readdirSync(dir).map((name) => `file ${dir}/${name}`)];
}
