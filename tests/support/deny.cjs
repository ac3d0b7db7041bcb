/**
 * Puts a program under a seccomp filter, if preloaded (`node -r`). DENY lists the system calls
 * that fail from then on, in every thread and child: `waitid=EPERM+poll=ENOSYS`. It is preloaded
 * since Node's own start needs some of them.
 */
const { constants } = require('node:os');
const koffi = require('koffi');

// prettier-ignore
const NUMBERS = {
  x64: {
    access: 21,
    chdir: 80,
    clone: 56,
    close: 3,
    dup3: 292,
    epoll_create1: 291,
    epoll_ctl: 233,
    epoll_pwait2: 441,
    epoll_wait: 232,
    eventfd2: 290,
    execve: 59,
    fcntl: 72,
    getdents64: 217,
    getpgid: 121,
    getppid: 110,
    gettid: 186,
    ioctl: 16,
    kill: 62,
    nanosleep: 35,
    clock_nanosleep: 230,
    pidfd_open: 434,
    pipe2: 293,
    poll: 7,
    ppoll: 271,
    prctl: 157,
    rt_sigaction: 13,
    rt_sigpending: 127,
    rt_sigprocmask: 14,
    rt_sigqueueinfo: 129,
    setpgid: 109,
    setsid: 112,
    signalfd4: 289,
    socketpair: 53,
    tgkill: 234,
    vfork: 58,
    waitid: 247,
  },
  arm64: {
    chdir: 49,
    clone: 220,
    close: 57,
    dup3: 24,
    epoll_create1: 20,
    epoll_ctl: 21,
    epoll_pwait2: 441,
    eventfd2: 19,
    execve: 221,
    fcntl: 25,
    getdents64: 61,
    getpgid: 155,
    getppid: 173,
    gettid: 178,
    ioctl: 29,
    kill: 129,
    nanosleep: 101,
    clock_nanosleep: 115,
    pidfd_open: 434,
    pipe2: 59,
    ppoll: 73,
    prctl: 167,
    rt_sigaction: 134,
    rt_sigpending: 136,
    rt_sigprocmask: 135,
    rt_sigqueueinfo: 138,
    setpgid: 154,
    setsid: 157,
    signalfd4: 74,
    socketpair: 199,
    tgkill: 131,
    waitid: 95,
  },
}[process.arch];
const SECCOMP = { x64: 317, arm64: 277 }[process.arch];
const SET_MODE_FILTER = 1;
const TSYNC = 1;
const PR_SET_NO_NEW_PRIVS = 38;
// Instructions of classic BPF: load the call's number, compare, return.
const LD_NR = [0x20, 0, 0, 0];
const isNot = (nr) => [0x15, 0, 1, nr];
const ret = (value) => [0x06, 0, 0, value];
const FAIL = 0x00050000;
const ALLOW = 0x7fff0000;

function filter(rules) {
  const code = [LD_NR];
  for (const rule of rules) {
    const [call, errno] = rule.split('=');
    if (NUMBERS[call] === undefined) throw new Error(`DENY: no call ${call} on ${process.arch}`);
    code.push(isNot(NUMBERS[call]), ret(FAIL | constants.errno[errno]));
  }
  code.push(ret(ALLOW));
  const bytes = Buffer.alloc(8 * code.length);
  for (const [i, [op, jt, jf, k]] of code.entries()) {
    bytes.writeUInt16LE(op, 8 * i);
    bytes.writeUInt8(jt, 8 * i + 2);
    bytes.writeUInt8(jf, 8 * i + 3);
    bytes.writeUInt32LE(k, 8 * i + 4);
  }
  return { bytes, length: code.length };
}

function deny(rules) {
  const { bytes, length } = filter(rules.split('+'));
  const program = Buffer.alloc(16);
  program.writeUInt16LE(length, 0);
  program.writeBigUInt64LE(koffi.address(bytes), 8);
  const libc = koffi.load(null);
  libc.func('int prctl(int, long, long, long, long)')(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const syscall = libc.func('long syscall(long, long, long, void *)');
  if (syscall(SECCOMP, SET_MODE_FILTER, TSYNC, program) !== 0) {
    throw new Error(`seccomp: errno ${koffi.errno()}`);
  }
}

// A Node that the program starts has the preload too, and the filter already.
if (process.env.DENY !== undefined) deny(process.env.DENY);
delete process.env.DENY;
