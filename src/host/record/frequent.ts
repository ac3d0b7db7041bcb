/**
 * The arguments of the last call of each frequent kind: to compare them is cheaper than to write them.
 * Buffers are compared by identity, so one that is the same needs no other check.
 */

import type { HostBuffer } from '../host.ts';

/** Data up to this size is compared byte by byte: mostly the number that sets an event notifier. */
const SMALL = 8;
/** No buffer, also none that a caller may give in place of one. */
const NONE = Object.freeze({});

/** Those of no call yet: they equal no others. */
export class LastArgs {
  clock = Number.NaN;
  readonly poll = { nfds: -1, timeoutNs: Number.NaN, sum: -1 };
  readonly wait = new LastCall();
  readonly read = new LastCall();
  readonly write = new LastWrite();
}

/** Those of a call that takes a descriptor, a buffer and two numbers. */
class LastCall {
  #fd = -1;
  #buf: object = NONE;
  #first = 0;
  #second = 0;

  is(fd: number, buf: HostBuffer, first: number, second: number): boolean {
    return buf === this.#buf && fd === this.#fd && first === this.#first && second === this.#second;
  }

  set(fd: number, buf: HostBuffer, first: number, second: number): void {
    this.#fd = fd;
    this.#buf = buf;
    this.#first = first;
    this.#second = second;
  }

  forget(): void {
    this.#buf = NONE;
  }
}

class LastWrite extends LastCall {
  readonly #data = new Uint8Array(SMALL);

  /** Whether the data is that of the last call too, whose buffer, offset and count this must have. */
  hasData({ u8 }: HostBuffer, offset: number, count: number): boolean {
    const data = this.#data;
    // The ninth byte is never the same: none was kept.
    for (let i = 0; i < count; i++) if (data[i] !== u8[offset + i]) return false;
    return true;
  }

  setData({ u8 }: HostBuffer, offset: number, count: number): void {
    if (count <= SMALL) this.#data.set(u8.subarray(offset, offset + count));
  }
}
