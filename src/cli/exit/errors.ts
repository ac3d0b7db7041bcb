import {
  EACCES,
  EAGAIN,
  EBADF,
  EIO,
  EISDIR,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOMEM,
  ENOSYS,
  EPERM,
  EPIPE,
  errnoMessage,
  errnoName,
  HostError,
} from '../../host/errno.ts';
import { BLOCKING_SIGNALS, NO_PROC } from '../../signal/names.ts';

/** Exit statuses of qemu-loop itself; all others are the children's. */
export const EXIT_USAGE = 2;
export const EXIT_TIMEOUT = 124;
export const EXIT_INTERNAL = 125;
export const EXIT_NOT_EXECUTABLE = 126;
export const EXIT_NOT_FOUND = 127;
/** The status that shells use if a person ends a program with Ctrl-C. */
export const EXIT_LEFT = 130;

/** An error that ends the command: one line for a person, and an exit status. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Advice for an errno, whichever call failed. */
export const HINTS: Readonly<Record<number, string>> = {
  [EMFILE]: 'raise the limit of open files (ulimit -n), or start fewer children at once',
  [ENFILE]: 'the whole system is out of open files: see fs.file-max',
  [ENOMEM]: 'no memory is left: end something, or raise the limit',
  [EPERM]: 'this is not permitted here: look for a seccomp filter or a missing capability',
  [ENOSYS]: 'the kernel has no such call, or a seccomp filter says so',
};

/** Advice for calls that open a file. */
const PATH_HINTS: Readonly<Record<number, string>> = {
  [ENOENT]: 'make its directory first, or check the path',
  [EACCES]: 'look at the rights of the file and of its directories',
  [EISDIR]: 'name a file in it',
};

/** One line about a failed host call: what, why, and what to do. */
export function describeHostError(error: HostError): string {
  const hint = hintFor(error) ?? HINTS[error.errno];
  const what = `${error.syscall}: ${errnoMessage(error.errno)} (${errnoName(error.errno)})`;
  return hint === undefined ? what : `${what}: ${hint}`;
}

/** Advice for that call only. */
function hintFor({ errno, syscall }: HostError): string | undefined {
  if (syscall === BLOCKING_SIGNALS && errno === EAGAIN) {
    return 'a thread did not answer in time: try again, or leave --sigfd native out';
  }
  if (syscall === BLOCKING_SIGNALS && errno === ENOSYS) {
    return `${NO_PROC}: mount it, or leave --sigfd native out`;
  }
  if (syscall === 'uv_cwd') return 'the working directory is gone: change to another';
  return /^(--|open|mkdir)/.test(syscall) ? PATH_HINTS[errno] : undefined;
}

/**
 * Whether a write failed because nobody reads: a closed pipe, a terminal that has hung up, no open
 * file. A reader that has gone away does not want to know.
 * @param errno negative, as hosts and Node return it
 */
export function isUnread(errno: number): boolean {
  return [-EPIPE, -EIO, -EBADF].includes(errno);
}

/** Whether starting a child failed for lack of a resource that others release when they end. */
export function isShortage(error: HostError): boolean {
  return [EAGAIN, EMFILE, ENFILE, ENOMEM].includes(error.errno);
}

/** Turns any thrown value into a CliError. */
export function asCliError(error: unknown): CliError {
  if (isCliError(error)) return error;
  if (error instanceof HostError) return new CliError(describeHostError(error), EXIT_INTERNAL);
  if (isSystemError(error)) return asCliError(new HostError(error.errno, error.syscall));
  const text = error instanceof Error ? error.message : String(error);
  return new CliError(text.split('\n').join('; '), EXIT_INTERNAL);
}

/** The reason why a file could not be read or written, in the words of all other errors. */
export function whyOf(error: unknown): string {
  if (isSystemError(error)) return `${errnoMessage(error.errno)} (${errnoName(error.errno)})`;
  return error instanceof Error ? error.message : String(error);
}

/** An error of Node's own calls; its errno is negative. */
function isSystemError(error: unknown): error is { errno: number; syscall: string } {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

/** Checks the name, since each of the command's bundles has its own copy of the class. */
function isCliError(error: unknown): error is CliError {
  return error instanceof Error && error.name === 'CliError';
}
