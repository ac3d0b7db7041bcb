/** A scenario as the runner takes it: fully read, names not yet resolved. */

import type { ClockName } from '../aio/clock.ts';
import type { QemuVersion } from '../aio/profile.ts';
import type { FaultCall } from '../host/calls.ts';
import type {
  Condition,
  IothreadDef,
  MainLoopParams,
  RequestDef,
  SharedDef,
  ThreadAction,
  ThreadDef,
  VcpuDef,
} from './model-threads.ts';
import type { Mention, Place } from './problem.ts';
import type { Comparison } from './values.ts';
import type { NAME_ACTIONS, Section } from './vocabulary.ts';

/** `main`, `iohandler`, or an iothread's. */
export type ContextName = string;
export type Watch = 'read' | 'write' | 'both' | 'none';
export type FdKind = 'eventfd' | 'socketpair' | 'pipe_read' | 'pipe_write' | 'file';
export type SiginfoField = 'code' | 'pid' | 'status' | 'int';

/** Actions of a callback, and the number of its calls that run them. */
export interface Body {
  readonly do: readonly Action[];
  /** Infinity if there is no limit. */
  readonly doRuns: number;
}

export interface Base extends Mention {
  readonly section: Section;
  /** The thread that the file puts it in; undefined if it names none. */
  readonly in?: Mention | undefined;
}

export interface BottomHalfDef extends Base, Body {
  readonly section: 'bottom_halves';
  readonly context: ContextName;
  readonly quiet: boolean;
  /** The word that is its engaged_in_io; null if it has no guard. */
  readonly guard: Mention | null;
}

export interface TimerDef extends Base, Body {
  readonly section: 'timers';
  readonly clock: ClockName;
  readonly list: ContextName | 'loop';
  readonly quiet: boolean;
}

export interface FdDef extends Base, Body {
  readonly section: 'fds';
  readonly kind: FdKind;
  readonly watch: Watch;
  readonly context: ContextName;
  readonly drain: boolean;
  readonly doWrite: readonly Action[];
  readonly ready: boolean;
  readonly full: boolean;
  readonly external: boolean;
  readonly of: Mention | null;
  readonly count: number;
  /** Whether it has a `count`, even of 1: it then logs nothing. */
  readonly many: boolean;
  readonly quiet: boolean;
}

export interface NotifierDef extends Base, Body {
  readonly section: 'notifiers';
  readonly set: boolean;
  readonly context: ContextName;
  readonly clear: boolean;
  readonly pollable: boolean;
  readonly quiet: boolean;
}

export interface CoroutineDef extends Base {
  readonly section: 'coroutines';
  readonly context: ContextName;
  readonly do: readonly Action[];
}

export interface CoObjectDef extends Base {
  readonly section: 'co_queues' | 'co_mutexes' | 'co_rwlocks';
}

/** The action for a signal. */
export interface SignalSpec extends Body {
  readonly handler: 'default' | 'ignore' | 'function';
  /** Null if it does not ask for siginfo. */
  readonly siginfo: readonly SiginfoField[] | null;
  readonly reset: boolean;
  readonly nocldstop: boolean;
}

export interface SignalDef extends Base, SignalSpec {
  readonly section: 'signals';
  readonly signo: number;
}

export interface ChildDef extends Base {
  readonly section: 'children';
  readonly afterNs: number | null;
  readonly exit: number | null;
  readonly signal: number | null;
  readonly stop: boolean;
  readonly write: string | null;
  readonly ignore: readonly number[];
  readonly children: number;
  /** A real command; a shell line becomes `sh -c`. */
  readonly command: readonly string[] | null;
  readonly start: boolean;
}

export interface PollNotifierDef extends Base, Body {
  readonly section: 'poll_notifiers';
}

export interface SourceDef extends Base, Body {
  readonly section: 'sources';
  readonly kind: 'idle' | 'timeout';
  readonly afterNs: number;
  readonly priority: 'high' | 'default' | 'high_idle' | 'default_idle';
  readonly attached: boolean;
  readonly quiet: boolean;
}

export type ObjectDef =
  | BottomHalfDef
  | TimerDef
  | FdDef
  | NotifierDef
  | CoroutineDef
  | CoObjectDef
  | SignalDef
  | ChildDef
  | PollNotifierDef
  | SourceDef
  | IothreadDef
  | ThreadDef
  | VcpuDef
  | RequestDef
  | SharedDef;

export type NameOp = Exclude<(typeof NAME_ACTIONS)[number], 'raise' | 'kill'>;

/** The assertions of a check. */
export type CheckItem = { readonly at: Place } & (
  | { readonly key: 'timeout' | 'blocked' | 'poll_ns'; readonly is: Comparison }
  | { readonly key: 'result'; readonly is: boolean }
  | { readonly key: 'fdmon'; readonly is: string }
  | { readonly key: 'pending' | 'ended'; readonly of: Mention; readonly is: boolean }
  | { readonly key: 'expires_at' | 'calls'; readonly of: Mention; readonly is: Comparison }
  | { readonly key: 'clock'; readonly clock: ClockName; readonly is: Comparison }
);

export type Action = { readonly at: Place } & (
  | ThreadAction
  | { readonly op: NameOp; readonly on: Mention }
  | { readonly op: 'watch'; readonly on: Mention; readonly watch: Watch | null }
  | { readonly op: 'notify'; readonly context: Mention }
  | { readonly op: 'disable_external' | 'enable_external'; readonly context: Mention }
  | {
      readonly op: 'notify_event' | 'yield' | 'step' | 'settle' | 'quit';
    }
  | { readonly op: 'arm' | 'arm_at' | 'anticipate_at'; readonly on: Mention; readonly ns: number }
  | { readonly op: 'enable_clock' | 'disable_clock'; readonly clock: ClockName }
  | {
      readonly op: 'poll_params';
      readonly context: Mention;
      readonly maxNs: number;
      readonly grow: number;
      readonly shrink: number;
    }
  | { readonly op: 'sleep' | 'block' | 'wait_for'; readonly ns: number }
  | { readonly op: 'raise' | 'kill'; readonly on: Mention }
  | { readonly op: 'sigqueue'; readonly on: Mention; readonly value: number }
  | { readonly op: 'kill_child'; readonly on: Mention; readonly signal: Mention }
  | { readonly op: 'sigaction'; readonly on: Mention; readonly spec: SignalSpec }
  | {
      readonly op: 'poll' | 'main_loop_wait';
      readonly blocking: boolean;
      /** Repeated until this holds; null for once. */
      readonly until: Condition | null;
      readonly quiet: boolean;
      readonly context: Mention | null;
    }
  | { readonly op: 'run'; readonly forNs: number | null; readonly iterations: number | null }
  | { readonly op: 'log'; readonly text: string }
  | { readonly op: 'repeat'; readonly times: number; readonly do: readonly Action[] }
  | { readonly op: 'check'; readonly items: readonly CheckItem[] }
);
export type Op = Action['op'];

export interface TimelineEntry {
  readonly at: Place;
  readonly timeNs: number;
  readonly do: readonly Action[];
}

export interface FaultDef {
  readonly at: Place;
  readonly call: FaultCall;
  readonly on: Mention | null;
  /**
   * The error's name and number (0 if the name is unknown); null if it is a short read or write.
   */
  readonly error: (Mention & { readonly errno: number }) | null;
  readonly short: number | null;
  readonly times: number;
  readonly after: number;
}

/** A step of the protocols between threads that one thread leaves out. */
export interface WithoutDef {
  readonly at: Place;
  readonly without: 'second-look';
  readonly in: Mention;
}

/** The expected end of a child. */
export type ChildEnd =
  | { readonly exit: number }
  | { readonly signal: string }
  | 'running'
  | 'stopped';

export interface Expectation {
  readonly at: Place;
  readonly order: readonly string[] | null;
  /** The order of each thread, by its name. */
  readonly orders: ReadonlyMap<string, readonly string[]>;
  /** Pairs of entries of which the first comes before the second. */
  readonly before: readonly (readonly [Mention, Mention])[];
  readonly includes: readonly string[] | null;
  readonly never: readonly string[] | null;
  readonly children: readonly { readonly of: Mention; readonly end: ChildEnd }[];
  readonly iterations: Comparison | null;
  readonly trace: readonly Mention[] | null;
  readonly elapsed: Comparison | null;
  readonly abort: string | null;
  /** The thread that aborts; null for any. */
  readonly abortIn: Mention | null;
}

export interface Scenario {
  /** The name under which it was read. */
  readonly file: string;
  readonly name: string;
  readonly about: string;
  readonly host: 'sim' | 'linux';
  readonly drive: 'aio_poll' | 'main_loop';
  readonly fdmon: 'auto' | 'poll' | 'epoll' | 'io_uring';
  readonly qemu: QemuVersion;
  readonly seed: number;
  /**
   * On the simulated host the outside world acts up to this much later than written, as the seed
   * decides.
   */
  readonly jitterNs: number;
  /** In order of the file. */
  readonly objects: readonly ObjectDef[];
  /** Whether it has sections for threads: entries of the order log then begin with their thread. */
  readonly threaded: boolean;
  readonly mainLoop: MainLoopParams & { readonly at: Place };
  readonly timeline: readonly TimelineEntry[];
  readonly faults: readonly FaultDef[];
  readonly without: readonly WithoutDef[];
  readonly steps: readonly Action[];
  /** Null if the file expects nothing. */
  readonly expect: Expectation | null;
}
