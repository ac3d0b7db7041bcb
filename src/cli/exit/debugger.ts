import { SIGUSR1 } from '../../host/constants.ts';
import { type Host, newSigAction } from '../../host/host.ts';

/**
 * On SIGUSR1 Node opens the port of its debugger, through which everybody on this machine can run
 * any code in the process. From now on SIGUSR1 acts as in any other program.
 */
export function keepDebuggerShut(host: Host | null): void {
  host?.sigaction(SIGUSR1, newSigAction(), null);
}
