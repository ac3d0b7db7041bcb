/** The steps of a child between its creation and its program. */

import type { Disposable, SpawnRequest } from '../host.ts';

/** Those that are undefined stay ours. */
export type ChildIds = Pick<SpawnRequest, 'uid' | 'gid' | 'groups'>;

/**
 * A list of steps, and a way to make a child that takes them in order, then executes a program with
 * an empty signal mask and default dispositions, except for ignored signals.
 */
export interface ChildSteps extends Disposable {
  /** Begins a new list, with at most this many calls of dup2 and of ignore. */
  begin(calls: number): void;
  /**
   * Asks for that signal when the thread that makes the child ends. If it has ended already, the
   * child ends before its program starts.
   */
  pdeathsig(signo: number): void;
  /** Makes the program start with that signal ignored. */
  ignore(signo: number): void;
  setsid(): void;
  /** Joins that process group; 0 creates a new one. */
  setpgid(pgid: number): void;
  /** Makes descriptor `to` a copy of our `from`, not close-on-exec; they may be the same. */
  dup2(from: number, to: number): void;
  chdir(path: string): void;
  /** Makes the child's process group the foreground group of our terminal fd. */
  tcsetpgrp(fd: number): void;
  /** Sets its ids, those that are given, as the last step before pdeathsig: the kernel resets that. */
  ids(ids: ChildIds): void;
  /**
   * Makes the child, which then takes the steps by itself. Until settle returns, nothing may be
   * added, and the arguments must stay in place. May be called again with the same list.
   * @param path of the program, relative to the child's directory
   * @param argv address of a char *[]
   * @param env address of a char *[]
   * @returns the pid, or -errno; -ENOSYS if children cannot be made this way here
   */
  launch(path: string, argv: number, env: number): number;
  /**
   * Waits until the child's program has started.
   * @returns 0; or -errno, -ENOTDIR only for a failed chdir: the child has then ended, and is
   *   reaped
   */
  settle(): number;
}
