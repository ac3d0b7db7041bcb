/** A child's writes to its stdout, and its wait for room there. */
import { O_NONBLOCK, O_RDONLY } from '../constants.ts';
import { EAGAIN, EPIPE } from '../errno.ts';
import type { Process } from './process.ts';

const ACCESS_MODE = 3;

/**
 * Writes the rest of a process's output. Returns 0 if that is done, or failed for good; -EPIPE; or
 * -EAGAIN, and then the process is woken when there may be room.
 */
export function writeOutput(process: Process): number {
  stopWaiting(process);
  const { output } = process.program;
  const stdout = process.files[1];
  if (stdout === undefined || (stdout.flags & ACCESS_MODE) === O_RDONLY) return 0;
  while (process.written < output.size) {
    const n = stdout.node.write(stdout, output, process.written, output.size - process.written);
    if (n === -EPIPE) return -EPIPE;
    if (n === -EAGAIN && (stdout.flags & O_NONBLOCK) === 0) {
      stdout.watchers.push(process);
      return -EAGAIN;
    }
    if (n < 0) return 0;
    process.written += n;
  }
  return 0;
}

/** Leaves the wait queue of stdout, if it is in it. */
export function stopWaiting(process: Process): void {
  const watchers = process.files[1]?.watchers;
  const at = watchers?.indexOf(process) ?? -1;
  if (at >= 0) watchers!.splice(at, 1);
}
