/**
 * The receive queue of a unix socket. Data in flight is accounted for as in Linux, by the memory of
 * the buffers (skbs), not by bytes: 278 writes of one byte fill a socket of 208 KiB.
 */
import { ByteRing } from './byte-ring.ts';

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
/** The most bytes of one skb. */
export const SKB_MOST = HEAD_MAX + FRAGS_MAX;

/** Memory that Linux charges for an skb of n bytes. */
export function truesize(n: number): number {
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

/** Bytes, and the lengths of the skbs they came in. */
export class SkbQueue {
  readonly #bytes = new ByteRing();
  #lengths = new Int32Array(512);
  #first = 0;
  #count = 0;
  /** Bytes left of the first skb; its memory is released when it is empty. */
  #left = 0;

  get size(): number {
    return this.#bytes.size;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  put(from: Uint8Array, offset: number, n: number): void {
    this.#bytes.put(from, offset, n);
    if (this.#count === this.#lengths.length) this.#grow();
    if (this.#count === 0) this.#left = n;
    this.#lengths[(this.#first + this.#count++) & (this.#lengths.length - 1)] = n;
  }

  /** Takes at most n bytes from the first skb; returns how many. */
  take(to: Uint8Array, offset: number, n: number): number {
    const got = this.#bytes.take(to, offset, Math.min(n, this.#left));
    this.#left -= got;
    return got;
  }

  /** If the first skb is empty, drops it and returns its length; otherwise returns 0. */
  dropEmpty(): number {
    if (this.#left > 0 || this.#count === 0) return 0;
    const mask = this.#lengths.length - 1;
    const length = this.#lengths[this.#first]!;
    this.#first = (this.#first + 1) & mask;
    this.#count--;
    this.#left = this.#count > 0 ? this.#lengths[this.#first]! : 0;
    return length;
  }

  #grow(): void {
    const lengths = new Int32Array(2 * this.#lengths.length);
    const mask = this.#lengths.length - 1;
    for (let i = 0; i < this.#count; i++) lengths[i] = this.#lengths[(this.#first + i) & mask]!;
    this.#lengths = lengths;
    this.#first = 0;
  }
}
