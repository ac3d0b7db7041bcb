import { LinuxBuffer, putWord64, word64 } from './memory.ts';

/** A char *[] with its strings, in one growing block that is reused. */
export class StringVector {
  #memory = new LinuxBuffer(1024);
  #bytes = bytesOf(this.#memory);

  /** Returns the address of the first pointer, valid until the next fill. */
  fill(strings: readonly string[]): number {
    const pointers = (strings.length + 1) * 8;
    let room = pointers;
    // UTF-8 has at most three bytes per unit of a string.
    for (let i = 0; i < strings.length; i++) room += strings[i]!.length * 3 + 1;
    if (room > this.#memory.size) {
      this.#memory = new LinuxBuffer(room * 2);
      this.#bytes = bytesOf(this.#memory);
    }
    const bytes = this.#bytes;
    const { i32, address } = this.#memory;
    let at = pointers;
    for (let i = 0; i < strings.length; i++) {
      putWord64(i32, i * 2, address + at);
      at += bytes.write(strings[i]!, at, 'utf8');
      bytes[at++] = 0;
    }
    putWord64(i32, strings.length * 2, 0);
    return address;
  }

  /** The address of a single string, valid until the next fill. */
  fillOne(text: string): number {
    this.fill([text]);
    return word64(this.#memory.i32, 0);
  }
}

function bytesOf({ u8 }: LinuxBuffer): Buffer {
  return Buffer.from(u8.buffer, u8.byteOffset, u8.length);
}
