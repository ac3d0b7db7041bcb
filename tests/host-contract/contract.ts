/**
 * The behaviour that every host must have, as cases against the Host interface alone.
 * The simulated host must behave as the real one was seen to, so both run the same list.
 */

import type { ChildBehaviour } from '../../src/host/behaviour.ts';
import {
  CLOCK_MONOTONIC,
  POLLIN,
  SIG_DFL,
  SIGKILL,
  SIGNALFD_SIGINFO_SIZE,
  WEXITED,
} from '../../src/host/constants.ts';
import { errnoName } from '../../src/host/errno.ts';
import {
  type Host,
  type HostBuffer,
  newSigAction,
  newWaitResult,
  type SigAction,
  type SignalMaskToken,
  type SpawnRequest,
  type WaitResult,
} from '../../src/host/host.ts';

/** A runner's host and its tools. */
export interface ContractSubject {
  readonly host: Host;
  /** A program that behaves as described. */
  program(behaviour: ChildBehaviour): SpawnRequest;
  /** A path at which open(2) with O_RDWR | O_CREAT makes a new regular file. removeFile removes it. */
  readonly file: string;
  removeFile(): void;
  /** Descriptors that are open now, to find cases that leak one. */
  openFds(): readonly number[];
}

export interface ContractCase {
  readonly name: string;
  run(env: ContractEnv): void;
}

export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  /** The failure, and anything left behind. */
  readonly problem?: string;
}

/** The longest time that an expected event may take on a busy machine, ns. */
export const SOON_NS = 100e9;

/** One signalfd record; see signalfd(2). */
export interface SignalRecord {
  readonly signo: number;
  readonly errno: number;
  readonly code: number;
  readonly pid: number;
  readonly uid: number;
  readonly status: number;
  readonly int: number;
}

export class Failure extends Error {}

/** A host with the tools of a case: expectations, and undoing of all changes. */
export class ContractEnv {
  readonly host: Host;
  readonly buf: HostBuffer;
  /** Two words: 1 as a 64-bit number, to write to an eventfd. */
  readonly one: HostBuffer;
  private readonly subject: ContractSubject;
  private readonly fds: HostBuffer;
  private readonly undo: (() => void)[] = [];
  private readonly alive = new Set<number>();

  /** The path of file()'s file. */
  readonly filePath: string;

  constructor(subject: ContractSubject) {
    this.subject = subject;
    this.filePath = subject.file;
    this.host = subject.host;
    this.buf = this.host.alloc(131072);
    this.one = this.host.alloc(8);
    this.one.i32[0] = 1;
    this.fds = this.host.alloc(1024);
  }

  // Expectations

  equal(actual: unknown, expected: unknown, what: string): void {
    const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== e) throw new Failure(`${what}: ${a}, expected ${e}`);
  }

  ok(condition: boolean, what: string): void {
    if (!condition) throw new Failure(what);
  }

  /** Fails unless ret is -errno. */
  fails(ret: number, errno: number, what: string): void {
    if (ret !== -errno) {
      const got = ret < 0 ? errnoName(ret) : String(ret);
      throw new Failure(`${what}: ${got}, expected ${errnoName(errno)}`);
    }
  }

  /** Returns ret. Fails if it is an error. */
  good(ret: number, what: string): number {
    if (ret < 0) throw new Failure(`${what}: ${errnoName(ret)}`);
    return ret;
  }

  // Changes that are undone at the end of the case, last first

  atEnd(undo: () => void): void {
    this.undo.push(undo);
  }

  /** Closes the descriptor at the end, unless the case has done so. */
  own(fd: number, what: string): number {
    this.good(fd, what);
    this.atEnd(() => this.host.close(fd));
    return fd;
  }

  eventfd(initval = 0, flags = 0): number {
    return this.own(this.host.eventfd(initval, flags | 0o2004000), 'eventfd');
  }

  /** Makes a pipe: [read end, write end]. Non-blocking unless other flags are given. */
  pipe(flags = 0o2004000): [number, number] {
    const out: number[] = [];
    this.good(this.host.pipe2(out, flags), 'pipe2');
    return [this.own(out[0]!, 'pipe2'), this.own(out[1]!, 'pipe2')];
  }

  socketpair(): [number, number] {
    const out: number[] = [];
    this.good(this.host.socketpair(1, 1 | 0o2004000, out), 'socketpair');
    return [this.own(out[0]!, 'socketpair'), this.own(out[1]!, 'socketpair')];
  }

  epoll(): number {
    return this.own(this.host.epollCreate1(0o2000000), 'epoll_create1');
  }

  /** Makes a new regular file, open for reading and writing. */
  file(): number {
    this.atEnd(() => this.subject.removeFile());
    return this.own(this.host.open(this.subject.file, 0o2000102, 0o600), 'open');
  }

  /** Blocks signals in the whole process for this case. Drops those that came and were not read. */
  block(...signals: number[]): SignalMaskToken {
    const token = this.host.blockSignals(signals);
    if (typeof token === 'number') throw new Failure(`blockSignals: ${errnoName(token)}`);
    this.atEnd(() => {
      this.drain(signals);
      this.good(this.host.restoreSignalMask(token), 'restoreSignalMask');
    });
    return token;
  }

  /** Makes a non-blocking signalfd, and blocks its signals for this case. */
  signalfd(...signals: number[]): number {
    this.block(...signals);
    return this.own(this.host.signalfd(-1, signals, 0o2004000), 'signalfd');
  }

  private drain(signals: readonly number[]): void {
    const fd = this.good(this.host.signalfd(-1, signals, 0o2004000), 'signalfd');
    while (this.host.read(fd, this.buf, 0, SIGNALFD_SIGINFO_SIZE * 16) > 0);
    this.host.close(fd);
  }

  /** Sets a disposition for this case. */
  action(signo: number, handler: number, flags = 0): void {
    const old = newSigAction();
    const act: SigAction = { ...newSigAction(), handler, flags };
    this.good(this.host.sigaction(signo, act, old), 'sigaction');
    this.atEnd(() => this.good(this.host.sigaction(signo, old, null), 'sigaction'));
  }

  // Children

  program(behaviour: ChildBehaviour): SpawnRequest {
    return this.subject.program(behaviour);
  }

  /** Starts a child. It is killed and reaped at the end, unless the case has reaped it. */
  spawn(behaviour: ChildBehaviour, more: Partial<SpawnRequest> = {}): number {
    return this.adopt(this.good(this.host.spawn({ ...this.program(behaviour), ...more }), 'spawn'));
  }

  /** Adds a child, its own or an adopted one, to those that are killed and reaped at the end. */
  adopt(pid: number): number {
    this.alive.add(pid);
    return pid;
  }

  /** Calls waitid for one pid: by default for its end, and blocking. */
  wait(pid: number, options = WEXITED): WaitResult {
    const out = newWaitResult();
    this.good(this.host.waitid(1, pid, options, out), `waitid of ${pid}`);
    return out;
  }

  /** Waits until a child has ended, and leaves it a zombie. */
  waitForEnd(pid: number): void {
    const fd = this.good(this.host.pidfdOpen(pid, 0), 'pidfd_open');
    const ready = this.poll1(fd, POLLIN, SOON_NS);
    this.host.close(fd);
    this.equal(ready, POLLIN, `the pidfd of ${pid} becomes readable`);
  }

  private reapRest(): void {
    const out = newWaitResult();
    for (const pid of this.alive) {
      this.host.kill(pid, SIGKILL);
      this.host.waitid(1, pid, WEXITED, out);
    }
    this.alive.clear();
  }

  // Waiting and reading

  /** Polls one descriptor. Returns its revents, or -errno. */
  poll1(fd: number, events: number, timeoutNs = 0): number {
    this.fds.i32[0] = fd;
    this.fds.i32[1] = events;
    const ret = this.host.poll(this.fds, 1, timeoutNs);
    return ret < 0 ? ret : this.fds.i32[1]! >>> 16;
  }

  /** Polls several descriptors. Returns the revents of each. */
  pollAll(entries: readonly (readonly [number, number])[], timeoutNs = 0): number[] {
    entries.forEach(([fd, events], i) => {
      this.fds.i32[2 * i] = fd;
      this.fds.i32[2 * i + 1] = events;
    });
    this.good(this.host.poll(this.fds, entries.length, timeoutNs), 'poll');
    return entries.map((_, i) => this.fds.i32[2 * i + 1]! >>> 16);
  }

  /** Calls epoll_wait. Returns [fd, events, token] of each, in order. */
  epollWait(epfd: number, max = 16, timeoutNs = 0): [number, number, number][] {
    const { host, buf } = this;
    const n = this.good(host.epollWait(epfd, buf, max, timeoutNs), 'epoll_wait');
    return Array.from({ length: n }, (_, i) => {
      const at = i * host.epollStride;
      const data = at + host.epollDataWord;
      return [buf.i32[data]!, buf.i32[at]!, buf.i32[data + 1]!];
    });
  }

  /** Lets the host's time pass. Only the timeout can end it. */
  pass(ns: number): void {
    this.host.poll(this.fds, 0, ns);
  }

  now(): number {
    return this.host.clockNs(CLOCK_MONOTONIC);
  }

  write(fd: number, text: string): number {
    for (let i = 0; i < text.length; i++) this.buf.u8[i] = text.charCodeAt(i);
    return this.host.write(fd, this.buf, 0, text.length);
  }

  read(fd: number, count = 4096): string {
    const n = this.good(this.host.read(fd, this.buf, 0, count), 'read');
    return String.fromCharCode(...this.buf.u8.subarray(0, n));
  }

  /** Adds a small number to an eventfd. */
  bump(fd: number, by = 1): number {
    this.buf.i32[0] = by;
    this.buf.i32[1] = 0;
    return this.host.write(fd, this.buf, 0, 8);
  }

  /** Reads an eventfd. Returns its counter, or -errno. */
  take(fd: number): number {
    const ret = this.host.read(fd, this.buf, 0, 8);
    return ret < 0 ? ret : this.buf.i32[0]!;
  }

  /** Reads up to max records off a signalfd, without waiting. */
  records(fd: number, max = 16): SignalRecord[] {
    const n = this.host.read(fd, this.buf, 0, max * SIGNALFD_SIGINFO_SIZE);
    if (n === -11) return [];
    this.good(n, 'read of the signalfd');
    this.equal(n % SIGNALFD_SIGINFO_SIZE, 0, 'a read of a signalfd gives whole records; the rest');
    return Array.from({ length: n / SIGNALFD_SIGINFO_SIZE }, (_, i) => this.recordAt(i));
  }

  /** Waits for a signalfd, then reads one record. */
  nextRecord(fd: number): SignalRecord {
    this.equal(this.poll1(fd, POLLIN, SOON_NS), POLLIN, 'the signalfd becomes readable');
    return this.records(fd, 1)[0]!;
  }

  private recordAt(i: number): SignalRecord {
    const at = (SIGNALFD_SIGINFO_SIZE / 4) * i;
    const w = this.buf.i32;
    return {
      signo: w[at]!,
      errno: w[at + 1]!,
      code: w[at + 2]!,
      pid: w[at + 3]!,
      uid: w[at + 4]!,
      status: w[at + 10]!,
      int: w[at + 11]!,
    };
  }

  // The end of a case

  /** Undoes all changes. Returns what went wrong in doing so. */
  finish(): string[] {
    const problems: string[] = [];
    const attempt = (undo: () => void): void => {
      try {
        undo();
      } catch (error) {
        problems.push(`putting back: ${(error as Error).message}`);
      }
    };
    attempt(() => this.reapRest());
    for (const undo of this.undo.reverse()) attempt(undo);
    return problems;
  }
}

/** All that a case could leave behind, as text, to compare before and after. */
function footprint(subject: ContractSubject): Record<string, string> {
  const { host } = subject;
  const act = newSigAction();
  const actions: string[] = [];
  for (let signo = 1; signo <= 64; signo++) {
    if (host.sigaction(signo, null, act) === 0 && act.handler !== SIG_DFL) {
      actions.push(`${signo}:${act.handler}:${act.flags}`);
    }
  }
  return {
    descriptors: subject.openFds().join(' '),
    children: host.children().join(' '),
    'blocked signals': host.blockedSignals().join(' '),
    'pending signals': host.pendingSignals().join(' '),
    dispositions: actions.join(' '),
    subreaper: String(host.prctl(37, 0)),
  };
}

/** Runs one case, and reports what it left behind. */
export function runCase(subject: ContractSubject, one: ContractCase): CaseResult {
  const problems: string[] = [];
  const before = footprint(subject);
  const env = new ContractEnv(subject);
  try {
    one.run(env);
  } catch (error) {
    const { message, stack } = error as Error;
    problems.push(error instanceof Failure ? message : (stack ?? message));
  }
  problems.push(...env.finish());
  for (const [what, now] of Object.entries(footprint(subject))) {
    if (now !== before[what]) problems.push(`left behind: ${what}: "${before[what]}" is "${now}"`);
  }
  if (problems.length === 0) return { name: one.name, ok: true };
  return { name: one.name, ok: false, problem: problems.join('; ') };
}
