/**
 * The machine code that runs Node's own loop from JavaScript.
 *
 * koffi calls C on a stack of its own, where V8 would see an overflow as soon as libuv calls
 * JavaScript. So this calls it on the stack that JavaScript came from: the code by which koffi makes
 * a call keeps that stack's pointer in rbp, which STACK_CODE lets its caller check.
 *
 * Callbacks call koffi, too. It knows nothing of the call that is under way, and uses the same part of
 * its stack again. So nothing of ours stays there: all is saved on JavaScript's stack, also the address
 * to return to.
 *
 * Around uv_run stands a verbose v8::TryCatch, as around Node's own timers. Without one V8 takes an
 * error of a callback for an error of the JavaScript below, so that it is no uncaught exception, and
 * Node's stack of async contexts is left as it was in the callback: Node then aborts.
 */

import { LinuxBuffer, putWord64 } from '../memory.ts';

/** The addresses that the code needs: an isolate, and functions. */
export interface UvRunAddresses {
  readonly isolate: number;
  /** v8::TryCatch::TryCatch(v8::Isolate *) */
  readonly tryCatch: number;
  /** v8::TryCatch::SetVerbose(bool) */
  readonly setVerbose: number;
  readonly uvRun: number;
  /** v8::TryCatch::~TryCatch() */
  readonly endTryCatch: number;
}

/** The table of addresses, as the code expects it. It must live as long as the code. */
export function uvRunTable(to: UvRunAddresses): LinuxBuffer {
  const table = new LinuxBuffer(40);
  const words = [to.isolate, to.tryCatch, to.setVerbose, to.uvRun, to.endTryCatch];
  for (const [i, word] of words.entries()) putWord64(table.i32, 2 * i, word);
  return table;
}

/** int (uv_loop_t *, uv_run_mode) on x86-64. @param table the address of uvRunTable's words */
export function uvRunCode(table: number): Uint8Array {
  const imm64 = new Int32Array(2);
  putWord64(imm64, 0, table);
  return Uint8Array.of(
    ...[0x49, 0xbb, ...new Uint8Array(imm64.buffer)], // mov r11, table
    ...[0x4c, 0x8b, 0x14, 0x24], //             mov r10, [rsp]
    ...[0x48, 0x89, 0xe0], //                   mov rax, rsp
    ...[0x48, 0x8d, 0xa5, 0x00, 0xfe, 0xff, 0xff], // lea rsp, [rbp - 512]
    ...[0x48, 0x83, 0xe4, 0xc0], //             and rsp, -64
    ...[0x50], //                               push rax
    ...[0x41, 0x52], //                         push r10
    ...[0x53], //                               push rbx
    ...[0x41, 0x54], //                         push r12
    ...[0x41, 0x55], //                         push r13
    ...[0x41, 0x56], //                         push r14
    ...[0x41, 0x57], //                         push r15
    ...[0x48, 0x89, 0xe3], //                   mov rbx, rsp
    ...[0x49, 0x89, 0xfc], //                   mov r12, rdi
    ...[0x41, 0x89, 0xf5], //                   mov r13d, esi
    ...[0x4d, 0x89, 0xdf], //                   mov r15, r11
    ...[0x48, 0x81, 0xec, 0x08, 0x02, 0x00, 0x00], // sub rsp, 520
    ...[0x49, 0x89, 0xe6], //                   mov r14, rsp (the TryCatch)
    ...[0x4c, 0x89, 0xf7], //                   mov rdi, r14
    ...[0x49, 0x8b, 0x37], //                   mov rsi, [r15]
    ...[0x41, 0xff, 0x57, 0x08], //             call [r15 + 8]
    ...[0x4c, 0x89, 0xf7], //                   mov rdi, r14
    ...[0xbe, 0x01, 0x00, 0x00, 0x00], //       mov esi, 1
    ...[0x41, 0xff, 0x57, 0x10], //             call [r15 + 16]
    ...[0x4c, 0x89, 0xe7], //                   mov rdi, r12
    ...[0x44, 0x89, 0xee], //                   mov esi, r13d
    ...[0x41, 0xff, 0x57, 0x18], //             call [r15 + 24]
    ...[0x41, 0x89, 0xc5], //                   mov r13d, eax
    ...[0x4c, 0x89, 0xf7], //                   mov rdi, r14
    ...[0x41, 0xff, 0x57, 0x20], //             call [r15 + 32]
    ...[0x44, 0x89, 0xe8], //                   mov eax, r13d
    ...[0x48, 0x89, 0xdc], //                   mov rsp, rbx
    ...[0x41, 0x5f], //                         pop r15
    ...[0x41, 0x5e], //                         pop r14
    ...[0x41, 0x5d], //                         pop r13
    ...[0x41, 0x5c], //                         pop r12
    ...[0x5b], //                               pop rbx
    ...[0x41, 0x5a], //                         pop r10
    ...[0x5c], //                               pop rsp
    ...[0x4c, 0x89, 0x14, 0x24], //             mov [rsp], r10
    ...[0xc3], //                               ret
  );
}

/** uintptr_t (): the pointer of the stack that JavaScript came from, on x86-64. */
export const STACK_CODE: Uint8Array = Uint8Array.of(
  ...[0x48, 0x89, 0xe8, 0xc3], // mov rax, rbp; ret
);
