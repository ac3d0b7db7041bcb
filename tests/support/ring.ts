import { LinuxHost } from '../../src/host/linux/linux-host.ts';

/** Whether this kernel allows io_uring. Containers often forbid it. */
export function hasRing(): boolean {
  const host = new LinuxHost();
  const ring = host.openPollRing(1);
  if (typeof ring !== 'number') ring.close();
  host.dispose();
  return typeof ring !== 'number';
}
