/** waitid(2) with the child's resource usage, and the list of children. */

import { readdirSync, readFileSync } from 'node:fs';
import type { WaitResult } from '../host.ts';
import { c, result, SYS } from './libc.ts';
import { LinuxBuffer, word64 } from './memory.ts';
import { isProcOurs, statInProc } from './proc.ts';

// siginfo_t and struct rusage, in 32-bit words.
const INFO_CODE = 2;
const INFO_PID = 4;
const INFO_UID = 5;
const INFO_STATUS = 6;
const USAGE = 32;
const USAGE_STIME = USAGE + 4;
const USAGE_MAXRSS = USAGE + 8;
const USAGE_MINFLT = USAGE + 16;
const USAGE_MAJFLT = USAGE + 18;
const USAGE_NVCSW = USAGE + 32;
const USAGE_NIVCSW = USAGE + 34;
const BYTES = 128 + 144;

export class LinuxWait {
  readonly #memory = new LinuxBuffer(BYTES);

  /** Makes the system call itself: the C library's waitid has no rusage. */
  waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    const words = this.#memory.i32;
    const address = this.#memory.address;
    words[INFO_PID] = 0;
    const ret = result(c.syscall(SYS.waitid, idtype, id, address, options, address + USAGE * 4, 0));
    if (ret < 0 || words[INFO_PID] === 0) {
      clear(out);
      return ret;
    }
    out.pid = words[INFO_PID]!;
    out.uid = words[INFO_UID]! >>> 0;
    out.code = words[INFO_CODE]!;
    out.status = words[INFO_STATUS]!;
    out.utimeNs = timevalNs(words, USAGE);
    out.stimeNs = timevalNs(words, USAGE_STIME);
    out.maxrssKiB = word64(words, USAGE_MAXRSS);
    out.minflt = word64(words, USAGE_MINFLT);
    out.majflt = word64(words, USAGE_MAJFLT);
    out.nvcsw = word64(words, USAGE_NVCSW);
    out.nivcsw = word64(words, USAGE_NIVCSW);
    return ret;
  }
}

function clear(out: WaitResult): void {
  out.pid = 0;
  out.uid = 0;
  out.code = 0;
  out.status = 0;
  out.utimeNs = 0;
  out.stimeNs = 0;
  out.maxrssKiB = 0;
  out.minflt = 0;
  out.majflt = 0;
  out.nvcsw = 0;
  out.nivcsw = 0;
}

function timevalNs(words: Int32Array, i: number): number {
  return word64(words, i) * 1e9 + words[i + 2]! * 1e3;
}

/**
 * Direct children of this process, including zombies, ascending; empty if /proc is not ours, or
 * unreadable.
 */
export function childrenOf(pid: number): number[] {
  if (!isProcOurs(pid)) return [];
  try {
    return (childrenByTask() ?? childrenByScan(pid)).sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}

/**
 * A child belongs to the thread that started or adopted it; undefined if the kernel does not tell.
 */
function childrenByTask(): number[] | undefined {
  const pids: number[] = [];
  for (const tid of readdirSync('/proc/self/task')) {
    try {
      const text = readFileSync(`/proc/self/task/${tid}/children`, 'latin1');
      for (const word of text.split(' ')) if (word !== '') pids.push(Number(word));
    } catch (error) {
      // ENOENT: the thread has ended, or the kernel was built without CONFIG_PROC_CHILDREN.
      if (tid === String(process.pid)) return undefined;
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return pids;
}

function childrenByScan(parent: number): number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // undefined if the process ended in between.
    if (statInProc(Number(entry))?.ppid === parent) pids.push(Number(entry));
  }
  return pids;
}
