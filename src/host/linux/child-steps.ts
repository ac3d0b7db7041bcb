/** What is done in a child between its making and its program. */

import type { Disposable } from '../host.ts';

/**
 * A list of steps, and how a child is made that takes them in order and then
 * executes a program, with an empty signal mask and default dispositions but for what is ignored.
 */
export interface ChildSteps extends Disposable {
  /** Begins a new list, with at most so many calls of dup2 and of ignore. */
  begin(calls: number): void;
  /**
   * Asks for that signal when the thread that makes the child ends. Where it has ended
   * already, the child ends before it is its program.
   */
  pdeathsig(signo: number): void;
  /** Leaves that signal ignored in the program. */
  ignore(signo: number): void;
  setsid(): void;
  /** Joins that process group; 0 makes a new one. */
  setpgid(pgid: number): void;
  /** Makes descriptor `to` what our `from` is, not close-on-exec; they may be the same. */
  dup2(from: number, to: number): void;
  chdir(path: string): void;
  /** Makes its process group the foreground one of our terminal fd. */
  tcsetpgrp(fd: number): void;
  /**
   * Makes the child, which goes through the list by itself: until settle has told how
   * it went nothing may be added, and what was given must stay where it is. May be
   * called again with the same list.
   * @param path of the program, relative to the child's directory
   * @param argv address of a char *[]
   * @param env address of a char *[]
   * @returns the pid, or -errno; -ENOSYS where children cannot be made so here
   */
  launch(path: string, argv: number, env: number): number;
  /**
   * Waits until the child is its program.
   * @returns 0; or -errno, -ENOTDIR for a chdir that failed and for nothing else: then
   *   the child has ended, and is reaped
   */
  settle(): number;
}
