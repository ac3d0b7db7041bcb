import { SIGUSR1 } from '../../host/constants.ts';
import { newSigAction } from '../../host/host.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';

/**
 * On SIGUSR1 Node opens the port of its debugger, through which everybody on this machine can run
 * any code in the process. From now on SIGUSR1 acts as in any other program.
 */
export function keepDebuggerShut(): void {
  if (process.platform !== 'linux') return;
  const host = new LinuxHost();
  host.sigaction(SIGUSR1, newSigAction(), null);
  host.dispose();
}
