/** Starts one child at a time. */

import { F_DUPFD_CLOEXEC, F_GETFD, FD_CLOEXEC } from '../constants.ts';
import { EACCES, EBADF, EINVAL, ENOENT } from '../errno.ts';
import { changesIds, type TakenRequest } from '../spawn-request.ts';
import type { ChildSteps } from './child-steps.ts';
import { c, lazy, memoryAt, result, symbolAddress } from './libc.ts';
import { word64 } from './memory.ts';
import { StringVector } from './string-vector.ts';

const access = lazy<[string, number]>('int access(const char *, int)');
const X_OK = 1;
/** The path that execvp searches without PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

type Start = (path: string, argv: number, env: number) => number;

/**
 * The start of one child. The memory belongs to this object, so several children may be starting at
 * once, each with an object of its own.
 */
export class ChildStart {
  readonly steps: ChildSteps;
  readonly #argv = new StringVector();
  readonly #env = new StringVector();
  /** The C library's variable `environ`, which setenv may change. */
  #environ: Int32Array | undefined;

  constructor(steps: ChildSteps) {
    this.steps = steps;
  }

  dispose(): void {
    this.steps.dispose();
  }

  /**
   * Returns the pid, or -errno. -ENOTDIR only means that the working directory cannot be entered: a
   * path that leads through a file is -ENOENT.
   */
  spawn(request: TakenRequest): number {
    // Standard descriptors are almost always open, so the child may find out if not.
    const ret = this.#attempt(request, true, this.#start);
    return ret === -EBADF ? this.#attempt(request, false, this.#start) : ret;
  }

  /**
   * Like spawn, for a request that will hardly fail: returns before the program has started, and
   * settle gives the result. If it failed, spawn has more to try.
   */
  launch(request: TakenRequest): number {
    return this.#attempt(request, true, this.#begin);
  }

  /** Waits until the launched child's program has started. Returns 0, or -errno if it has not. */
  settle(): number {
    return this.steps.settle();
  }

  readonly #begin: Start = (path, argv, env) => this.steps.launch(path, argv, env);

  readonly #start: Start = (path, argv, env) => {
    const pid = this.#begin(path, argv, env);
    const failed = pid < 0 ? pid : this.settle();
    return failed < 0 ? failed : pid;
  };

  #attempt(request: TakenRequest, standardOpen: boolean, start: Start): number {
    if (hasNul(request)) return -EINVAL;
    const { steps } = this;
    const { fds = [], keepFds = [], ignoreSignals = [] } = request;
    const temporary: number[] = [];
    steps.begin(Math.max(fds.length, 3) + keepFds.length + ignoreSignals.length);
    for (const signo of ignoreSignals) steps.ignore(signo);
    if (request.setsid === true) steps.setsid();
    if (request.pgroup !== undefined) steps.setpgid(request.pgroup);
    try {
      const above = keepFds.reduce((most, fd) => Math.max(most, fd + 1), fds.length);
      const ret = this.#addFds(fds, above, temporary);
      if (ret < 0) return ret;
      this.#keepStandard(fds.length, standardOpen);
      for (const fd of keepFds) if (fd >= fds.length) steps.dup2(fd, fd);
      // After the descriptors, since a path to one is relative to our own directory.
      if (request.cwd !== undefined) steps.chdir(request.cwd);
      if (request.foregroundTty !== undefined) steps.tcsetpgrp(request.foregroundTty);
      if (changesIds(request)) steps.ids({ ...request, groups: groupsOf(request) });
      if (request.pdeathsig !== undefined) steps.pdeathsig(request.pdeathsig);
      return this.#run(request, start);
    } finally {
      for (const fd of temporary) c.close(fd);
    }
  }

  /**
   * dup2 runs in order, so a source that is also a target would be overwritten before it is used:
   * it is first moved out of the way, to `above` or higher.
   */
  #addFds(fds: readonly number[], above: number, temporary: number[]): number {
    for (let i = 0; i < fds.length; i++) {
      let source = fds[i]!;
      if (source !== i && source < fds.length) {
        const moved = result(c.fcntl(source, F_DUPFD_CLOEXEC, above));
        if (moved < 0) return moved;
        temporary.push(moved);
        source = moved;
      }
      this.steps.dup2(source, i);
    }
    return 0;
  }

  /**
   * Keeps the standard descriptors that the request does not mention. Node makes its own
   * close-on-exec; dup2 of one onto itself undoes that, in the child only.
   */
  #keepStandard(first: number, open: boolean): void {
    for (let fd = first; fd <= 2; fd++) {
      if (open || (c.fcntl(fd, F_GETFD, 0) & ~FD_CLOEXEC) === 0) this.steps.dup2(fd, fd);
    }
  }

  #run(request: TakenRequest, start: Start): number {
    const argv = this.#argv.fill(request.argv);
    // The C library's own block is always up to date, and needs no copy.
    const env = request.env === undefined ? this.#environment() : this.#env.fill(request.env);
    if (request.file.includes('/')) return start(request.file, argv, env);
    return search(request, (path) => start(path, argv, env));
  }

  /** The address of `environ`: this process's NAME=value strings, as getenv sees them. */
  #environment(): number {
    this.#environ ??= new Int32Array(memoryAt(symbolAddress('environ'), 8));
    return word64(this.#environ, 0);
  }
}

/** A child with other ids than root's must not keep root's groups. */
function groupsOf({ groups }: TakenRequest): readonly number[] | undefined {
  return groups ?? (process.geteuid?.() === 0 ? [] : undefined);
}

function hasNul({ file, argv, env, cwd }: TakenRequest): boolean {
  if (file.includes('\0') || cwd?.includes('\0') === true) return true;
  return anyHasNul(argv) || (env !== undefined && anyHasNul(env));
}

/**
 * Like execvp: goes on after a file that cannot be run, and returns EACCES if it found only such
 * files.
 */
function search(request: TakenRequest, start: (path: string) => number): number {
  if (request.file === '') return -ENOENT;
  let ret = -ENOENT;
  for (const dir of pathOf(request).split(':')) {
    const path = dir === '' ? `./${request.file}` : `${dir}/${request.file}`;
    // A missing file can be ruled out without making a process. A relative path is relative to the
    // child's directory, so it is left to the child.
    if (path.startsWith('/')) {
      const found = result(access(path, X_OK));
      if (found === -EACCES) ret = found;
      if (found < 0) continue;
    }
    const pid = start(path);
    if (pid !== -ENOENT && pid !== -EACCES) return pid;
    if (pid === -EACCES) ret = pid;
  }
  return ret;
}

function anyHasNul(texts: readonly string[]): boolean {
  for (let i = 0; i < texts.length; i++) if (texts[i]!.includes('\0')) return true;
  return false;
}

function pathOf(request: TakenRequest): string {
  if (request.env === undefined) return process.env.PATH ?? DEFAULT_PATH;
  const entry = request.env.find((line) => line.startsWith('PATH='));
  return entry === undefined ? DEFAULT_PATH : entry.slice('PATH='.length);
}
