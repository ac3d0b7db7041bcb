/** At the end a dead terminal on stdin, stdout or stderr is replaced, whatever the machine has. */

import { expect, it, vi } from 'vitest';
import { leave } from '../../../src/cli/exit/leave.ts';
import { O_RDWR } from '../../../src/host/constants.ts';
import { ENOENT } from '../../../src/host/errno.ts';
import { STAT_SIZE, takeStat } from '../../../src/host/file-stat.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** A minimal container. */
class WithoutNull extends SimHost {
  override open(path: string, flags: number, mode: number): number {
    if (path === '/dev/null') return -ENOENT;
    // The simulated kernel opens no directory; another device stands for it.
    return super.open(path === '/' ? '/dev/full' : path, flags, mode);
  }
}

it('by another file, if there is no /dev/null', () => {
  const host = new WithoutNull();
  // These devices are like a terminal that has hung up.
  for (const fd of [0, 1, 2]) host.close(fd);
  for (const fd of [0, 1, 2]) expect(host.open('/dev/zero', O_RDWR, 0)).toBe(fd);
  const stat = host.alloc(STAT_SIZE);
  host.fstat(1, stat);
  const before = takeStat(stat).rdev;
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  try {
    expect(() => leave(host, 3)).toThrow('exit');
    expect(exit).toHaveBeenCalledWith(3);
  } finally {
    exit.mockRestore();
  }
  for (const fd of [0, 1, 2]) {
    expect(host.fstat(fd, stat), `descriptor ${fd}`).toBe(0);
    expect(takeStat(stat).rdev).not.toBe(before);
  }
  host.dispose();
});
