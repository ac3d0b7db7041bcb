import { O_CLOEXEC, O_NOCTTY, O_RDWR, S_IFIFO, SIGSTOP } from '../../host/constants.ts';
import { ESRCH } from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Disposable, Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import { plainIsatty } from '../exit/plain-io.ts';
import { type Style, wantsColor } from '../text/style.ts';

const STDIN = 0;
const STDOUT = 1;
const STANDARD = [STDIN, STDOUT, 2];

/** The result of tcgetpgrp and getpgid for a group outside our pid namespace. */
const OUTSIDE = 0;

/**
 * Our controlling terminal, whatever stdin is, and its foreground group. SIGTTOU must be ignored
 * while this is in use: otherwise a background process may not set the foreground group.
 */
export class Terminal implements Disposable {
  /** A descriptor of it; -1 if there is no terminal. */
  readonly fd: number;
  /** Whether a shell may put us into its foreground, so that children may have it. */
  readonly interactive: boolean;
  readonly #host: Host;
  readonly #ownGroup: number;

  /** @param shared whether children may have it too; otherwise it is never given away */
  constructor(host: Host, shared = true) {
    this.#host = host;
    this.#ownGroup = host.getpgid(0);
    this.fd = openControlling(host);
    this.interactive = shared && this.fd >= 0;
  }

  dispose(): void {
    if (this.fd > 2) this.#host.close(this.fd);
  }

  /**
   * Whether our own group is in the foreground. All groups outside our pid namespace count as one.
   */
  get isOurs(): boolean {
    return this.interactive && this.#host.tcgetpgrp(this.fd) === this.#ownGroup;
  }

  /**
   * Whether a child may have it from its start: if the child reads from it, if no process behind a
   * pipe, which is in our group, may want it too (less does), and if we can take it back, which we
   * cannot for a group outside our pid namespace.
   */
  get canLend(): boolean {
    if (this.fd !== STDIN || !this.isOurs || isPipe(this.#host, STDOUT)) return false;
    return this.#ownGroup !== OUTSIDE;
  }

  /** Puts a child's group into the foreground, if ours is there. */
  give(pgid: number): void {
    if (this.isOurs) this.#host.tcsetpgrp(this.fd, pgid);
  }

  /** Takes it back from a group that has ended, or from the given one of our groups. */
  takeBack(pgid?: number): void {
    if (!this.interactive) return;
    const now = this.#host.tcgetpgrp(this.fd);
    const left = now > 0 && this.#host.kill(-now, 0) === -ESRCH;
    if (now === pgid || left) this.#host.tcsetpgrp(this.fd, this.#ownGroup);
  }

  /**
   * Stops our whole group, as the terminal would have, and returns when it is continued. Returns
   * false if nobody would continue it.
   */
  suspend(): boolean {
    if (isOrphaned(new Proc(this.#host), this.#host.getpid())) return false;
    this.#host.kill(0, SIGSTOP);
    return true;
  }
}

/**
 * The first of stdin, stdout and stderr that is the terminal, else opened by its name; -1 if there
 * is none.
 */
function openControlling(host: Host): number {
  const standard = STANDARD.find((fd) => host.tcgetpgrp(fd) >= 0);
  return standard ?? Math.max(-1, host.open('/dev/tty', O_RDWR | O_NOCTTY | O_CLOEXEC, 0));
}

function isPipe(host: Host, fd: number): boolean {
  const stat = host.alloc(STAT_SIZE);
  return host.fstat(fd, stat) === 0 && isKind(takeStat(stat), S_IFIFO);
}

/** Whether a group other than ours has the terminal on stdin. */
export function isBackground(host: Host): boolean {
  const foreground = host.tcgetpgrp(STDIN);
  return foreground > 0 && foreground !== host.getpgid(0);
}

/** isatty(3). @param host null on a system that has none */
export function isTerminal(host: Host | null, fd: number): boolean {
  return host === null ? plainIsatty(fd) : host.isatty(fd);
}

/** The style of text on stdout. @param own the process's own host */
export function stdoutStyle(own: Host | null, color: 'auto' | 'always' | 'never'): Style {
  const isShown = isTerminal(own, STDOUT);
  // On a pipe Node would set O_NONBLOCK, also for others that share it, if it were asked.
  const width = isShown ? process.stdout.columns : 0;
  return { color: wantsColor(color, isShown, process.env), width };
}

/** @throws CliError if --watch has no terminal to draw on */
export function needTerminal(host: Host | null): void {
  const missing = [!isTerminal(host, 0) && 'stdin', !isTerminal(host, 1) && 'stdout'].filter(
    (name) => name !== false,
  );
  if (missing.length === 0 && process.env.TERM !== 'dumb') return;
  const verb = missing.length > 1 ? 'are' : 'is';
  const what = missing.length === 0 ? 'TERM is dumb' : `${missing.join(' and ')} ${verb} not one`;
  throw new CliError(
    `--watch needs a terminal, and ${what}: leave --watch out for the log`,
    EXIT_USAGE,
  );
}

/** @throws CliError if --watch would draw on a terminal in another group's foreground */
export function needForeground(host: Host): void {
  if (!isBackground(host)) return;
  throw new CliError('--watch needs its terminal: start it in the foreground', EXIT_USAGE);
}

/**
 * Whether no shell looks after a process's group: none of its members has a parent in the same
 * session and another group. Only our ancestors are examined; a shell that started us is among
 * them. If /proc is not ours this cannot be known, and a stopped group might never continue: that
 * counts as orphaned.
 */
function isOrphaned(proc: Proc, pid: number): boolean {
  const own = proc.stat(pid);
  if (own === undefined) return true;
  for (let at = own; at.ppid > 0; ) {
    const parent = proc.stat(at.ppid);
    if (parent === undefined || parent.session !== own.session) return true;
    if (parent.pgrp !== own.pgrp) return false;
    at = parent;
  }
  return true;
}
