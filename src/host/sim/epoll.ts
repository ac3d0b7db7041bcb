/**
 * epoll(7) with its ready list, in Linux's order: an item is appended when it becomes ready;
 * epoll_wait takes items from the head, drops those that have ceased to be ready, and appends the
 * level-triggered ones that it reported to the tail again.
 */
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
  EPOLLWAKEUP,
  O_RDWR,
  POLLERR,
  POLLHUP,
  POLLIN,
} from '../constants.ts';
import { EEXIST, EINVAL, ELOOP, ENOENT } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { ASK_NODE, type FileNode, OpenFile, READABLE, type Watcher } from './file.ts';

/** Bits that say how to report, not what to report. An item with no other bits is disabled. */
const PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
/** EP_MAX_NESTS: how deep epolls may watch epolls. */
const MAX_NESTS = 4;

/** Words of one record: events, fd, token. */
export const EPOLL_STRIDE = 3;
export const EPOLL_DATA_WORD = 1;

/** A file that an epoll watches, under a descriptor's number. */
class Item implements Watcher {
  readonly epoll: Epoll;
  readonly file: OpenFile;
  readonly fd: number;
  events: number;
  token: number;
  /** Whether it is in the ready list; next is null at the tail. */
  queued = false;
  prev: Item | null = null;
  next: Item | null = null;

  constructor(epoll: Epoll, file: OpenFile, fd: number, events: number, token: number) {
    this.epoll = epoll;
    this.file = file;
    this.fd = fd;
    this.events = events;
    this.token = token;
  }

  wake(key: number): void {
    if ((this.events & ~PRIVATE_BITS) === 0) return;
    if (key !== 0 && (key & this.events) === 0) return;
    this.epoll.itemWoken(this);
  }

  fileReleased(): void {
    this.epoll.forget(this);
  }
}

export class Epoll implements FileNode {
  readonly file: OpenFile;
  readonly #items = new Set<Item>();
  #head: Item | null = null;
  #tail: Item | null = null;
  #queued = 0;

  constructor() {
    this.file = new OpenFile(this, O_RDWR, ASK_NODE, true);
  }

  get mode(): number {
    return 0o600;
  }

  get link(): string {
    return 'anon_inode:[eventpoll]';
  }

  /** epoll_ctl(2); target is the pollable file that fd stands for. */
  control(op: number, target: OpenFile, fd: number, events: number, token: number): number {
    if (target === this.file) return -EINVAL;
    const item = this.#find(target, fd);
    // Errors and hang-ups are always reported.
    const all = events | POLLERR | POLLHUP;
    if (op === EPOLL_CTL_ADD) return item ? -EEXIST : this.#add(target, fd, all, token);
    if (op !== EPOLL_CTL_DEL && op !== EPOLL_CTL_MOD) return -EINVAL;
    if (item === undefined) return -ENOENT;
    if (op === EPOLL_CTL_DEL) {
      target.watchers.splice(target.watchers.indexOf(item), 1);
      this.forget(item);
      return 0;
    }
    if (((events | item.events) & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    item.events = all;
    item.token = token;
    this.#look(item);
    return 0;
  }

  /** Fills records with at most maxEvents ready items. Returns how many. */
  harvest(out: Int32Array, maxEvents: number): number {
    let n = 0;
    for (let left = this.#queued; left > 0 && n < maxEvents; left--) {
      const item = this.#head!;
      this.#unlink(item);
      const revents = item.file.poll() & item.events;
      if (revents === 0) continue;
      const at = n * EPOLL_STRIDE;
      out[at] = revents;
      out[at + EPOLL_DATA_WORD] = item.fd;
      out[at + EPOLL_DATA_WORD + 1] = item.token;
      n++;
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= PRIVATE_BITS;
      else if ((item.events & EPOLLET) === 0) this.#append(item);
    }
    return n;
  }

  /** An item's file changed: queues the item. Pollers of this epoll are always told. */
  itemWoken(item: Item): void {
    if (!item.queued) this.#append(item);
    this.file.wake(POLLIN);
  }

  /** Queues an added or changed item if it is ready. */
  #look(item: Item): void {
    if (!item.queued && (item.file.poll() & item.events) !== 0) this.itemWoken(item);
  }

  /** Drops an item that has left its file's wait queue. */
  forget(item: Item): void {
    this.#items.delete(item);
    if (item.queued) this.#unlink(item);
  }

  /** Readable if any item is ready; items found not ready leave the list. */
  poll(): number {
    while (this.#head !== null) {
      const item = this.#head;
      if ((item.file.poll() & item.events) !== 0) return READABLE;
      this.#unlink(item);
    }
    return 0;
  }

  read(_file: OpenFile, _buf: HostBuffer, _offset: number, _count: number): number {
    return -EINVAL;
  }

  write(_file: OpenFile, _buf: HostBuffer, _offset: number, _count: number): number {
    return -EINVAL;
  }

  release(): void {
    for (const item of this.#items) {
      const queue = item.file.watchers;
      queue.splice(queue.indexOf(item), 1);
    }
    this.#items.clear();
    this.#head = null;
    this.#tail = null;
    this.#queued = 0;
  }

  #add(target: OpenFile, fd: number, events: number, token: number): number {
    if (target.node instanceof Epoll) {
      if ((events & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
      if (target.node.#reaches(this)) return -ELOOP;
      if (target.node.#below() + 1 + this.#above() > MAX_NESTS) return -ELOOP;
    }
    const item = new Item(this, target, fd, events, token);
    this.#items.add(item);
    target.watchers.push(item);
    this.#look(item);
    return 0;
  }

  /** File and number together identify an item, since a number may come to mean another file. */
  #find(target: OpenFile, fd: number): Item | undefined {
    for (const watcher of target.watchers) {
      if (!(watcher instanceof Item) || watcher.epoll !== this) continue;
      if (watcher.file === target && watcher.fd === fd) return watcher;
    }
    return undefined;
  }

  #reaches(other: Epoll): boolean {
    if (this === other) return true;
    for (const { file } of this.#items) {
      if (file.node instanceof Epoll && file.node.#reaches(other)) return true;
    }
    return false;
  }

  /** The length of the longest chain of epolls below this one. */
  #below(): number {
    let depth = 0;
    for (const { file } of this.#items) {
      if (file.node instanceof Epoll) depth = Math.max(depth, file.node.#below() + 1);
    }
    return depth;
  }

  #above(): number {
    let depth = 0;
    for (const watcher of this.file.watchers) {
      if (watcher instanceof Item) depth = Math.max(depth, watcher.epoll.#above() + 1);
    }
    return depth;
  }

  #append(item: Item): void {
    item.queued = true;
    item.prev = this.#tail;
    item.next = null;
    if (this.#tail === null) this.#head = item;
    else this.#tail.next = item;
    this.#tail = item;
    this.#queued++;
  }

  #unlink(item: Item): void {
    item.queued = false;
    if (item.prev === null) this.#head = item.next;
    else item.prev.next = item.next;
    if (item.next === null) this.#tail = item.prev;
    else item.next.prev = item.prev;
    item.prev = null;
    item.next = null;
    this.#queued--;
  }
}
