/** Machine code in a page of its own, which is never writable and executable at the same time. */

import { ENOSYS } from '../../errno.ts';
import { c, memoryAt, result } from '../libc.ts';

const PAGE = 4096;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

export class CodePage {
  /** The address of its first instruction. */
  readonly address: number;

  private constructor(address: number) {
    this.address = address;
  }

  /**
   * @param code undefined on a machine whose code is not known
   * @returns -ENOSYS in that case, or the error of mmap or mprotect
   */
  static make(code: Uint8Array | undefined): CodePage | number {
    if (code === undefined) return -ENOSYS;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const address = c.mmap(0, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    // As an address, MAP_FAILED (-1) is far above any page.
    if (address >= Number.MAX_SAFE_INTEGER) return result(-1);
    new Uint8Array(memoryAt(address, code.length)).set(code);
    const ret = result(c.mprotect(address, PAGE, PROT_READ | PROT_EXEC));
    if (ret < 0) {
      c.munmap(address, PAGE);
      return ret;
    }
    return new CodePage(address);
  }

  /** Frees the page. No thread may be in the code. */
  free(): void {
    c.munmap(this.address, PAGE);
  }
}

/** arm64 instructions as bytes. */
export function arm64(...words: readonly number[]): Uint8Array {
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true);
  return code;
}
