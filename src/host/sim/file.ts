/** Open file descriptions, and the table of descriptors that refer to them. */
import { EBADF, EINVAL, EMFILE } from '../errno.ts';
import type { HostBuffer, SpawnRequest } from '../host.ts';

export const POLLRDNORM = 0x040;
export const POLLWRNORM = 0x100;
/** Poll events of a readable file, and of a writable one. */
export const READABLE = 0x001 | POLLRDNORM;
export const WRITABLE = 0x004 | POLLWRNORM;
/** The value of OpenFile.ready if the node must be asked. */
export const ASK_NODE = -1;

/** RLIMIT_NOFILE. */
const MAX_FDS = 1 << 20;

/** The part of a file that depends on its kind. Calls return >= 0 or -errno. */
export interface FileNode {
  /** For fstat(2): the kind of file and its rights; of an anonymous inode only the rights. */
  readonly mode: number;
  /** The text of its link in /proc/self/fd, without the inode: a path, or `pipe`. */
  readonly link: string;
  readonly size?: number;
  readonly device?: readonly [major: number, minor: number];
  /** Returns -EAGAIN if a blocking call would wait. */
  read(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  /** Like read. May write less than count if the rest would wait. */
  write(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  /** pread and pwrite, for nodes that have positions. */
  readAt?(buf: HostBuffer, offset: number, count: number, position: number): number;
  writeAt?(
    file: OpenFile,
    buf: HostBuffer,
    offset: number,
    count: number,
    position: number,
  ): number;
  /** Whether fsync(2) takes it. */
  readonly hasDisk?: boolean;
  /** The events that hold now; for nodes whose files' `ready` is ASK_NODE. */
  poll?(): number;
  /** For people: an eventfd's counter, or the bytes to read from a pipe or a socket. */
  amount?(): number;
  /** The last reference to the description is gone. */
  release(file: OpenFile): void;
}

/** An entry of a file's wait queue: it is woken when the file changes. */
export interface Watcher {
  /** The watched file; several files may share a queue. */
  readonly file: OpenFile | undefined;
  /** key has the events that have become true, or 0 if they are not known. */
  wake(key: number): void;
  /** The file is gone, and the watcher is no longer in its queue. */
  fileReleased(): void;
}

/**
 * An open file description. All kinds of file share this class, so that poll can read `ready`
 * without a call; the node keeps it up to date.
 */
export class OpenFile {
  readonly node: FileNode;
  /** Access mode and status flags, as F_GETFL returns them. */
  flags: number;
  /** The poll events that hold now, or ASK_NODE. */
  ready: number;
  /** False for files without a poll operation, which epoll refuses with EPERM. */
  readonly pollable: boolean;
  /** Descriptors that refer to it, including those of child processes. */
  refs = 0;
  /** Offset of the next read or write of a regular file. */
  position = 0;
  /** Its wait queue. All signalfds share one, and so do all pidfds of a process. */
  readonly watchers: Watcher[];

  constructor(
    node: FileNode,
    flags: number,
    ready: number,
    pollable: boolean,
    watchers: Watcher[] = [],
  ) {
    this.watchers = watchers;
    this.node = node;
    this.flags = flags;
    this.ready = ready;
    this.pollable = pollable;
  }

  poll(): number {
    return this.ready === ASK_NODE ? this.node.poll!() : this.ready;
  }

  wake(key: number): void {
    wakeAll(this.watchers, key);
  }

  /** Drops one reference; the last one releases the file. */
  release(): void {
    if (--this.refs > 0) return;
    for (let i = this.watchers.length - 1; i >= 0; i--) {
      const watcher = this.watchers[i]!;
      if (watcher.file !== this) continue;
      this.watchers.splice(i, 1);
      watcher.fileReleased();
    }
    this.node.release(this);
  }
}

/** Wakes a wait queue: the last entry first, as in Linux. */
export function wakeAll(watchers: readonly Watcher[], key: number): void {
  for (let i = watchers.length - 1; i >= 0; i--) watchers[i]!.wake(key);
}

/** A process's descriptors. */
export class FdTable {
  readonly #files: (OpenFile | undefined)[] = [];
  /** Descriptors without close-on-exec, which a child inherits. */
  readonly #inherited = new Set<number>();
  /** No free number is below this one. */
  #lowest = 0;

  get(fd: number): OpenFile | undefined {
    return this.#files[fd];
  }

  /** Gives the file the lowest free number that is at least min. */
  install(file: OpenFile, closeOnExec: boolean, min = 0): number {
    const files = this.#files;
    let fd = Math.max(min, this.#lowest);
    while (fd < files.length && files[fd] !== undefined) fd++;
    if (fd >= MAX_FDS) return min >= MAX_FDS ? -EINVAL : -EMFILE;
    while (files.length < fd) files.push(undefined);
    files[fd] = file;
    if (!closeOnExec) this.#inherited.add(fd);
    if (min <= this.#lowest) this.#lowest = fd + 1;
    file.refs++;
    return fd;
  }

  close(fd: number): number {
    const file = this.#files[fd];
    if (file === undefined) return -EBADF;
    this.#files[fd] = undefined;
    this.#inherited.delete(fd);
    if (fd < this.#lowest) this.#lowest = fd;
    file.release();
    return 0;
  }

  closeOnExec(fd: number): boolean {
    return !this.#inherited.has(fd);
  }

  setCloseOnExec(fd: number, on: boolean): void {
    if (on) this.#inherited.delete(fd);
    else this.#inherited.add(fd);
  }

  /**
   * The descriptions that a child starts with: those given for its first numbers, and the inherited
   * or kept ones.
   */
  childFiles({ fds = [], keepFds = [] }: SpawnRequest): (OpenFile | undefined)[] {
    const files = fds.map((fd) => this.#files[fd]);
    const given = files.length;
    for (const fd of [...this.#inherited, ...keepFds]) {
      if (fd >= given) files[fd] = this.#files[fd];
    }
    for (const file of files) if (file !== undefined) file.refs++;
    return files;
  }
}
