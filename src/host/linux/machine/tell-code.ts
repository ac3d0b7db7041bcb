/** The machine code of a signal handler that writes the signal's number into a pipe. */

import { arm64 } from './code-page.ts';

/** Bytes of a record: a word that has the signal's number in its lower half. */
export const TOLD_BYTES = 8;

/**
 * void (int signo): write(fd, {signo}, 8), by the system call itself, so that the interrupted code's errno
 * stays as it is. undefined for an unknown machine.
 * @param fd does not block, so a signal for which there is no room is dropped
 */
export function tellCode(fd: number): Uint8Array | undefined {
  if (process.arch === 'x64') {
    const number = new Uint8Array(Int32Array.of(fd).buffer);
    // push rdi; mov edi, fd; mov rsi, rsp; mov edx, 8; mov eax, SYS_write; syscall; pop rdi; ret
    const begin = [0x57, 0xbf, ...number, 0x48, 0x89, 0xe6, 0xba, TOLD_BYTES, 0, 0, 0];
    return Uint8Array.of(...begin, 0xb8, 1, 0, 0, 0, 0x0f, 0x05, 0x5f, 0xc3);
  }
  if (process.arch === 'arm64') {
    // str x0, [sp, #-16]!; ldr w0, .+28; mov x1, sp; mov x2, #8; mov x8, #SYS_write; svc #0; add sp, sp, #16; ret; .word fd
    const call = [0x910003e1, 0xd2800102, 0xd2800808, 0xd4000001];
    return arm64(0xf81f0fe0, 0x180000e0, ...call, 0x910043ff, 0xd65f03c0, fd);
  }
  return undefined;
}
