import { O_CLOEXEC } from '../constants.ts';
import { ENOENT, ENOSYS, ENOTDIR } from '../errno.ts';
import type { ChildSteps } from './child-steps.ts';
import { c, lazy, result } from './libc.ts';
import { LinuxBuffer } from './memory.ts';
import { SIGSET_BYTES } from './sigset.ts';

type A = number;

// These return an errno, not -1.
const spawn = lazy<[A, string, A, A, A, A]>(
  'int posix_spawn(uintptr_t, const char *, uintptr_t, uintptr_t, uintptr_t, uintptr_t)',
);
const attrInit = lazy<[A]>('int posix_spawnattr_init(uintptr_t)');
const attrFlags = lazy<[A, A]>('int posix_spawnattr_setflags(uintptr_t, short)');
const attrGroup = lazy<[A, A]>('int posix_spawnattr_setpgroup(uintptr_t, int)');
const attrMask = lazy<[A, A]>('int posix_spawnattr_setsigmask(uintptr_t, uintptr_t)');
const attrDefault = lazy<[A, A]>('int posix_spawnattr_setsigdefault(uintptr_t, uintptr_t)');
const actionsInit = lazy<[A]>('int posix_spawn_file_actions_init(uintptr_t)');
const actionsDestroy = lazy<[A]>('int posix_spawn_file_actions_destroy(uintptr_t)');
const addDup2 = lazy<[A, A, A]>('int posix_spawn_file_actions_adddup2(uintptr_t, int, int)');
const addChdir = lazy<[A, string]>(
  'int posix_spawn_file_actions_addchdir_np(uintptr_t, const char *)',
);
const addTcsetpgrp = lazy<[A, A]>('int posix_spawn_file_actions_addtcsetpgrp_np(uintptr_t, int)');

const SETPGROUP = 0x02;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const O_PATH = 0o10000000;
const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000;

/** At least as large as glibc's and musl's posix_spawnattr_t and posix_spawn_file_actions_t. */
const ATTR_BYTES = 512;
const ACTIONS_BYTES = 256;

/**
 * Starts children with posix_spawn(3), for machines on which CloneSteps has no code, or is not
 * allowed any. If the C library lacks a step's function, launch fails with -ENOSYS.
 */
export class PosixSteps implements ChildSteps {
  readonly #attr = new LinuxBuffer(ATTR_BYTES);
  readonly #actions = new LinuxBuffer(ACTIONS_BYTES);
  readonly #pid = new LinuxBuffer(8);
  #flags = 0;
  /** The error of the first step that could not be recorded; launch returns it. */
  #failed = 0;

  constructor() {
    actionsInit(this.#actions.address);
    attrInit(this.#attr.address);
    const set = new LinuxBuffer(SIGSET_BYTES);
    attrMask(this.#attr.address, set.address);
    set.i32[0] = -1;
    set.i32[1] = -1;
    attrDefault(this.#attr.address, set.address);
  }

  dispose(): void {
    actionsDestroy(this.#actions.address);
  }

  begin(): void {
    actionsDestroy(this.#actions.address);
    actionsInit(this.#actions.address);
    this.#flags = SETSIGMASK | SETSIGDEF;
    this.#failed = 0;
  }

  /** posix_spawn cannot do this in the child. */
  pdeathsig(): void {
    this.#failed ||= -ENOSYS;
  }

  /** Like pdeathsig: posix_spawn can only set default actions. */
  ignore(): void {
    this.#failed ||= -ENOSYS;
  }

  /** Like pdeathsig. */
  ids(): void {
    this.#failed ||= -ENOSYS;
  }

  setsid(): void {
    this.#flags |= SETSID;
  }

  setpgid(pgid: number): void {
    this.#flags |= SETPGROUP;
    attrGroup(this.#attr.address, pgid);
  }

  dup2(from: number, to: number): void {
    this.#taken(addDup2(this.#actions.address, from, to));
  }

  chdir(path: string): void {
    // Its entry for itself, since O_PATH alone does not check the right to enter a directory.
    const inside = path === '' ? path : `${path}/.`;
    const dir = result(c.open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
    if (dir < 0) this.#failed ||= -ENOTDIR;
    else c.close(dir);
    this.#taken(addChdir(this.#actions.address, path));
  }

  tcsetpgrp(fd: number): void {
    this.#taken(addTcsetpgrp(this.#actions.address, fd));
  }

  /** The C library itself waits for the program to start. */
  launch(path: string, argv: number, env: number): number {
    if (this.#failed !== 0) return this.#failed;
    const [pid, attr, actions] = [this.#pid, this.#attr, this.#actions];
    attrFlags(attr.address, this.#flags);
    const failed = spawn(pid.address, path, actions.address, attr.address, argv, env);
    if (failed === 0) return pid.i32[0]!;
    return failed === ENOTDIR ? -ENOENT : failure(failed);
  }

  settle(): number {
    return 0;
  }

  #taken(failed: number): void {
    this.#failed ||= failure(failed);
  }
}

/** posix_spawn's functions return the errno; a missing lazy one returns -1. */
function failure(failed: number): number {
  return failed < 0 ? result(failed) : -failed;
}
