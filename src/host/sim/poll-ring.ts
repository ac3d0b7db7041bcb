import { O_RDWR, POLLERR, POLLHUP, POLLIN } from '../constants.ts';
import { EBADF, ECANCELED, EINVAL, ENOENT, EOPNOTSUPP } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { ASK_NODE, type FdTable, type FileNode, OpenFile, READABLE, type Watcher } from './file.ts';
import { CompletionRing, type Submission } from './user-ring.ts';

interface Completion {
  readonly data: number;
  readonly result: number;
}

/** An armed poll request. It keeps its file open. */
class Request implements Watcher {
  readonly ring: SimPollRing;
  readonly file: OpenFile;
  readonly events: number;
  readonly data: number;

  constructor(ring: SimPollRing, file: OpenFile, events: number, data: number) {
    this.ring = ring;
    this.file = file;
    this.events = events;
    this.data = data;
    file.refs++;
    file.watchers.push(this);
  }

  wake(key: number): void {
    if (key !== 0 && (key & this.events) === 0) return;
    const result = this.file.poll() & this.events;
    if (result !== 0) this.ring.end(this, result);
  }

  fileReleased(): void {}

  /** Leaves the file. */
  leave(): void {
    const { watchers } = this.file;
    watchers.splice(watchers.indexOf(this), 1);
    this.file.release();
  }
}

/**
 * io_uring as Linux has it: a request whose file is ready completes when it is submitted; the completion
 * ring has twice the entries of the submission ring, and further completions wait until the next
 * submit finds room. UserRing is its other side.
 */
export class SimPollRing implements FileNode {
  readonly file: OpenFile;
  readonly link = 'anon_inode:[io_uring]';
  readonly mode = 0o600;
  readonly fd: number;
  readonly #fds: FdTable;
  readonly #armed = new Map<number, Request>();
  readonly #ready: CompletionRing;
  readonly #overflow: Completion[] = [];

  private constructor(fds: FdTable, entries: number) {
    this.file = new OpenFile(this, O_RDWR, ASK_NODE, true);
    this.#fds = fds;
    this.#ready = new CompletionRing(entries);
    this.fd = fds.install(this.file, true);
  }

  /** Returns it, or -errno. */
  static open(fds: FdTable, entries: number): SimPollRing | number {
    const ring = new SimPollRing(fds, entries);
    return ring.fd < 0 ? ring.fd : ring;
  }

  /** The ring of a descriptor, or -errno as io_uring_enter(2). */
  static of(fds: FdTable, fd: number): SimPollRing | number {
    const node = fds.get(fd)?.node;
    if (node === undefined) return -EBADF;
    return node instanceof SimPollRing ? node : -EOPNOTSUPP;
  }

  get memory(): SharedArrayBuffer {
    return this.#ready.memory;
  }

  submit(queue: readonly Submission[]): number {
    for (const { fd, events, data } of queue) {
      if (fd < 0) this.#cancel(data);
      else this.#arm(fd, events | POLLERR | POLLHUP, data);
    }
    while (this.#overflow.length > 0 && this.#ready.hasRoom) {
      const { data, result } = this.#overflow.shift()!;
      this.#ready.push(data, result);
    }
    return 0;
  }

  /** A request completes. */
  end(request: Request, result: number): void {
    this.#armed.delete(request.data);
    this.#complete(request.data, result);
    request.leave();
  }

  poll(): number {
    return this.#ready.ready > 0 ? READABLE : 0;
  }

  read(_file: OpenFile, _buf: HostBuffer, _offset: number, _count: number): number {
    return -EINVAL;
  }

  write(_file: OpenFile, _buf: HostBuffer, _offset: number, _count: number): number {
    return -EINVAL;
  }

  release(): void {
    for (const request of this.#armed.values()) request.leave();
    this.#armed.clear();
  }

  #arm(fd: number, events: number, data: number): void {
    const file = this.#fds.get(fd);
    const result = file === undefined ? -EBADF : file.poll() & events;
    if (file === undefined || result !== 0) this.#complete(data, result);
    else this.#armed.set(data, new Request(this, file, events, data));
  }

  #cancel(data: number): void {
    const request = this.#armed.get(data);
    if (request !== undefined) this.end(request, -ECANCELED);
    this.#complete(0, request === undefined ? -ENOENT : 0);
  }

  /** Behind completions that found no room, none may come first. */
  #complete(data: number, result: number): void {
    if (this.#overflow.length === 0 && this.#ready.hasRoom) this.#ready.push(data, result);
    else this.#overflow.push({ data, result });
    this.file.wake(POLLIN);
  }
}
