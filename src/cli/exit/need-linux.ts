import { CliError, EXIT_INTERNAL } from './errors.ts';

/** @throws CliError of one line if the real kernel is not Linux */
export function needLinux(): void {
  if (process.platform === 'linux') return;
  const message =
    `the real host needs Linux, and this is ${process.platform}: ` +
    'run (on the simulated host), check and report work here';
  throw new CliError(message, EXIT_INTERNAL);
}
