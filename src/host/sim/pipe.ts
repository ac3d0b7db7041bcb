import { O_NONBLOCK, O_RDONLY, O_WRONLY, POLLERR, POLLHUP, S_IFIFO } from '../constants.ts';
import { EAGAIN, EBUSY, EINVAL, EPERM, EPIPE } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { type FileNode, OpenFile, READABLE, WRITABLE } from './file.ts';

const PAGE_SIZE = 4096;
const DEFAULT_SLOTS = 16;
/** /proc/sys/fs/pipe-max-size. */
const MAX_BYTES = 1 << 20;

/**
 * A pipe as in Linux: a ring of pages. A write is merged into the last page if it fits whole, and a
 * page is free again once its last byte is read. The capacity therefore depends on how data was
 * written, and up to PIPE_BUF (a page) is written whole or not at all.
 */
export class Pipe implements FileNode {
  readonly readEnd: OpenFile;
  readonly writeEnd: OpenFile;
  #slots = DEFAULT_SLOTS;
  #pages: Uint8Array[] = [];
  #offset: number[] = [];
  #length: number[] = [];
  #first = 0;
  #used = 0;
  #reader = true;
  #writer = true;

  constructor(flags: number) {
    this.readEnd = new OpenFile(this, O_RDONLY | (flags & O_NONBLOCK), 0, true);
    this.writeEnd = new OpenFile(this, O_WRONLY | (flags & O_NONBLOCK), WRITABLE, true);
  }

  read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count === 0) return 0;
    if (this.#used === 0) return this.#writer ? -EAGAIN : 0;
    const wasFull = this.#used === this.#slots;
    let done = 0;
    while (done < count && this.#used > 0) {
      const slot = this.#first;
      const start = this.#offset[slot]!;
      const n = Math.min(count - done, this.#length[slot]!);
      copy(this.#pages[slot]!, start, buf.u8, offset + done, n);
      done += n;
      this.#offset[slot] = start + n;
      this.#length[slot] = this.#length[slot]! - n;
      if (this.#length[slot] === 0) {
        this.#first = (slot + 1) % this.#slots;
        this.#used--;
      }
    }
    this.#update();
    if (wasFull && this.#used < this.#slots) this.writeEnd.wake(WRITABLE);
    return done;
  }

  write(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count === 0) return 0;
    if (!this.#reader) return -EPIPE;
    let done = this.#merge(buf, offset, count % PAGE_SIZE);
    while (done < count && this.#used < this.#slots) {
      const slot = (this.#first + this.#used) % this.#slots;
      const n = Math.min(count - done, PAGE_SIZE);
      this.#pages[slot] ??= new Uint8Array(PAGE_SIZE);
      copy(buf.u8, offset + done, this.#pages[slot], 0, n);
      this.#offset[slot] = 0;
      this.#length[slot] = n;
      this.#used++;
      done += n;
    }
    this.#update();
    this.readEnd.wake(READABLE);
    return done === 0 ? -EAGAIN : done;
  }

  /** Puts the first n bytes into the last page if they all fit; returns how many it put. */
  #merge(buf: HostBuffer, offset: number, n: number): number {
    if (n === 0 || this.#used === 0) return 0;
    const slot = (this.#first + this.#used - 1) % this.#slots;
    const end = this.#offset[slot]! + this.#length[slot]!;
    if (end + n > PAGE_SIZE) return 0;
    copy(buf.u8, offset, this.#pages[slot]!, end, n);
    this.#length[slot] = this.#length[slot]! + n;
    return n;
  }

  get mode(): number {
    return S_IFIFO | 0o600;
  }

  get link(): string {
    return 'pipe';
  }

  /** One end is released: wakes the other, without saying what changed. */
  release(file: OpenFile): void {
    if (file === this.readEnd) this.#reader = false;
    else this.#writer = false;
    this.#update();
    if (this.#reader) this.readEnd.wake(0);
    if (this.#writer) this.writeEnd.wake(0);
  }

  /** F_GETPIPE_SZ. */
  get capacity(): number {
    return this.#slots * PAGE_SIZE;
  }

  /** F_SETPIPE_SZ: a power of two of pages. Returns the new capacity. */
  setCapacity(bytes: number): number {
    if (bytes < 0 || bytes > 0x80000000) return -EINVAL;
    let slots = 1;
    while (slots * PAGE_SIZE < bytes) slots *= 2;
    if (slots * PAGE_SIZE > MAX_BYTES) return -EPERM;
    if (slots < this.#used) return -EBUSY;
    this.#resize(slots);
    return this.capacity;
  }

  #resize(slots: number): void {
    const pages: Uint8Array[] = [];
    const offset: number[] = [];
    const length: number[] = [];
    for (let i = 0; i < this.#used; i++) {
      const from = (this.#first + i) % this.#slots;
      pages[i] = this.#pages[from]!;
      offset[i] = this.#offset[from]!;
      length[i] = this.#length[from]!;
    }
    this.#pages = pages;
    this.#offset = offset;
    this.#length = length;
    this.#first = 0;
    this.#slots = slots;
    this.#update();
    this.writeEnd.wake(0);
  }

  amount(): number {
    let bytes = 0;
    for (let i = 0; i < this.#used; i++) bytes += this.#length[(this.#first + i) % this.#slots]!;
    return bytes;
  }

  #update(): void {
    this.readEnd.ready = (this.#used > 0 ? READABLE : 0) | (this.#writer ? 0 : POLLHUP);
    this.writeEnd.ready = (this.#used < this.#slots ? WRITABLE : 0) | (this.#reader ? 0 : POLLERR);
  }
}

/** Copies in a loop, since the copies are short: subarray and set would allocate, and cost more. */
function copy(from: Uint8Array, at: number, to: Uint8Array, offset: number, n: number): void {
  if (n > 64) {
    to.set(from.subarray(at, at + n), offset);
    return;
  }
  for (let i = 0; i < n; i++) to[offset + i] = from[at + i]!;
}
