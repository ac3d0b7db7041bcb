import { EPOLL_CTL_ADD, EPOLL_CTL_MOD } from '../../host/constants.ts';
import { EEXIST, ENOENT } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { AioHandler } from '../handler.ts';
import type { EdgeNotifiers } from './edges.ts';
import { Epoll, MIN_EVENTS } from './epoll.ts';

/**
 * Handlers in an epoll. Changes are collected until the next flush, so handlers that are set and
 * removed between two waits cost no system call.
 *
 * Invariant: except for the fds in #changed, the kernel's set equals #wanted.
 */
export class EpollSet {
  readonly #epoll: Epoll;
  /** The handlers to watch, by fd. */
  readonly #wanted: Map<number, AioHandler>;
  /** The handlers that the kernel knows, by fd. */
  readonly #inKernel = new Map<number, AioHandler>();
  readonly #changed = new Set<number>();

  private constructor(epoll: Epoll, wanted: Map<number, AioHandler>) {
    this.#epoll = epoll;
    this.#wanted = wanted;
  }

  /** Null if there is no epoll, or no descriptor for it. */
  static create(host: Host, edges: readonly EdgeNotifiers[]): EpollSet | null {
    const wanted = new Map<number, AioHandler>();
    const epoll = Epoll.create(host, edges, wanted);
    return epoll === null ? null : new EpollSet(epoll, wanted);
  }

  /** Returns false if epoll cannot watch it: another handler watches the fd too. */
  add(record: AioHandler): boolean {
    if (this.#wanted.has(record.fd)) return false;
    this.#wanted.set(record.fd, record);
    this.#changed.add(record.fd);
    return true;
  }

  remove(record: AioHandler): void {
    if (this.#wanted.get(record.fd) !== record) return;
    this.#wanted.delete(record.fd);
    this.#changed.add(record.fd);
  }

  /** An fd is about to be closed. Returns false if it is still wanted. */
  closed(fd: number): boolean {
    // A duplicate of the fd would keep the file in the kernel's set, ready for ever and out of our
    // reach.
    if (this.#inKernel.delete(fd)) this.#epoll.delete(fd);
    return !this.#wanted.has(fd);
  }

  /** Passes the changes to the kernel. Returns false if it refuses. */
  flush(): boolean {
    if (this.#changed.size === 0) return true;
    for (const fd of this.#changed) {
      if (!this.#tell(fd)) return false;
    }
    this.#changed.clear();
    return true;
  }

  /** Waits. Returns the number of events to collect, or -errno. */
  wait(timeoutNs: number): number {
    return this.#epoll.wait(Math.max(MIN_EVENTS, this.#wanted.size), timeoutNs);
  }

  /** See Epoll.watchFd. Changes must have been flushed. */
  watchFd(): number {
    return this.#epoll.watchFd();
  }

  /** Sets the revents of the handlers found, and puts them into `ready`. Returns how many. */
  collect(events: number, ready: AioHandler[]): number {
    return this.#epoll.collect(events, ready);
  }

  /** The fds of the first `events` events, for traces. */
  text(events: number): string {
    return this.#epoll.text(events);
  }

  close(): void {
    this.#epoll.close();
  }

  #tell(fd: number): boolean {
    const wanted = this.#wanted.get(fd);
    const inKernel = this.#inKernel.get(fd);
    if (wanted === inKernel) return true;
    if (wanted === undefined) {
      this.#epoll.delete(fd);
      this.#inKernel.delete(fd);
      return true;
    }
    let ret = this.#epoll.ctl(inKernel === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, wanted);
    // Somebody closed the fd without telling us, and the number is another file's now.
    if (ret === -ENOENT) ret = this.#epoll.ctl(EPOLL_CTL_ADD, wanted);
    if (ret === -EEXIST) ret = this.#epoll.ctl(EPOLL_CTL_MOD, wanted);
    if (ret < 0) return false;
    this.#inKernel.set(fd, wanted);
    return true;
  }
}
