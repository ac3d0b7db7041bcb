/** The error for a program that could not be started. */

import { O_CLOEXEC, O_RDONLY, S_IFDIR, S_IFREG } from '../../host/constants.ts';
import {
  E2BIG,
  EACCES,
  EAGAIN,
  ENOENT,
  ENOEXEC,
  ENOSYS,
  ENOTDIR,
  ETXTBSY,
  errnoMessage,
  errnoName,
  type HostError,
} from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
import {
  CliError,
  EXIT_INTERNAL,
  EXIT_NOT_EXECUTABLE,
  EXIT_NOT_FOUND,
  HINTS,
  isShortage,
} from './errors.ts';

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

/** The program that runs a command of --spawn; its author need not know of it. */
const SHELL = '/bin/sh';
const NO_SHELL =
  'there is no shell here, which --spawn needs: write -- PROG ARG… to run one program';

/** Longer first lines are cut off by the kernel. */
const FIRST_LINE = 256;

/** With the status that shells use. */
export function spawnError(error: HostError, program: string, host: Host): CliError {
  const why = `${errnoMessage(error.errno)} (${errnoName(error.errno)})`;
  const hint = hintFor(error.errno, program, host) ?? SPAWN_HINTS[error.errno] ?? 'check the path';
  const message = `cannot run ${program === '' ? "''" : program}: ${why}: ${hint}`;
  if (error.errno === ENOENT) return new CliError(message, EXIT_NOT_FOUND);
  if (isShortage(error) || error.errno === ENOTDIR) return new CliError(message, EXIT_INTERNAL);
  return new CliError(message, EXIT_NOT_EXECUTABLE);
}

/** Advice for this program only. */
function hintFor(errno: number, program: string, host: Host): string | undefined {
  if (program === '') return 'its name is empty';
  if (errno === EACCES && isAt(host, program, S_IFDIR)) {
    return 'it is a directory: name a program in it';
  }
  // A name without a slash was looked for in PATH.
  if (errno !== ENOENT || !program.includes('/')) return;
  if (!isAt(host, program, S_IFREG)) return program === SHELL ? NO_SHELL : undefined;
  const line = firstLine(host, program);
  if (!line.startsWith('#!')) return 'it is there, but not the loader that it names';
  if (line.endsWith('\r')) return 'its first line ends in a carriage return: save it without';
  return `it is there, but not the interpreter of its first line, ${line}`;
}

function isAt(host: Host, path: string, kind: number): boolean {
  const stat = host.alloc(STAT_SIZE);
  return host.stat(path, stat) === 0 && isKind(takeStat(stat), kind);
}

function firstLine(host: Host, path: string): string {
  const fd = host.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return '';
  const buf = host.alloc(FIRST_LINE);
  const n = host.read(fd, buf, 0, FIRST_LINE);
  host.close(fd);
  return new TextDecoder().decode(buf.u8.slice(0, Math.max(n, 0))).split('\n')[0]!;
}
