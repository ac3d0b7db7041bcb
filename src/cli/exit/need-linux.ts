import type { Host } from '../../host/host.ts';
import { CliError, EXIT_INTERNAL } from './errors.ts';

/**
 * The process's own host.
 * @throws CliError of one line if there is none, since this is not Linux
 */
export function needLinux(host: Host | null): Host {
  if (host !== null) return host;
  const message =
    `the real host needs Linux, and this is ${process.platform}: ` +
    'run (on the simulated host), check and report work here';
  throw new CliError(message, EXIT_INTERNAL);
}
