/** Results of runs that made no step. */

import { EDEADLK, ENOSYS, HostError } from '../../host/errno.ts';
import { BLOCKING_SIGNALS, NO_PROC } from '../../signal/names.ts';
import type { Scenario } from '../model.ts';
import type { Failure } from './judge.ts';

/** The rest of a result if no step was made. */
export const NOTHING_RAN = {
  needs: null,
  notes: [],
  order: [],
  iterations: 0,
  elapsedNs: 0,
  abort: null,
  version: null,
  trace: null,
} as const;

interface NotRun extends Readonly<typeof NOTHING_RAN> {
  readonly file: string;
  readonly name: string;
  readonly host: 'sim' | 'linux';
  readonly seed: number;
  readonly status: 2 | 3;
  readonly failures: readonly Failure[];
}

/** @param status 2 if the file cannot run on this host, 3 if the emulator itself failed */
export function notRun(
  { file, name }: Scenario,
  host: 'sim' | 'linux',
  seed: number,
  status: 2 | 3,
  message: string,
): NotRun {
  const failures: Failure[] = [{ kind: status === 2 ? 'refused' : 'error', message, at: null }];
  return { ...NOTHING_RAN, file, name, host, seed, status, failures };
}

/**
 * The line for a kernel that does not let the objects of a file be made: there is no /proc, or a
 * seccomp filter denies a call. Null for any other error.
 */
export function forbiddenText(error: unknown): string | null {
  if (!(error instanceof HostError) || error.errno === EDEADLK) return null;
  const { syscall, errno } = error;
  if (syscall !== BLOCKING_SIGNALS || errno !== ENOSYS) return error.message;
  return `${syscall}: ${NO_PROC}: mount it`;
}
