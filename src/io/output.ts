import { EAGAIN } from '../host/errno.ts';
import type { IoChannel } from './channel.ts';
import { CHUNK, IoMemory } from './io-memory.ts';

/** Bytes that a channel has not taken yet. */
export class Output {
  /** How many they are. */
  size = 0;
  readonly #channel: IoChannel;
  readonly #memory: IoMemory;
  readonly #chunks: Uint8Array[] = [];
  /** How much of the first chunk is written. */
  #start = 0;

  constructor(channel: IoChannel) {
    this.#channel = channel;
    this.#memory = IoMemory.of(channel.ctx);
  }

  /**
   * Writes at once as much as goes, and keeps the rest, as a copy. Returns 0, or -errno: all that is
   * not written is kept then.
   * @param waits whether the channel is known to be full, or not open yet
   */
  write(data: Uint8Array, waits: boolean): number {
    let done = 0;
    let ret = 0;
    while (!waits && this.size === 0 && done < data.length) {
      const n = Math.min(CHUNK, data.length - done);
      this.#memory.outgoing.u8.set(n === data.length ? data : data.subarray(done, done + n));
      ret = this.#channel.write(this.#memory.outgoing, 0, n);
      if (ret > 0) done += ret;
      if (ret < n) break;
    }
    if (done < data.length) {
      this.#chunks.push(data.slice(done));
      this.size += data.length - done;
    }
    return ret === -EAGAIN || ret > 0 ? 0 : ret;
  }

  /** Writes what is kept, as far as it goes. Returns 0 or -errno. */
  flush(): number {
    while (this.size > 0) {
      const n = this.#gather();
      const ret = this.#channel.write(this.#memory.outgoing, 0, n);
      if (ret < 0) return ret === -EAGAIN ? 0 : ret;
      this.#drop(ret);
      if (ret < n) return 0;
    }
    return 0;
  }

  /** Copies the first chunks into one buffer. */
  #gather(): number {
    const { u8 } = this.#memory.outgoing;
    let n = 0;
    for (let i = 0; i < this.#chunks.length && n < CHUNK; i++) {
      const from = i === 0 ? this.#start : 0;
      const chunk = this.#chunks[i]!;
      const part = chunk.subarray(from, from + CHUNK - n);
      u8.set(part, n);
      n += part.length;
    }
    return n;
  }

  #drop(bytes: number): void {
    this.size -= bytes;
    let left = bytes + this.#start;
    let gone = 0;
    while (gone < this.#chunks.length && left >= this.#chunks[gone]!.length) {
      left -= this.#chunks[gone++]!.length;
    }
    this.#chunks.splice(0, gone);
    this.#start = left;
  }
}
