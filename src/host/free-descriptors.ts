import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { HostError } from './errno.ts';

/**
 * Finds out whether that many descriptors of this process are free, whichever kernel the loop runs on.
 * @param what the call that needs them, for the error
 * @throws HostError
 */
export function checkFreeDescriptors(count: number, what: string): void {
  const fds: number[] = [];
  try {
    while (fds.length < count) fds.push(openSync(devNull, 'r'));
  } catch (error) {
    const { code, errno = 0 } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') throw new HostError(errno, what);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
