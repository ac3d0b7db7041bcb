/** The command under a seccomp filter, and its allowed outcomes. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with package.json: the fuzzer bundles this file into another folder. */
function findRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findRoot(dirname(from));
}

const root = findRoot(import.meta.dirname);
const command = join(root, 'dist', 'qemu-loop.cjs');
export const preload = join(root, 'tests', 'support', 'deny.cjs');
/** A command that takes longer hangs: those that hung took seconds, or for ever. */
const HANGS_MS = 20_000;

/**
 * Each call that the command's host makes, and how the command may end if the call is denied.
 * `works`: as usual, since there is another way, or the call was not needed. `line`: with one line
 * of that pattern, and status 125; or 126 if it was the child that could not make the call.
 */
export interface Denied {
  /** One call, or several that stand in for each other, with a + between them. */
  readonly calls: string;
  readonly works?: boolean;
  readonly line?: RegExp;
}

const RUN = /cannot run \/bin\/sh/;

export const DENIED: readonly Denied[] = [
  { calls: 'access', works: true },
  { calls: 'clone', works: true, line: RUN },
  { calls: 'clone+vfork', line: RUN, works: true },
  { calls: 'dup3', works: true, line: RUN },
  { calls: 'epoll_create1', works: true, line: /catching signals/ },
  { calls: 'epoll_pwait2', works: true },
  { calls: 'epoll_wait', works: true },
  { calls: 'epoll_wait+epoll_pwait2', works: true },
  { calls: 'eventfd2', works: true, line: /eventfd/ },
  { calls: 'execve', line: RUN },
  { calls: 'getdents64', works: true, line: /blocking signals/ },
  { calls: 'getpgid', works: true },
  { calls: 'getppid', works: true },
  { calls: 'gettid', works: true },
  { calls: 'ioctl', works: true },
  { calls: 'kill', works: true },
  { calls: 'nanosleep+clock_nanosleep', works: true },
  { calls: 'pidfd_open', works: true },
  { calls: 'pipe2', works: true, line: /pipe|cannot run/ },
  { calls: 'poll', works: true, line: /: poll:/ },
  { calls: 'poll+ppoll', line: /: poll:/ },
  { calls: 'poll+ppoll+epoll_wait+epoll_pwait2', line: /: poll:/ },
  { calls: 'ppoll', works: true },
  { calls: 'prctl', works: true, line: /prctl PR_SET_/ },
  { calls: 'rt_sigaction', line: /sigaction|blocking signals/ },
  { calls: 'rt_sigpending', works: true },
  { calls: 'rt_sigqueueinfo', works: true },
  { calls: 'setpgid', works: true, line: RUN },
  { calls: 'setsid', works: true },
  { calls: 'signalfd4', works: true, line: /signalfd/ },
  { calls: 'tgkill', works: true, line: /blocking signals/ },
  { calls: 'waitid', line: /waitid/ },
];

/** Errors that filters return, and that the kernel may return. */
export const ERRNOS = ['EPERM', 'ENOSYS', 'EACCES', 'EAGAIN', 'ENOMEM', 'EINVAL', 'EBADF', 'EIO'];

/** Options with which the command makes different calls. */
export const WAYS: readonly (readonly string[])[] = [
  [],
  ['--sigfd', 'compat'],
  ['--sigfd', 'native'],
  ['--prefix', '--group', '--subreaper'],
];

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

export async function runDenied(
  calls: string,
  errno: string,
  way: readonly string[],
): Promise<Outcome> {
  const DENY = calls
    .split('+')
    .map((call) => `${call}=${errno}`)
    .join('+');
  const args = ['-r', preload, command, '-q', ...way, '--spawn', 'exit 3', '--spawn', 'exit 0'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DENY },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: HANGS_MS,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (...how) => resolve(how));
  });
  return { status, signal, stderr };
}

/** @throws Error if the outcome is neither of those that are allowed */
export function judge(denied: Denied, errno: string, { status, signal, stderr }: Outcome): void {
  if (denied.works && status === 3 && stderr === '') return;
  const line = new RegExp(`^qemu-loop: [^\\n]*\\(${errno}\\)[^\\n]*\\n$`);
  const told = (status === 125 || status === 126) && line.test(stderr);
  if (told && denied.line?.test(stderr) && !isOthersHint(stderr)) return;
  throw new Error(`status ${status}, signal ${signal}: ${stderr}`);
}

/** The outcome in a table: `works`; or the status, and the part of the line that names the call. */
export function cellOf(denied: Denied, errno: string, outcome: Outcome): string {
  const { status, signal, stderr } = outcome;
  try {
    judge(denied, errno, outcome);
  } catch {
    return `**WRONG** ${status ?? signal}: ${stderr.trim()}`;
  }
  if (stderr === '') return 'works';
  return `${status}: ${/^qemu-loop: (.*?): [A-Z]/.exec(stderr)?.[1] ?? stderr.trim()}`;
}

function isOthersHint(stderr: string): boolean {
  return /did not answer/.test(stderr) || (/check the path/.test(stderr) && !RUN.test(stderr));
}
