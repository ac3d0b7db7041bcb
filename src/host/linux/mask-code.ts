/** The machine code that edits a thread's signal mask, in a page of its own. */

import { ENOSYS } from '../errno.ts';
import { c, memoryAt, result } from './libc.ts';
import type { SignalWords } from './sigset.ts';

/** Which way a mask is edited. */
export type Edit = 'block' | 'unblock';

const PAGE = 4096;
const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 0x20;

/** A signal handler (SA_SIGINFO) in a page that is never writable and executable at once. */
export class MaskHandler {
  /** What sigaction takes. */
  readonly address: number;

  private constructor(address: number) {
    this.address = address;
  }

  /** -ENOSYS on a machine whose code is not known, or what mmap or mprotect refused. */
  static make(edit: Edit, words: SignalWords): MaskHandler | number {
    const code = machineCode(edit, words);
    if (code === undefined) return -ENOSYS;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const address = c.mmap(0, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
    // MAP_FAILED is -1 as an address: far above any page.
    if (address >= Number.MAX_SAFE_INTEGER) return result(-1);
    new Uint8Array(memoryAt(address, code.length)).set(code);
    const ret = result(c.mprotect(address, PAGE, PROT_READ | PROT_EXEC));
    if (ret < 0) {
      c.munmap(address, PAGE);
      return ret;
    }
    return new MaskHandler(address);
  }

  /** No thread may stand in the code any more. */
  free(): void {
    c.munmap(this.address, PAGE);
  }
}

/**
 * `ucontext->uc_sigmask |= words` (or `&= ~words`), and return: the kernel takes the
 * interrupted code's mask from there. undefined for a machine it does not know.
 */
function machineCode(edit: Edit, words: SignalWords): Uint8Array | undefined {
  const block = edit === 'block';
  const value = new Uint8Array(8);
  const view = new DataView(value.buffer);
  view.setInt32(0, block ? words.lo : ~words.lo, true);
  view.setInt32(4, block ? words.hi : ~words.hi, true);
  if (process.arch === 'x64') {
    // mov rax, imm64; or/and [rdx + 296], rax; ret
    const op = block ? 0x09 : 0x21;
    return Uint8Array.of(0x48, 0xb8, ...value, 0x48, op, 0x82, 0x28, 0x01, 0, 0, 0xc3);
  }
  if (process.arch === 'arm64') {
    // ldr x9, .+20; ldr x10, [x2, #40]; orr/and x10, x10, x9; str x10, [x2, #40]; ret; .quad
    const op = block ? 0xaa09014a : 0x8a09014a;
    const code = new Uint8Array(28);
    const out = new DataView(code.buffer);
    [0x580000a9, 0xf940144a, op, 0xf900144a, 0xd65f03c0].forEach((word, i) => {
      out.setUint32(i * 4, word, true);
    });
    code.set(value, 20);
    return code;
  }
  return undefined;
}
