/** posix_spawn(3): how this process starts another. */

import { F_DUPFD_CLOEXEC, F_GETFD, FD_CLOEXEC, O_CLOEXEC } from '../constants.ts';
import { EACCES, EBADF, EINVAL, ENOENT, ENOTDIR } from '../errno.ts';
import type { SpawnRequest } from '../host.ts';
import { c, lazy, memoryAt, result, symbolAddress } from './libc.ts';
import { LinuxBuffer, putWord64, word64 } from './memory.ts';
import { SIGSET_BYTES } from './sigset.ts';

type A = number;

// These give an errno, not -1.
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
const access = lazy<[string, A]>('int access(const char *, int)');

const SETPGROUP = 0x02;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const X_OK = 1;
const O_PATH = 0o10000000;
const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000;

/** At least as large as glibc's and musl's posix_spawnattr_t and posix_spawn_file_actions_t. */
const ATTR_BYTES = 512;
const ACTIONS_BYTES = 256;
/** What execvp looks through where there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

export class Spawner {
  private readonly attr = new LinuxBuffer(ATTR_BYTES);
  private readonly actions = new LinuxBuffer(ACTIONS_BYTES);
  /** The actions where a request asks for none: the standard descriptors are kept. */
  private readonly plain = new LinuxBuffer(ACTIONS_BYTES);
  private readonly pid = new LinuxBuffer(8);
  private readonly argv = new StringVector();
  private readonly env = new StringVector();
  /** The C library's variable of that name, which setenv may change. */
  private environ: Int32Array | undefined;
  private ready = false;

  /**
   * Returns the pid, or -errno. -ENOTDIR says that the working directory cannot be
   * entered, and nothing else does: a path that leads through a file is -ENOENT.
   */
  spawn(request: SpawnRequest): number {
    if (hasNul(request)) return -EINVAL;
    if (!this.ready) this.prepare();
    if (isPlain(request)) {
      // Standard descriptors are open all but always, so the child may find out.
      const ret = this.run(request, this.plain);
      if (ret !== -EBADF) return ret;
    }
    const temporary: number[] = [];
    actionsInit(this.actions.address);
    try {
      const ret = this.addActions(request, temporary);
      return ret < 0 ? ret : this.run(request, this.actions);
    } finally {
      actionsDestroy(this.actions.address);
      for (const fd of temporary) c.close(fd);
    }
  }

  private prepare(): void {
    actionsInit(this.plain.address);
    for (let fd = 0; fd <= 2; fd++) addDup2(this.plain.address, fd, fd);
    attrInit(this.attr.address);
    const set = new LinuxBuffer(SIGSET_BYTES);
    attrMask(this.attr.address, set.address);
    set.i32[0] = -1;
    set.i32[1] = -1;
    attrDefault(this.attr.address, set.address);
    this.ready = true;
  }

  /** cwd last but for the terminal: a path to it is relative to ours, and fds stay what they are. */
  private addActions(request: SpawnRequest, temporary: number[]): number {
    const actions = this.actions.address;
    const fds = request.fds ?? [];
    const ret = this.addFds(fds, temporary) || this.keepStandard(fds.length);
    if (ret < 0) return ret;
    if (request.cwd !== undefined) {
      const dir = result(c.open(request.cwd, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
      if (dir < 0) return -ENOTDIR;
      c.close(dir);
      const failed = addChdir(actions, request.cwd);
      if (failed !== 0) return failure(failed);
    }
    if (request.foregroundTty !== undefined) {
      return failure(addTcsetpgrp(actions, request.foregroundTty));
    }
    return 0;
  }

  /**
   * dup2 goes in order, so a source among the targets would be overwritten before
   * it is used: such a one is moved out of the way first.
   */
  private addFds(fds: readonly number[], temporary: number[]): number {
    for (let i = 0; i < fds.length; i++) {
      let source = fds[i]!;
      if (source !== i && source < fds.length) {
        const moved = result(c.fcntl(source, F_DUPFD_CLOEXEC, fds.length));
        if (moved < 0) return moved;
        temporary.push(moved);
        source = moved;
      }
      const failed = addDup2(this.actions.address, source, i);
      if (failed !== 0) return failure(failed);
    }
    return 0;
  }

  /**
   * The standard descriptors that the request leaves alone. Node makes its own
   * close-on-exec; dup2 of one onto itself undoes that, in the child alone.
   */
  private keepStandard(first: number): number {
    for (let fd = first; fd <= 2; fd++) {
      if ((c.fcntl(fd, F_GETFD, 0) & ~FD_CLOEXEC) !== 0) continue;
      const failed = addDup2(this.actions.address, fd, fd);
      if (failed !== 0) return failure(failed);
    }
    return 0;
  }

  private run(request: SpawnRequest, actions: LinuxBuffer): number {
    let flags = SETSIGMASK | SETSIGDEF;
    if (request.setsid === true) flags |= SETSID;
    if (request.pgroup !== undefined) flags |= SETPGROUP;
    attrFlags(this.attr.address, flags);
    attrGroup(this.attr.address, request.pgroup ?? 0);
    const argv = this.argv.fill(request.argv);
    // The C library's own block is always up to date, and needs no copy.
    const env = request.env === undefined ? this.environment() : this.env.fill(request.env);
    const start = (path: string): number => this.start(path, actions, argv, env);
    return request.file.includes('/') ? start(request.file) : search(request, start);
  }

  /** `environ`: this process's NAME=value strings, as getenv sees them. */
  private environment(): number {
    this.environ ??= new Int32Array(memoryAt(symbolAddress('environ'), 8));
    return word64(this.environ, 0);
  }

  private start(path: string, actions: LinuxBuffer, argv: number, env: number): number {
    const { pid, attr } = this;
    const failed = spawn(pid.address, path, actions.address, attr.address, argv, env);
    if (failed === 0) return pid.i32[0]!;
    return failed === ENOTDIR ? -ENOENT : failure(failed);
  }
}

/** posix_spawn's functions return the errno; a lazy one that is missing returns -1. */
function failure(failed: number): number {
  return failed < 0 ? result(failed) : -failed;
}

function hasNul({ file, argv, env, cwd }: SpawnRequest): boolean {
  if (file.includes('\0') || cwd?.includes('\0') === true) return true;
  return anyHasNul(argv) || (env !== undefined && anyHasNul(env));
}

/** Whether a child is to have our standard descriptors, our directory and our terminal. */
function isPlain({ fds, cwd, foregroundTty }: SpawnRequest): boolean {
  return (
    (fds === undefined || fds.length === 0) && cwd === undefined && foregroundTty === undefined
  );
}

/** As execvp: goes on after what cannot be run, and says EACCES if that was all there was. */
function search(request: SpawnRequest, start: (path: string) => number): number {
  if (request.file === '') return -ENOENT;
  let ret = -ENOENT;
  for (const dir of pathOf(request).split(':')) {
    const path = dir === '' ? `./${request.file}` : `${dir}/${request.file}`;
    // Where it does not exist a process need not be made to find out. What is
    // relative is so to the child's directory, and left to the child.
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

function pathOf(request: SpawnRequest): string {
  if (request.env === undefined) return process.env.PATH ?? DEFAULT_PATH;
  const entry = request.env.find((line) => line.startsWith('PATH='));
  return entry === undefined ? DEFAULT_PATH : entry.slice('PATH='.length);
}

/** A char *[] with its strings, in one block that grows and is used again. */
class StringVector {
  private memory = new LinuxBuffer(1024);
  private bytes = bytesOf(this.memory);

  /** Returns the address of the first pointer; it holds until the next fill. */
  fill(strings: readonly string[]): number {
    const pointers = (strings.length + 1) * 8;
    let room = pointers;
    // UTF-8 has at most three bytes for each of a string's units.
    for (let i = 0; i < strings.length; i++) room += strings[i]!.length * 3 + 1;
    if (room > this.memory.size) {
      this.memory = new LinuxBuffer(room * 2);
      this.bytes = bytesOf(this.memory);
    }
    const { bytes } = this;
    const { i32, address } = this.memory;
    let at = pointers;
    for (let i = 0; i < strings.length; i++) {
      putWord64(i32, i * 2, address + at);
      at += bytes.write(strings[i]!, at, 'utf8');
      bytes[at++] = 0;
    }
    putWord64(i32, strings.length * 2, 0);
    return address;
  }
}

function bytesOf({ u8 }: LinuxBuffer): Buffer {
  return Buffer.from(u8.buffer, u8.byteOffset, u8.length);
}
