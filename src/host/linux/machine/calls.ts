/**
 * The system calls that each loop iteration makes. They return the kernel's result, a value or
 * -errno.
 */

import koffi from '../koffi.ts';
import { c, result, SYS } from '../libc.ts';
import { LinuxBuffer, putWord64 } from '../memory.ts';
import { CodePage } from './code-page.ts';

type A = number;

/** `gate` falls back to `libc`. */
export type CallWay = 'gate' | 'libc';
export const CALL_WAYS: readonly CallWay[] = ['gate', 'libc'];

export interface LoopCalls {
  read(fd: number, address: A, count: number): number;
  write(fd: number, address: A, count: number): number;
  poll(fds: A, nfds: number, timeoutMs: number): number;
  epollWait(epfd: number, events: A, maxEvents: number, timeoutMs: number): number;
  /** @param timeout the address of a struct timespec, or 0 */
  futex(word: A, op: number, value: number, timeout: A): number;
  /** io_uring_enter(2) that submits requests, and does not wait. */
  uringSubmit(fd: number, count: number): number;
}

/** The same on every machine. */
export const SYS_IO_URING_ENTER = 426;

export const libcCalls: LoopCalls = {
  read: (fd, address, count) => result(c.read(fd, address, count)),
  write: (fd, address, count) => result(c.write(fd, address, count)),
  poll: (fds, nfds, timeoutMs) => result(c.poll(fds, nfds, timeoutMs)),
  epollWait: (epfd, events, most, timeoutMs) => result(c.epollWait(epfd, events, most, timeoutMs)),
  futex: (word, op, value, timeout) => result(c.syscall(SYS.futex, word, op, value, timeout, 0, 0)),
  uringSubmit: (fd, count) => result(c.syscall(SYS_IO_URING_ENTER, fd, count, 0, 0, 0, 0)),
};

// Words of the memory from which the gate takes a call: two 64-bit arguments, an int, and one of 64 bits.
const NR = 0;
const FIRST = 2;
const SECOND = 4;
const THIRD = 6;
const FOURTH = 8;
const BYTES = 40;
/** Linux transfers at most this many bytes in a call. */
const MOST_BYTES = 0x7ffff000;

/** x86-64. Other machines use the C library's functions. */
const X64 = { read: 0, write: 1, poll: 7, epollWait: 232, futex: SYS.futex };

function codeFor(address: A): Uint8Array {
  const imm64 = new Int32Array(2);
  putWord64(imm64, 0, address);
  return Uint8Array.of(
    ...[0x49, 0xb8, ...new Uint8Array(imm64.buffer)], // mov r8, address
    ...[0x41, 0x8b, 0x00], //             mov eax, [r8]
    ...[0x49, 0x8b, 0x78, 0x08], //       mov rdi, [r8 + 8]
    ...[0x49, 0x8b, 0x70, 0x10], //       mov rsi, [r8 + 16]
    ...[0x41, 0x8b, 0x50, 0x18], //       mov edx, [r8 + 24]
    ...[0x4d, 0x8b, 0x50, 0x20], //       mov r10, [r8 + 32]
    ...[0x0f, 0x05, 0xc3], //             syscall; ret
  );
}

/**
 * A function without parameters that makes the call stored in memory: koffi takes 5 to 10 ns for
 * each argument, and the C library some more, since its calls can be cancelled. Null if the
 * machine's code is unknown, or executable pages are forbidden.
 */
function gatedCalls(): LoopCalls | null {
  if (process.arch !== 'x64') return null;
  const memory = new LinuxBuffer(BYTES);
  const page = CodePage.make(codeFor(memory.address));
  if (typeof page === 'number') return null;
  const gate: () => number = koffi.decode(BigInt(page.address), koffi.proto('int()'));
  const words = memory.i32;
  const transfer = (nr: number, fd: number, address: A, count: number): number => {
    words[NR] = nr;
    words[FIRST] = fd;
    words[FIRST + 1] = 0;
    putWord64(words, SECOND, address);
    words[THIRD] = count < MOST_BYTES ? count : MOST_BYTES;
    return gate();
  };
  return {
    read: (fd, address, count) => transfer(X64.read, fd, address, count),
    write: (fd, address, count) => transfer(X64.write, fd, address, count),
    poll: (fds, nfds, timeoutMs) => {
      words[NR] = X64.poll;
      putWord64(words, FIRST, fds);
      putWord64(words, SECOND, nfds);
      words[THIRD] = timeoutMs;
      return gate();
    },
    epollWait: (epfd, events, most, timeoutMs) => {
      // An int: the kernel does not look at the upper half.
      words[FOURTH] = timeoutMs;
      return transfer(X64.epollWait, epfd, events, most);
    },
    futex: (word, op, value, timeout) => {
      words[NR] = X64.futex;
      putWord64(words, FIRST, word);
      words[SECOND] = op;
      words[SECOND + 1] = 0;
      words[THIRD] = value;
      putWord64(words, FOURTH, timeout);
      return gate();
    },
    uringSubmit: (fd, count) => {
      words[NR] = SYS_IO_URING_ENTER;
      words[FIRST] = fd;
      words[FIRST + 1] = 0;
      words[SECOND] = count;
      words[SECOND + 1] = 0;
      words[THIRD] = 0;
      // Without flags it looks at no further argument: r8 is not one.
      words[FOURTH] = 0;
      words[FOURTH + 1] = 0;
      return gate();
    },
  };
}

let gated: LoopCalls | null | undefined;

/**
 * The fastest calls available, shared by all hosts of this JavaScript thread. Their code page stays
 * as long as the process.
 */
export function loopCalls(): LoopCalls {
  if (gated === undefined) gated = gatedCalls();
  return gated ?? libcCalls;
}
