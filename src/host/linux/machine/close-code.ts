/** The machine code that closes a libuv handle when its thread ends. */

import { putWord64 } from '../memory.ts';
import { arm64 } from './code-page.ts';

/**
 * void (uv_handle_t *): uv_close(handle, free). A worker that is terminated runs no JavaScript any
 * more, and Node aborts the process if a handle is left open then. undefined for an unknown machine.
 */
export function closeCode(uvClose: number, free: number): Uint8Array | undefined {
  const words = new Int32Array(4);
  putWord64(words, 0, uvClose);
  putWord64(words, 2, free);
  if (process.arch === 'x64') {
    const bytes = new Uint8Array(words.buffer);
    // mov rax, imm64; mov rsi, imm64; jmp rax
    const [target, then] = [bytes.subarray(0, 8), bytes.subarray(8)];
    return Uint8Array.of(0x48, 0xb8, ...target, 0x48, 0xbe, ...then, 0xff, 0xe0);
  }
  if (process.arch === 'arm64') {
    // ldr x16, .+12; ldr x1, .+16; br x16; .quad; .quad
    const [a, b, c, d] = words as unknown as [number, number, number, number];
    return arm64(0x58000070, 0x58000081, 0xd61f0200, a, b, c, d);
  }
  return undefined;
}
