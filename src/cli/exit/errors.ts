import { S_IFDIR } from '../../host/constants.ts';
import {
  E2BIG,
  EACCES,
  EAGAIN,
  EBADF,
  EIO,
  EISDIR,
  EMFILE,
  ENFILE,
  ENOENT,
  ENOEXEC,
  ENOMEM,
  ENOSYS,
  ENOTDIR,
  EPERM,
  EPIPE,
  ETXTBSY,
  errnoMessage,
  errnoName,
  HostError,
} from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
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
const HINTS: Readonly<Record<number, string>> = {
  [EMFILE]: 'raise the limit of open files (ulimit -n), or start fewer children at once',
  [ENFILE]: 'the whole system is out of open files: see fs.file-max',
  [ENOMEM]: 'no memory is left: end something, or raise the limit',
  [EPERM]: 'this is not permitted here: look for a seccomp filter or a missing capability',
  [ENOSYS]: 'the kernel has no such call, or a seccomp filter says so',
};

const SPAWN_HINTS: Readonly<Record<number, string>> = {
  ...HINTS,
  [EAGAIN]: "no more processes or threads: raise ulimit -u or the cgroup's pids.max",
  [ENOENT]: 'check the name and PATH',
  [EACCES]: 'make it executable (chmod +x), and look at the rights of its directories',
  [ENOEXEC]: 'it is not a program; a script needs a #! line: add one, or use --spawn',
  [ENOSYS]: 'children cannot be made so here: leave --kill-child and --ignore-signal out',
  [E2BIG]: 'the arguments and the environment are too long',
  [ETXTBSY]: 'somebody is writing it: try again later',
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

/** The error for a program that could not be started, with the status that shells use. */
export function spawnError(error: HostError, program: string, host: Host): CliError {
  const why = `${errnoMessage(error.errno)} (${errnoName(error.errno)})`;
  const isDirectory = error.errno === EACCES && isDirectoryAt(host, program);
  const hint = isDirectory
    ? 'it is a directory: name a program in it'
    : (SPAWN_HINTS[error.errno] ?? 'check the path');
  const message = `cannot run ${program}: ${why}: ${hint}`;
  if (error.errno === ENOENT) return new CliError(message, EXIT_NOT_FOUND);
  if (isShortage(error) || error.errno === ENOTDIR) return new CliError(message, EXIT_INTERNAL);
  return new CliError(message, EXIT_NOT_EXECUTABLE);
}

function isDirectoryAt(host: Host, path: string): boolean {
  const stat = host.alloc(STAT_SIZE);
  return host.stat(path, stat) === 0 && isKind(takeStat(stat), S_IFDIR);
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
