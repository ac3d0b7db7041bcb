import { O_RDWR, POLLERR, POLLHUP, POLLIN } from '../constants.ts';
import { EBADF, ECANCELED, EINVAL, ENOENT } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import type { PollRing } from '../poll-ring.ts';
import { ASK_NODE, type FdTable, type FileNode, OpenFile, READABLE, type Watcher } from './file.ts';

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
 * submit finds room.
 */
export class SimPollRing implements PollRing, FileNode {
  readonly file: OpenFile;
  readonly link = 'anon_inode:[io_uring]';
  readonly mode = 0o600;
  readonly fd: number;
  readonly #fds: FdTable;
  readonly #entries: number;
  #queue: (() => void)[] = [];
  readonly #armed = new Map<number, Request>();
  readonly #ready: Completion[] = [];
  readonly #overflow: Completion[] = [];

  private constructor(fds: FdTable, entries: number) {
    this.file = new OpenFile(this, O_RDWR, ASK_NODE, true);
    this.#fds = fds;
    this.#entries = entries;
    this.fd = fds.install(this.file, true);
  }

  /** Returns it, or -errno. */
  static open(fds: FdTable, entries: number): SimPollRing | number {
    const ring = new SimPollRing(fds, entries);
    return ring.fd < 0 ? ring.fd : ring;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get ready(): number {
    return this.#ready.length;
  }

  add(fd: number, events: number, data: number): void {
    this.#put(() => this.#arm(fd, events | POLLERR | POLLHUP, data));
  }

  remove(data: number): void {
    this.#put(() => this.#cancel(data));
  }

  submit(): number {
    const queue = this.#queue;
    this.#queue = [];
    for (const act of queue) act();
    while (this.#overflow.length > 0 && this.#hasRoom) this.#ready.push(this.#overflow.shift()!);
    return 0;
  }

  data(at: number): number {
    return this.#ready[at]!.data;
  }

  result(at: number): number {
    return this.#ready[at]!.result;
  }

  seen(count: number): void {
    this.#ready.splice(0, count);
  }

  close(): void {
    this.#fds.close(this.fd);
  }

  /** A request completes. */
  end(request: Request, result: number): void {
    this.#armed.delete(request.data);
    this.#complete(request.data, result);
    request.leave();
  }

  poll(): number {
    return this.#ready.length > 0 ? READABLE : 0;
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

  get #hasRoom(): boolean {
    return this.#ready.length < 2 * this.#entries;
  }

  #put(act: () => void): void {
    if (this.#queue.length === this.#entries) this.submit();
    this.#queue.push(act);
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
    const list = this.#overflow.length === 0 && this.#hasRoom ? this.#ready : this.#overflow;
    list.push({ data, result });
    this.file.wake(POLLIN);
  }
}
