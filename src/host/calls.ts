/**
 * The calls of a Host as one table: what lenses, faults, simulated threads and their tests need to
 * know about a call without knowing the call itself. The types hold it to the Host interface: a
 * call that is missing here, or has other arguments, does not compile.
 */
import type {
  Disposable,
  Host,
  HostBuffer,
  NewThread,
  SigAction,
  SignalMaskToken,
  SignalPipe,
  SpawnRequest,
  WaitResult,
} from './host.ts';
import type { NodeCall, NodeLoop, NodeWait } from './node-wait.ts';
import type { PollRing } from './poll-ring.ts';

/** The kinds of arguments, with their types. */
interface ArgTypes {
  number: number;
  numbers: readonly number[];
  text: string;
  buffer: HostBuffer;
  buffers: readonly HostBuffer[];
  /** Shared memory. */
  memory: SharedArrayBuffer;
  /** Words of shared memory. */
  words: Int32Array;
  /** An array that gets two descriptors. */
  pair: number[];
  action: SigAction | null;
  waitResult: WaitResult;
  request: SpawnRequest;
  requests: readonly SpawnRequest[];
  token: SignalMaskToken;
  onSignal: (signo: number) => void;
  onClose: (fd: number) => void;
  onRound: () => void;
}

/** The kinds of results, with their types. A number is the kernel's result, or -errno. */
interface ResultTypes {
  number: number;
  boolean: boolean;
  numbers: number[];
  buffer: HostBuffer;
  /** Or -errno. */
  token: SignalMaskToken | number;
  /** Or -errno. */
  signalPipe: SignalPipe | number;
  /** Or -errno. */
  pollRing: PollRing | number;
  /** Or -errno. */
  newThread: NewThread | number;
  disposable: Disposable;
  nodeWait: NodeWait;
  nodeLoop: NodeLoop;
  /** Or null. */
  nodeCall: NodeCall | null;
  none: undefined;
}

export type ArgKind = keyof ArgTypes;
export type ResultKind = keyof ResultTypes;

/** The calls that can be made to fail. `poll` is ppoll and epoll_wait, `waitpid` is waitid. */
export type FaultCall =
  | 'read'
  | 'write'
  | 'poll'
  | 'spawn'
  | 'waitpid'
  | 'epoll_ctl'
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'shutdown';

/** Properties of a Host that never change. */
export const HOST_FACTS = [
  'belongings',
  'kind',
  'description',
  'epollStride',
  'epollDataWord',
  'handlerAddress',
  'keepsBlocked',
] as const satisfies readonly (keyof Host)[];

/** Properties of a Host that are read again each time. */
export const HOST_READINGS = ['clockRestNs'] as const satisfies readonly (keyof Host)[];

type Property = (typeof HOST_FACTS)[number] | (typeof HOST_READINGS)[number];

/** The name of a call. */
export type HostCallName = Exclude<keyof Host, Property>;

/** The names in an interface whose types are exactly T. */
type KindOf<T, Types> = {
  [K in keyof Types]: [T] extends [Types[K]] ? ([Types[K]] extends [T] ? K : never) : never;
}[keyof Types];

type ArgsOf<T extends readonly unknown[]> = {
  readonly [I in keyof T]: readonly [name: string, kind: KindOf<T[I], ArgTypes>];
};

/** One call. */
export interface HostCall {
  /** Its arguments, in order. */
  readonly args: readonly (readonly [name: string, kind: ArgKind])[];
  readonly result: ResultKind;
  /** The arguments that it fills, by name. */
  readonly fills?: readonly string[];
  /** Whether it may put its thread to sleep. */
  readonly sleeps?: true;
  /** The fault that can be injected into it, and the argument that says whether the fault is meant. */
  readonly fault?: FaultCall;
  readonly subject?: string;
  /** The system calls that it makes on Linux, or may make instead; none if it makes none. */
  readonly system: readonly string[];
}

type HostCalls = {
  readonly [K in HostCallName]: HostCall & {
    readonly args: ArgsOf<Parameters<Host[K]>>;
    readonly result: ReturnType<Host[K]> extends void
      ? 'none'
      : KindOf<ReturnType<Host[K]>, ResultTypes>;
  };
};

export const HOST_CALLS: HostCalls = {
  alloc: { args: [['bytes', 'number']], result: 'buffer', system: [] },
  allocShared: { args: [['bytes', 'number']], result: 'buffer', system: [] },
  attach: {
    args: [
      ['memory', 'memory'],
      ['bytes', 'number'],
    ],
    result: 'buffer',
    system: [],
  },
  clockNs: { args: [['clock', 'number']], result: 'number', system: ['clock_gettime'] },

  poll: {
    args: [
      ['fds', 'buffer'],
      ['nfds', 'number'],
      ['timeoutNs', 'number'],
    ],
    result: 'number',
    fills: ['fds'],
    sleeps: true,
    fault: 'poll',
    system: ['poll', 'ppoll'],
  },
  epollCreate1: { args: [['flags', 'number']], result: 'number', system: ['epoll_create1'] },
  epollCtl: {
    args: [
      ['epfd', 'number'],
      ['op', 'number'],
      ['fd', 'number'],
      ['events', 'number'],
      ['token', 'number'],
    ],
    result: 'number',
    fault: 'epoll_ctl',
    subject: 'fd',
    system: ['epoll_ctl'],
  },
  epollWait: {
    args: [
      ['epfd', 'number'],
      ['events', 'buffer'],
      ['maxEvents', 'number'],
      ['timeoutNs', 'number'],
    ],
    result: 'number',
    fills: ['events'],
    sleeps: true,
    fault: 'poll',
    system: ['epoll_wait', 'epoll_pwait2'],
  },

  /** On a ring the kernel waits for nothing: its descriptor is polled. */
  openPollRing: {
    args: [['entries', 'number']],
    result: 'pollRing',
    system: ['io_uring_setup', 'io_uring_enter'],
  },

  /** It waits in Node's loop or in a thread of its pool, never in the caller. */
  openNodeWait: {
    args: [['round', 'onRound']],
    result: 'nodeWait',
    system: ['epoll_create1', 'eventfd2', 'epoll_ctl'],
  },

  openNodeLoop: { args: [], result: 'nodeLoop', system: [] },

  openNodeCall: { args: [], result: 'nodeCall', system: ['epoll_create1', 'epoll_ctl'] },

  futexWait: {
    args: [
      ['words', 'words'],
      ['index', 'number'],
      ['expected', 'number'],
      ['timeoutNs', 'number'],
    ],
    result: 'number',
    sleeps: true,
    system: [],
  },
  futexWake: {
    args: [
      ['words', 'words'],
      ['index', 'number'],
      ['count', 'number'],
    ],
    result: 'number',
    system: [],
  },
  schedYield: { args: [], result: 'number', system: ['sched_yield'] },
  newThread: { args: [['name', 'text']], result: 'newThread', system: [] },

  eventfd: {
    args: [
      ['initval', 'number'],
      ['flags', 'number'],
    ],
    result: 'number',
    system: ['eventfd2'],
  },
  pipe2: {
    args: [
      ['out', 'pair'],
      ['flags', 'number'],
    ],
    result: 'number',
    fills: ['out'],
    system: ['pipe2'],
  },
  socketpair: {
    args: [
      ['domain', 'number'],
      ['type', 'number'],
      ['out', 'pair'],
    ],
    result: 'number',
    fills: ['out'],
    system: ['socketpair'],
  },
  socket: {
    args: [
      ['domain', 'number'],
      ['type', 'number'],
      ['protocol', 'number'],
    ],
    result: 'number',
    fault: 'socket',
    system: ['socket'],
  },
  bind: {
    args: [
      ['fd', 'number'],
      ['address', 'buffer'],
      ['length', 'number'],
    ],
    result: 'number',
    fault: 'bind',
    subject: 'fd',
    system: ['bind'],
  },
  listen: {
    args: [
      ['fd', 'number'],
      ['backlog', 'number'],
    ],
    result: 'number',
    fault: 'listen',
    subject: 'fd',
    system: ['listen'],
  },
  accept4: {
    args: [
      ['fd', 'number'],
      ['flags', 'number'],
    ],
    result: 'number',
    sleeps: true,
    fault: 'accept',
    subject: 'fd',
    system: ['accept4'],
  },
  connect: {
    args: [
      ['fd', 'number'],
      ['address', 'buffer'],
      ['length', 'number'],
    ],
    result: 'number',
    sleeps: true,
    fault: 'connect',
    subject: 'fd',
    system: ['connect'],
  },
  shutdown: {
    args: [
      ['fd', 'number'],
      ['how', 'number'],
    ],
    result: 'number',
    fault: 'shutdown',
    subject: 'fd',
    system: ['shutdown'],
  },
  getsockname: {
    args: [
      ['fd', 'number'],
      ['address', 'buffer'],
    ],
    result: 'number',
    fills: ['address'],
    system: ['getsockname'],
  },
  getpeername: {
    args: [
      ['fd', 'number'],
      ['address', 'buffer'],
    ],
    result: 'number',
    fills: ['address'],
    system: ['getpeername'],
  },
  getsockopt: {
    args: [
      ['fd', 'number'],
      ['level', 'number'],
      ['option', 'number'],
      ['value', 'buffer'],
    ],
    result: 'number',
    fills: ['value'],
    system: ['getsockopt'],
  },
  setsockopt: {
    args: [
      ['fd', 'number'],
      ['level', 'number'],
      ['option', 'number'],
      ['value', 'buffer'],
      ['length', 'number'],
    ],
    result: 'number',
    system: ['setsockopt'],
  },
  open: {
    args: [
      ['path', 'text'],
      ['flags', 'number'],
      ['mode', 'number'],
    ],
    result: 'number',
    system: ['openat'],
  },
  unlink: { args: [['path', 'text']], result: 'number', system: ['unlink'] },
  stat: {
    args: [
      ['path', 'text'],
      ['out', 'buffer'],
    ],
    result: 'number',
    fills: ['out'],
    system: ['statx'],
  },
  fstat: {
    args: [
      ['fd', 'number'],
      ['out', 'buffer'],
    ],
    result: 'number',
    fills: ['out'],
    system: ['statx'],
  },
  readlink: {
    args: [
      ['path', 'text'],
      ['buf', 'buffer'],
    ],
    result: 'number',
    fills: ['buf'],
    system: ['readlink'],
  },
  read: {
    args: [
      ['fd', 'number'],
      ['buf', 'buffer'],
      ['offset', 'number'],
      ['count', 'number'],
    ],
    result: 'number',
    fills: ['buf'],
    sleeps: true,
    fault: 'read',
    subject: 'fd',
    system: ['read'],
  },
  write: {
    args: [
      ['fd', 'number'],
      ['buf', 'buffer'],
      ['offset', 'number'],
      ['count', 'number'],
    ],
    result: 'number',
    sleeps: true,
    fault: 'write',
    subject: 'fd',
    system: ['write'],
  },
  pread: {
    args: [
      ['fd', 'number'],
      ['buf', 'buffer'],
      ['offset', 'number'],
      ['count', 'number'],
      ['position', 'number'],
    ],
    result: 'number',
    fills: ['buf'],
    system: ['pread64'],
  },
  pwrite: {
    args: [
      ['fd', 'number'],
      ['buf', 'buffer'],
      ['offset', 'number'],
      ['count', 'number'],
      ['position', 'number'],
    ],
    result: 'number',
    system: ['pwrite64'],
  },
  preadv: {
    args: [
      ['fd', 'number'],
      ['bufs', 'buffers'],
      ['position', 'number'],
    ],
    result: 'number',
    fills: ['bufs'],
    system: ['preadv'],
  },
  fsync: { args: [['fd', 'number']], result: 'number', system: ['fsync'] },
  fdatasync: { args: [['fd', 'number']], result: 'number', system: ['fdatasync'] },
  close: { args: [['fd', 'number']], result: 'number', system: ['close'] },
  fcntl: {
    args: [
      ['fd', 'number'],
      ['cmd', 'number'],
      ['arg', 'number'],
    ],
    result: 'number',
    system: ['fcntl'],
  },
  isatty: { args: [['fd', 'number']], result: 'boolean', system: ['ioctl'] },
  onClose: { args: [['listener', 'onClose']], result: 'disposable', system: [] },

  signalfd: {
    args: [
      ['fd', 'number'],
      ['signals', 'numbers'],
      ['flags', 'number'],
    ],
    result: 'number',
    system: ['signalfd4'],
  },
  sigaction: {
    args: [
      ['signo', 'number'],
      ['act', 'action'],
      ['old', 'action'],
    ],
    result: 'number',
    fills: ['old'],
    system: ['rt_sigaction'],
  },
  callHandler: {
    args: [
      ['signo', 'number'],
      ['handler', 'number'],
    ],
    result: 'number',
    system: ['rt_sigprocmask'],
  },
  blockSignals: {
    args: [['signals', 'numbers']],
    result: 'token',
    system: ['tgkill', 'getdents64', 'rt_sigaction', 'rt_sigqueueinfo', 'nanosleep'],
  },
  restoreSignalMask: {
    args: [['token', 'token']],
    result: 'number',
    system: ['tgkill', 'getdents64', 'rt_sigaction', 'rt_sigqueueinfo', 'nanosleep'],
  },
  openSignalPipe: { args: [['tell', 'onSignal']], result: 'signalPipe', system: ['pipe2'] },
  blockedSignals: { args: [], result: 'numbers', system: ['rt_sigprocmask'] },
  pendingSignals: { args: [], result: 'numbers', system: ['rt_sigpending'] },
  raise: { args: [['signo', 'number']], result: 'number', system: ['gettid', 'tgkill'] },
  kill: {
    args: [
      ['pid', 'number'],
      ['signo', 'number'],
    ],
    result: 'number',
    system: ['kill'],
  },
  sigqueue: {
    args: [
      ['pid', 'number'],
      ['signo', 'number'],
      ['value', 'number'],
    ],
    result: 'number',
    system: ['rt_sigqueueinfo'],
  },
  tgkill: {
    args: [
      ['tgid', 'number'],
      ['tid', 'number'],
      ['signo', 'number'],
    ],
    result: 'number',
    system: ['tgkill'],
  },

  getpid: { args: [], result: 'number', system: ['getpid'] },
  getppid: { args: [], result: 'number', system: ['getppid'] },
  gettid: { args: [], result: 'number', system: ['gettid'] },
  spawn: {
    args: [['request', 'request']],
    result: 'number',
    fault: 'spawn',
    subject: 'request',
    system: ['clone', 'vfork', 'execve', 'dup3', 'setpgid', 'setsid', 'access'],
  },
  spawnAll: {
    args: [['requests', 'requests']],
    result: 'numbers',
    system: ['clone', 'vfork', 'execve', 'dup3', 'setpgid', 'setsid', 'access'],
  },
  waitid: {
    args: [
      ['idtype', 'number'],
      ['id', 'number'],
      ['options', 'number'],
      ['out', 'waitResult'],
    ],
    result: 'number',
    fills: ['out'],
    sleeps: true,
    fault: 'waitpid',
    subject: 'id',
    system: ['waitid'],
  },
  pidfdOpen: {
    args: [
      ['pid', 'number'],
      ['flags', 'number'],
    ],
    result: 'number',
    system: ['pidfd_open'],
  },
  prctl: {
    args: [
      ['option', 'number'],
      ['arg', 'number'],
    ],
    result: 'number',
    system: ['prctl'],
  },
  children: { args: [], result: 'numbers', system: ['openat', 'read', 'getdents64'] },
  getpgid: { args: [['pid', 'number']], result: 'number', system: ['getpgid'] },
  setpgid: {
    args: [
      ['pid', 'number'],
      ['pgid', 'number'],
    ],
    result: 'number',
    system: ['setpgid'],
  },
  tcgetpgrp: { args: [['fd', 'number']], result: 'number', system: ['ioctl'] },
  tcsetpgrp: {
    args: [
      ['fd', 'number'],
      ['pgid', 'number'],
    ],
    result: 'number',
    system: ['ioctl'],
  },
  dispose: { args: [], result: 'none', system: [] },
};

/** All names, in the table's order: a call's place in it is its number. */
export const HOST_CALL_NAMES = Object.keys(HOST_CALLS) as readonly HostCallName[];
