import type { Host } from '../../host/host.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';

/**
 * The kernel as the command itself sees it. Each process of the command makes one, and hands it
 * down, so that all its calls can be seen in one place. Null on another system than Linux: what
 * needs no real kernel works there.
 * @throws HostError (ENOSYS) on a machine that is not known
 */
export function ownHost(): Host | null {
  return process.platform === 'linux' ? new LinuxHost() : null;
}
