/**
 * AF_UNIX stream sockets. Data in flight is accounted for as in Linux, by the memory of the buffers
 * (skbs), not by bytes: 278 writes of one byte fill a socket of 208 KiB.
 */
import { AF_UNIX, O_NONBLOCK, O_RDWR, POLLERR, POLLHUP, SOCK_STREAM } from '../constants.ts';
import { EAFNOSUPPORT, EAGAIN, ECONNRESET, EINVAL, EPIPE, ESOCKTNOSUPPORT } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { WRITABLE as FILE_WRITABLE, type FileNode, OpenFile, POLLRDHUP, READABLE } from './file.ts';

/** Sockets report POLLWRBAND too. */
const WRITABLE = FILE_WRITABLE | 0x200;

/** net.core.wmem_default. */
const SNDBUF = 212992;
const PAGE_SIZE = 4096;
/**
 * sizeof(struct sk_buff) and sizeof(struct skb_shared_info), with the alignment of their
 * allocation.
 */
const SKB_BYTES = 256;
const SHARED_INFO_BYTES = 320;
/** The most that an skb holds outside of pages (SKB_MAX_HEAD(0)), and in pages. */
const HEAD_MAX = PAGE_SIZE - SHARED_INFO_BYTES;
const FRAGS_MAX = 32768;

/** Memory that Linux charges for an skb of n bytes. */
function truesize(n: number): number {
  const paged = Math.min(n, pageAlign(Math.max(0, n - HEAD_MAX)));
  const head = ((n - paged + 63) & ~63) + SHARED_INFO_BYTES;
  let slab = 64;
  while (slab < head) slab *= 2;
  // kmalloc also has caches of 96 and 192 bytes, but no head is that small.
  return SKB_BYTES + slab + pageAlign(paged);
}

function pageAlign(n: number): number {
  return (n + PAGE_SIZE - 1) & -PAGE_SIZE;
}

/** Bytes in a growing ring, and the lengths of the skbs they came in. */
class ReceiveQueue {
  #bytes = new Uint8Array(256);
  #start = 0;
  #size = 0;
  readonly #lengths = new Int32Array(512);
  #first = 0;
  #count = 0;
  /** Bytes left of the first skb; its memory is released when it is empty. */
  #left = 0;

  get size(): number {
    return this.#size;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  put(from: Uint8Array, offset: number, n: number): void {
    while (this.#size + n > this.#bytes.length) this.#grow();
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < n; i++)
      this.#bytes[(this.#start + this.#size + i) & mask] = from[offset + i]!;
    this.#size += n;
    if (this.#count === 0) this.#left = n;
    this.#lengths[(this.#first + this.#count++) & 511] = n;
  }

  /** Takes at most n bytes from the first skb; returns how many. */
  take(to: Uint8Array, offset: number, n: number): number {
    const got = Math.min(n, this.#left);
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < got; i++) to[offset + i] = this.#bytes[(this.#start + i) & mask]!;
    this.#start = (this.#start + got) & mask;
    this.#size -= got;
    this.#left -= got;
    return got;
  }

  /** If the first skb is empty, drops it and returns its length; otherwise returns 0. */
  dropEmpty(): number {
    if (this.#left > 0 || this.#count === 0) return 0;
    const length = this.#lengths[this.#first]!;
    this.#first = (this.#first + 1) & 511;
    this.#count--;
    this.#left = this.#count > 0 ? this.#lengths[this.#first]! : 0;
    return length;
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    const mask = this.#bytes.length - 1;
    for (let i = 0; i < this.#size; i++) bytes[i] = this.#bytes[(this.#start + i) & mask]!;
    this.#bytes = bytes;
    this.#start = 0;
  }
}

class Socket implements FileNode {
  readonly file: OpenFile;
  peer: Socket | null = null;
  readonly #received = new ReceiveQueue();
  /** Memory of what we sent and the peer has not read yet. */
  #sent = 0;
  #error = 0;

  constructor(flags: number) {
    this.file = new OpenFile(this, O_RDWR | (flags & O_NONBLOCK), WRITABLE, true);
  }

  read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count === 0) return 0;
    if (this.#received.empty) return this.#readNothing();
    let done = 0;
    while (done < count && !this.#received.empty) {
      done += this.#received.take(buf.u8, offset + done, count - done);
      const length = this.#received.dropEmpty();
      if (length > 0 && this.peer !== null) this.peer.#freed(truesize(length));
    }
    this.#update();
    return done;
  }

  #readNothing(): number {
    if (this.#error !== 0) {
      const error = this.#error;
      this.#error = 0;
      this.#update();
      return -error;
    }
    return this.peer === null ? 0 : -EAGAIN;
  }

  write(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (this.peer === null) return -EPIPE;
    let done = 0;
    while (done < count && this.#sent < SNDBUF) {
      const n = Math.min(count - done, (SNDBUF >> 1) - 64, HEAD_MAX + FRAGS_MAX);
      this.#sent += truesize(n);
      this.peer.#received.put(buf.u8, offset + done, n);
      done += n;
      this.peer.#update();
      this.peer.file.wake(READABLE);
    }
    this.#update();
    return done === 0 && count > 0 ? -EAGAIN : done;
  }

  poll(): number {
    return (
      (this.#received.empty ? 0 : READABLE) |
      (this.peer === null ? READABLE | POLLRDHUP | POLLHUP : 0) |
      (this.#error === 0 ? 0 : POLLERR) |
      (this.#writable() ? WRITABLE : 0)
    );
  }

  release(): void {
    const peer = this.peer;
    if (peer === null) return;
    this.peer = null;
    peer.peer = null;
    peer.#sent = 0;
    if (!this.#received.empty) peer.#error = ECONNRESET;
    peer.#update();
    peer.file.wake(0);
  }

  amount(): number {
    return this.#received.size;
  }

  #freed(bytes: number): void {
    this.#sent -= bytes;
    this.#update();
    if (this.#writable()) this.file.wake(WRITABLE);
  }

  #writable(): boolean {
    return this.#sent * 4 < SNDBUF;
  }

  #update(): void {
    this.file.ready = this.poll();
  }
}

/** socketpair(2) of stream sockets. Returns 0 with both ends in out, or -errno. */
export function newSocketPair(domain: number, type: number, out: OpenFile[]): number {
  const flags = type & ~0xf;
  if (domain !== AF_UNIX) return -EAFNOSUPPORT;
  if ((flags & ~(O_NONBLOCK | 0o2000000)) !== 0) return -EINVAL;
  if ((type & 0xf) !== SOCK_STREAM) return -ESOCKTNOSUPPORT;
  const a = new Socket(flags);
  const b = new Socket(flags);
  a.peer = b;
  b.peer = a;
  out[0] = a.file;
  out[1] = b.file;
  return 0;
}
