/** The machine code that edits a thread's signal mask: a signal handler (SA_SIGINFO). */

import type { SignalWords } from '../sigset.ts';
import { arm64 } from './code-page.ts';

/** The direction of an edit. */
export type Edit = 'block' | 'unblock';

/**
 * Does `ucontext->uc_sigmask
 * = words` (or `&= ~words`) and returns: the kernel restores the interrupted code's mask from
 * there. undefined for an unknown machine.
 */
export function maskCode(edit: Edit, words: SignalWords): Uint8Array | undefined {
  const block = edit === 'block';
  const lo = block ? words.lo : ~words.lo;
  const hi = block ? words.hi : ~words.hi;
  if (process.arch === 'x64') {
    const value = new Uint8Array(Int32Array.of(lo, hi).buffer);
    // mov rax, imm64; or/and [rdx + 296], rax; ret
    const op = block ? 0x09 : 0x21;
    return Uint8Array.of(0x48, 0xb8, ...value, 0x48, op, 0x82, 0x28, 0x01, 0, 0, 0xc3);
  }
  if (process.arch === 'arm64') {
    // ldr x9, .+20; ldr x10, [x2, #40]; orr/and x10, x10, x9; str x10, [x2, #40]; ret; .quad
    const op = block ? 0xaa09014a : 0x8a09014a;
    return arm64(0x580000a9, 0xf940144a, op, 0xf900144a, 0xd65f03c0, lo, hi);
  }
  return undefined;
}
