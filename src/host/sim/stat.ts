/** stat(2), fstat(2), and the links in /proc/self/fd. */

import { isInt } from '../arguments.ts';
import { EBADF, EFAULT, EINVAL, ENOENT } from '../errno.ts';
import { putStat, STAT_SIZE } from '../file-stat.ts';
import type { HostBuffer } from '../host.ts';
import type { FdTable, FileNode } from './file.ts';
import { SimBuffer } from './memory.ts';
import type { FileSystem } from './regular.ts';

const OWN_FD = /^\/proc\/self\/fd\/(0|[1-9]\d*)$/;
/** Those of an anonymous inode share one, as in Linux. */
const ANONYMOUS = 'anon_inode:';

export class Stats {
  readonly #fds: FdTable;
  readonly #files: FileSystem;
  /** Inode numbers, in the order in which files were looked at. */
  readonly #inodes = new WeakMap<FileNode, number>();
  #lastInode = 1;

  constructor(fds: FdTable, files: FileSystem) {
    this.#fds = fds;
    this.#files = files;
  }

  stat(path: string, out: HostBuffer): number {
    if (typeof path !== 'string') return -EFAULT;
    if (path.includes('\0')) return -EINVAL;
    return this.#fill(out, this.#ofDescriptor(path) ?? this.#files.find(path) ?? -ENOENT);
  }

  fstat(fd: number, out: HostBuffer): number {
    return this.#fill(out, (isInt(fd) ? this.#fds.get(fd)?.node : undefined) ?? -EBADF);
  }

  readlink(path: string, buf: HostBuffer): number {
    if (typeof path !== 'string') return -EFAULT;
    if (path.includes('\0') || !SimBuffer.has(buf, 0, 1)) return -EINVAL;
    const node = this.#ofDescriptor(path);
    if (node === undefined) return this.#files.find(path) === undefined ? -ENOENT : -EINVAL;
    const { link } = node;
    const isNumbered = link === 'pipe' || link === 'socket';
    const text = isNumbered ? `${link}:[${this.#inodeOf(node)}]` : link;
    const bytes = new TextEncoder().encode(text).subarray(0, buf.size);
    buf.u8.set(bytes);
    return bytes.length;
  }

  #ofDescriptor(path: string): FileNode | undefined {
    const fd = OWN_FD.exec(path)?.[1];
    return fd === undefined ? undefined : this.#fds.get(Number(fd))?.node;
  }

  #fill(out: HostBuffer, node: FileNode | number): number {
    if (!SimBuffer.has(out, 0, STAT_SIZE)) return -EINVAL;
    if (typeof node === 'number') return node;
    putStat(out, {
      mode: node.mode,
      ino: BigInt(this.#inodeOf(node)),
      size: node.size ?? 0,
      ctimeNs: 0n,
      rdev: node.device ?? [0, 0],
      dev: [0, 1],
    });
    return 0;
  }

  #inodeOf(node: FileNode): number {
    if (node.link.startsWith(ANONYMOUS)) return 1;
    let inode = this.#inodes.get(node);
    if (inode === undefined) {
      inode = ++this.#lastInode;
      this.#inodes.set(node, inode);
    }
    return inode;
  }
}
