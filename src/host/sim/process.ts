import type { ChildBehaviour } from '../behaviour.ts';
import type { HostBuffer, WaitResult } from '../host.ts';
import { SimEvent } from './event-queue.ts';
import type { OpenFile, Watcher } from './file.ts';
import { SimBuffer } from './memory.ts';
import { type PendingSet, setOf } from './pending.ts';

/** A pidfd, as its process knows it. */
export interface EndWatch {
  /** The process's state changed. */
  update(): void;
}

/** The resources a process used, as in waitid's rusage. */
export type Usage = Omit<WaitResult, 'pid' | 'uid' | 'code' | 'status'>;

/** The usage of a process that only follows its behaviour. */
export const NO_USAGE: Usage = {
  utimeNs: 0,
  stimeNs: 0,
  maxrssKiB: 0,
  minflt: 0,
  majflt: 0,
  nvcsw: 0,
  nivcsw: 0,
};

/** A program that can be spawned: a behaviour, ready to run. */
export class Program {
  readonly behaviour: ChildBehaviour;
  readonly usage: Usage;
  readonly output: HostBuffer;
  readonly ignoreLo: number;
  readonly ignoreHi: number;

  constructor(behaviour: ChildBehaviour, usage: Usage) {
    this.behaviour = behaviour;
    this.usage = usage;
    const text = new TextEncoder().encode(behaviour.write ?? '');
    this.output = new SimBuffer(text.length);
    this.output.u8.set(text);
    const { lo, hi } = setOf(behaviour.ignore ?? []);
    this.ignoreLo = lo;
    this.ignoreHi = hi;
  }
}

/** A program that runs until it is killed. */
export const IDLE = new Program({}, NO_USAGE);

export type ProcessState = 'running' | 'stopped' | 'zombie' | 'reaped';

/**
 * A process's phase: `leaving` has outlived the signal it sent itself, `idle` runs until it is
 * killed.
 */
export type Phase = 'writing' | 'sleeping' | 'leaving' | 'idle';

/** Calls back when a process has something to do. */
export interface ProcessDriver {
  act(process: Process): void;
  wake(process: Process): void;
}

/** A process. It is an event itself: its next act. As a watcher it waits for room in its stdout. */
export class Process extends SimEvent implements Watcher {
  readonly pid: number;
  readonly program: Program;
  readonly #driver: ProcessDriver;
  state: ProcessState = 'running';
  parent: Process | null;
  /** Order among its parent's children, in which waitid looks at them. */
  birth = 0;
  /** Maintained by WaitQueue. */
  inWaitQueue = false;
  pgid: number;
  sid: number;
  ignoreLo: number;
  ignoreHi: number;
  /** PR_SET_CHILD_SUBREAPER. */
  subreaper = false;
  readonly children = new Map<number, Process>();
  /** The files behind its descriptors. */
  files: (OpenFile | undefined)[] = [];
  /** Bytes of its output written so far. */
  written = 0;
  phase: Phase = 'writing';
  /** Whether its next act came due while it was stopped. */
  overdue = false;
  /** Signals that came while it was stopped. */
  pending: PendingSet | null = null;
  /** CLD_EXITED or CLD_KILLED, once it has ended. */
  code = 0;
  status = 0;
  /** The signal that stopped it, until a wait reports it. */
  stoppedBy = 0;
  /** Whether it was continued, and no wait has reported it yet. */
  continued = false;
  readonly pidfds: EndWatch[] = [];
  /** The wait queue of its pidfds. */
  readonly pidfdWatchers: Watcher[] = [];

  constructor(driver: ProcessDriver, pid: number, program: Program, parent: Process | null) {
    super();
    this.#driver = driver;
    this.pid = pid;
    this.program = program;
    this.parent = parent;
    this.pgid = parent?.pgid ?? pid;
    this.sid = parent?.sid ?? pid;
    this.ignoreLo = program.ignoreLo;
    this.ignoreHi = program.ignoreHi;
  }

  /** Signals that it starts with ignored, besides those that its program ignores. */
  ignoreToo(signals: readonly number[]): void {
    const { lo, hi } = setOf(signals);
    this.ignoreLo |= lo;
    this.ignoreHi |= hi;
  }

  /** Neither a zombie nor gone. */
  get alive(): boolean {
    return this.state === 'running' || this.state === 'stopped';
  }

  /** The file it watches: its stdout. */
  get file(): OpenFile | undefined {
    return this.files[1];
  }

  override fire(): void {
    this.#driver.act(this);
  }

  wake(): void {
    this.#driver.wake(this);
  }

  fileReleased(): void {}
}
