/**
 * The code that a child runs between clone and execve: a list of system calls, and a few
 * instructions that make them in turn, and exit with 127 at the first one that fails, or that
 * returns something else than it must.
 */

import { arm64 } from './code-page.ts';

/**
 * A system call of the list: its number, four arguments, its result, and the result it must have
 * (0: anything but an error); 64 bits each.
 */
export const CALL_BYTES = 56;

type Call =
  | 'chdir'
  | 'dup3'
  | 'execve'
  | 'fcntl'
  | 'getpgid'
  | 'getppid'
  | 'ioctl'
  | 'prctl'
  | 'rt_sigaction'
  | 'rt_sigprocmask'
  | 'setgid'
  | 'setgroups'
  | 'setpgid'
  | 'setsid'
  | 'setuid';

export interface Machine {
  /** Numbers of system calls. */
  readonly NR: Readonly<Record<Call, number>>;
  /** A function to pass to clone; its argument is the address of the list. */
  readonly code: Uint8Array;
}

const X64: Machine = {
  NR: {
    rt_sigaction: 13,
    rt_sigprocmask: 14,
    ioctl: 16,
    execve: 59,
    fcntl: 72,
    chdir: 80,
    setuid: 105,
    setgid: 106,
    setpgid: 109,
    getppid: 110,
    setsid: 112,
    setgroups: 116,
    getpgid: 121,
    prctl: 157,
    dup3: 292,
  },
  code: Uint8Array.of(
    ...[0x48, 0x89, 0xfb], //            mov rbx, rdi
    ...[0x48, 0x8b, 0x03], //         1: mov rax, [rbx]
    ...[0x48, 0x8b, 0x7b, 0x08], //      mov rdi, [rbx + 8]
    ...[0x48, 0x8b, 0x73, 0x10], //      mov rsi, [rbx + 16]
    ...[0x48, 0x8b, 0x53, 0x18], //      mov rdx, [rbx + 24]
    ...[0x4c, 0x8b, 0x53, 0x20], //      mov r10, [rbx + 32]
    ...[0x0f, 0x05], //                  syscall
    ...[0x48, 0x89, 0x43, 0x28], //      mov [rbx + 40], rax
    ...[0x48, 0x85, 0xc0], //            test rax, rax
    ...[0x78, 0x11], //                  js 2f
    ...[0x48, 0x8b, 0x4b, 0x30], //      mov rcx, [rbx + 48]
    ...[0xe3, 0x05], //                  jrcxz 3f
    ...[0x48, 0x39, 0xc8], //            cmp rax, rcx
    ...[0x75, 0x06], //                  jne 2f
    ...[0x48, 0x83, 0xc3, 0x38], //   3: add rbx, 56
    ...[0xeb, 0xd1], //                  jmp 1b
    ...[0xbf, 127, 0, 0, 0], //       2: mov edi, 127
    ...[0xb8, 231, 0, 0, 0], //          mov eax, 231 (exit_group)
    ...[0x0f, 0x05], //                  syscall
  ),
};

const ARM64: Machine = {
  NR: {
    dup3: 24,
    fcntl: 25,
    ioctl: 29,
    chdir: 49,
    rt_sigaction: 134,
    rt_sigprocmask: 135,
    setgid: 144,
    setuid: 146,
    setpgid: 154,
    getpgid: 155,
    setsid: 157,
    setgroups: 159,
    prctl: 167,
    getppid: 173,
    execve: 221,
  },
  code: arm64(
    0xaa0003e9, //    mov x9, x0
    0xf9400128, // 1: ldr x8, [x9]
    0xa9408520, //    ldp x0, x1, [x9, #8]
    0xa9418d22, //    ldp x2, x3, [x9, #24]
    0xd4000001, //    svc #0
    0xf9001520, //    str x0, [x9, #40]
    0xb7f800e0, //    tbnz x0, #63, 2f
    0xf940192a, //    ldr x10, [x9, #48]
    0xb400006a, //    cbz x10, 3f
    0xeb0a001f, //    cmp x0, x10
    0x54000061, //    b.ne 2f
    0x9100e129, // 3: add x9, x9, #56
    0x17fffff5, //    b 1b
    0xd2800fe0, // 2: mov x0, #127
    0xd2800bc8, //    mov x8, #94 (exit_group)
    0xd4000001, //    svc #0
  ),
};

/** undefined on an unknown machine. */
export const MACHINE: Machine | undefined = { x64: X64, arm64: ARM64 }[process.arch as string];
