/**
 * The C library, bound with koffi. Addresses are plain numbers (`uintptr_t`), so a call converts
 * nothing. Bindings are made once per JavaScript thread: those the loop uses are made here, the
 * rest (lazy) at first use, since a host must start fast, and since musl lacks some functions of
 * glibc. A Worker that is terminated while one is made ends the process: koffi cannot throw there.
 */

import { ENOSYS } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import koffi from './koffi.ts';

type Num = number;
type CFunction<A extends (Num | string)[]> = (...args: A) => number;

const libc = koffi.load(null);

/** Binds a function of the C library; throws if the library has no such function. */
export function bind<A extends (Num | string)[]>(declaration: string): CFunction<A> {
  return libc.func(declaration) as CFunction<A>;
}

/** This thread's errno, read in place. */
const errnoWord = new Int32Array(
  koffi.view(libc.func('void *__errno_location()')(), 4),
) as Int32Array & { 0: number };

/** Binds at the first call. If this C library lacks the function, calls fail with ENOSYS. */
export function lazy<A extends (Num | string)[]>(declaration: string): CFunction<A> {
  let bound: CFunction<A> | undefined;
  return (...args: A): number => {
    bound ??= bindOrRefuse<A>(declaration);
    return bound(...args);
  };
}

function bindOrRefuse<A extends (Num | string)[]>(declaration: string): CFunction<A> {
  try {
    return bind<A>(declaration);
  } catch {
    return () => {
      errnoWord[0] = ENOSYS;
      return -1;
    };
  }
}

/** The result of a C call: ret, or -errno if it is -1. No other call may come in between. */
export function result(ret: number): number {
  return ret < 0 ? -errnoWord[0] : ret;
}

/** The address of an ArrayBuffer's bytes. V8 never moves them; it frees them with the object. */
export function addressOf(memory: ArrayBufferLike): number {
  // koffi takes no SharedArrayBuffer itself.
  return Number(koffi.address(new Uint8Array(memory)));
}

/** Bytes at an address; valid as long as they are mapped. */
export function memoryAt(address: number, bytes: number): ArrayBuffer {
  return koffi.view(BigInt(address), bytes);
}

const dlsym = lazy<[Num, string]>('uintptr_t dlsym(uintptr_t, const char *)');

/** The address of a symbol of this process, or 0. */
export function symbolAddress(name: string): number {
  return dlsym(0, name);
}

/** Whether this machine's system call numbers are known. */
export const knownArch = ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);

/** Numbers of system calls that a C library may lack, or whose wrapper hides something. */
export const SYS =
  process.arch === 'x64'
    ? { waitid: 247, tgkill: 234, gettid: 186, pidfdOpen: 434, epollPwait2: 441, futex: 202 }
    : { waitid: 95, tgkill: 131, gettid: 178, pidfdOpen: 434, epollPwait2: 441, futex: 98 };

export const c = {
  poll: bind<[Num, Num, Num]>('int poll(uintptr_t, unsigned long, int)'),
  ppoll: bind<[Num, Num, Num, Num]>('int ppoll(uintptr_t, unsigned long, uintptr_t, uintptr_t)'),
  epollWait: bind<[Num, Num, Num, Num]>('int epoll_wait(int, uintptr_t, int, int)'),
  epollCtl: bind<[Num, Num, Num, Num]>('int epoll_ctl(int, int, int, uintptr_t)'),
  epollCreate1: bind<[Num]>('int epoll_create1(int)'),
  eventfd: bind<[Num, Num]>('int eventfd(unsigned int, int)'),
  clockGettime: bind<[Num, Num]>('int clock_gettime(int, uintptr_t)'),
  read: bind<[Num, Num, Num]>('long read(int, uintptr_t, size_t)'),
  write: bind<[Num, Num, Num]>('long write(int, uintptr_t, size_t)'),
  close: bind<[Num]>('int close(int)'),
  sigaction: bind<[Num, Num, Num]>('int sigaction(int, uintptr_t, uintptr_t)'),
  syscall: bind<[Num, Num, Num, Num, Num, Num, Num]>(
    'long syscall(long, long, long, long, long, long, long)',
  ),

  pipe2: lazy<[Num, Num]>('int pipe2(uintptr_t, int)'),
  socketpair: lazy<[Num, Num, Num, Num]>('int socketpair(int, int, int, uintptr_t)'),
  unlink: lazy<[string]>('int unlink(const char *)'),
  open: lazy<[string, Num, Num]>('int open(const char *, int, unsigned int)'),
  fcntl: lazy<[Num, Num, Num]>('int fcntl(int, int, long)'),
  isatty: lazy<[Num]>('int isatty(int)'),
  signalfd: lazy<[Num, Num, Num]>('int signalfd(int, uintptr_t, int)'),
  schedYield: lazy<[]>('int sched_yield()'),
  sigprocmask: lazy<[Num, Num, Num]>('int pthread_sigmask(int, uintptr_t, uintptr_t)'),
  sigpending: lazy<[Num]>('int sigpending(uintptr_t)'),
  raise: lazy<[Num]>('int raise(int)'),
  kill: lazy<[Num, Num]>('int kill(int, int)'),
  sigqueue: lazy<[Num, Num, Num]>('int sigqueue(int, int, long)'),
  getpid: lazy<[]>('int getpid()'),
  getppid: lazy<[]>('int getppid()'),
  getpgid: lazy<[Num]>('int getpgid(int)'),
  setpgid: lazy<[Num, Num]>('int setpgid(int, int)'),
  tcgetpgrp: lazy<[Num]>('int tcgetpgrp(int)'),
  tcsetpgrp: lazy<[Num, Num]>('int tcsetpgrp(int, int)'),
  prctl: lazy<[Num, Num, Num, Num, Num]>(
    'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
  ),
  mmap: lazy<[Num, Num, Num, Num, Num, Num]>(
    'uintptr_t mmap(uintptr_t, size_t, int, int, int, long)',
  ),
  mprotect: lazy<[Num, Num, Num]>('int mprotect(uintptr_t, size_t, int)'),
  munmap: lazy<[Num, Num]>('int munmap(uintptr_t, size_t)'),
  nanosleep: lazy<[Num, Num]>('int nanosleep(uintptr_t, uintptr_t)'),
} as const;

const epollWaitFunction = c.epollWait as unknown as {
  async(
    epfd: number,
    events: number,
    most: number,
    timeoutMs: number,
    done: (error: unknown, count: number) => void,
  ): void;
};

/** epoll_wait(2) in a thread of the pool. @param done gets the number of events; -1 after an error */
export function epollWaitAsync(
  epfd: number,
  events: HostBuffer,
  most: number,
  timeoutMs: number,
  done: (count: number) => void,
): void {
  epollWaitFunction.async(epfd, events.address, most, timeoutMs, (_error, count) => done(count));
}
