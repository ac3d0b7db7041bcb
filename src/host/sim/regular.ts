/** Files that have a name: regular files, kept in memory, and a few of /dev. */
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_RDWR,
  O_TRUNC,
  S_IFCHR,
  S_IFREG,
  S_IFSOCK,
} from '../constants.ts';
import { EEXIST, EISDIR, ENOENT, ENOSPC, ENXIO, EPERM } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { type FileNode, OpenFile, READABLE, WRITABLE } from './file.ts';

const O_EXCL = 0o200;
/** The flags that open(2) consumes; F_GETFL does not return them. */
const CREATION_FLAGS = O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | 0o400;
/** A 64-bit kernel sets this flag on every open(2). */
const O_LARGEFILE = 0o100000;

/**
 * A file that poll(2) always finds ready, and that epoll refuses since it has no poll operation.
 */
abstract class NamedFile implements FileNode {
  link: string;
  abstract readonly mode: number;

  constructor(path: string) {
    this.link = path;
  }

  abstract read(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  abstract write(file: OpenFile, buf: HostBuffer, offset: number, count: number): number;
  abstract readAt(buf: HostBuffer, offset: number, count: number, position: number): number;
  abstract writeAt(
    file: OpenFile,
    buf: HostBuffer,
    offset: number,
    count: number,
    position: number,
  ): number;
  release(): void {}
}

class RegularFile extends NamedFile {
  readonly hasDisk = true;
  readonly mode = S_IFREG | 0o600;
  #bytes = new Uint8Array(0);
  #size = 0;

  override read(file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    const n = this.readAt(buf, offset, count, file.position);
    file.position += n;
    return n;
  }

  override write(file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if ((file.flags & O_APPEND) !== 0) file.position = this.#size;
    this.writeAt(file, buf, offset, count, file.position);
    file.position += count;
    return count;
  }

  override readAt(buf: HostBuffer, offset: number, count: number, position: number): number {
    const n = Math.max(0, Math.min(count, this.#size - position));
    buf.u8.set(this.#bytes.subarray(position, position + n), offset);
    return n;
  }

  override writeAt(
    file: OpenFile,
    buf: HostBuffer,
    offset: number,
    count: number,
    at: number,
  ): number {
    // Linux appends even at a position, which POSIX forbids.
    const position = (file.flags & O_APPEND) === 0 ? at : this.#size;
    const end = position + count;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(buf.u8.subarray(offset, offset + count), position);
    if (count > 0) this.#size = Math.max(this.#size, end);
    return count;
  }

  get size(): number {
    return this.#size;
  }

  truncate(): void {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }
}

/** /dev/null, /dev/zero and /dev/full. */
class Device extends NamedFile {
  readonly mode = S_IFCHR | 0o666;
  readonly device: readonly [major: number, minor: number];
  readonly #zeroes: boolean;
  readonly #full: boolean;

  constructor(path: string, minor: number, zeroes: boolean, full: boolean) {
    super(path);
    this.device = [1, minor];
    this.#zeroes = zeroes;
    this.#full = full;
  }

  override read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    return this.readAt(buf, offset, count);
  }

  override readAt(buf: HostBuffer, offset: number, count: number): number {
    if (!this.#zeroes) return 0;
    buf.u8.fill(0, offset, offset + count);
    return count;
  }

  override write(_file: OpenFile, _buf: HostBuffer, _offset: number, count: number): number {
    return this.#full ? -ENOSPC : count;
  }

  override writeAt(file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    return this.write(file, buf, offset, count);
  }
}

/** The name of a unix socket. It stays until it is unlinked, though its socket may be closed. */
class SocketFile extends NamedFile {
  readonly mode = S_IFSOCK | 0o755;
  readonly socket: object;

  constructor(path: string, socket: object) {
    super(path);
    this.socket = socket;
  }

  override read(): number {
    return -ENXIO;
  }

  override write(): number {
    return -ENXIO;
  }

  override readAt(): number {
    return -ENXIO;
  }

  override writeAt(): number {
    return -ENXIO;
  }
}

/** The named files. The name space is flat: every path may be created. */
export class FileSystem {
  readonly #nodes = new Map<string, NamedFile>(
    [
      new Device('/dev/null', 3, false, false),
      new Device('/dev/zero', 5, true, false),
      new Device('/dev/full', 7, true, true),
    ].map((device) => [device.link, device]),
  );

  /** open(2). Returns the file, or -errno. */
  open(path: string, flags: number): OpenFile | number {
    let node = this.#nodes.get(path);
    if (node === undefined) {
      if (path.endsWith('/')) return -EISDIR;
      if (path === '' || (flags & O_CREAT) === 0) return -ENOENT;
      node = new RegularFile(path);
      this.#nodes.set(path, node);
    } else if ((flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0) {
      return -EEXIST;
    }
    if (node instanceof SocketFile) return -ENXIO;
    if ((flags & O_TRUNC) !== 0 && node instanceof RegularFile) node.truncate();
    const shown = (flags & ~CREATION_FLAGS) | O_LARGEFILE;
    return new OpenFile(node, shown, READABLE | WRITABLE, false);
  }

  /** The file of this name; undefined if there is none. */
  find(path: string): FileNode | undefined {
    return this.#nodes.get(path);
  }

  /** Gives a socket a name; returns false if the name is taken. */
  bindSocket(path: string, socket: object): boolean {
    if (this.#nodes.has(path)) return false;
    this.#nodes.set(path, new SocketFile(path, socket));
    return true;
  }

  /** The socket that was given this name; undefined if the file is another. */
  socketAt(path: string): object | undefined {
    const node = this.#nodes.get(path);
    return node instanceof SocketFile ? node.socket : undefined;
  }

  /** unlink(2); open descriptions keep the file. The devices stay. */
  unlink(path: string): number {
    const node = this.#nodes.get(path);
    if (node === undefined) return -ENOENT;
    if (node instanceof Device) return -EPERM;
    this.#nodes.delete(path);
    node.link = `${path} (deleted)`;
    return 0;
  }

  /** The file behind 0, 1 and 2: it accepts every write, and reads are empty. */
  standardStream(): OpenFile {
    return this.open('/dev/null', O_RDWR) as OpenFile;
  }
}
