/**
 * All that the view shows of the loop's objects, at one moment, as numbers: what is drawn now and what
 * is drawn of the past are read from the same. Texts are numbers of a NameTable.
 */

import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Kernel } from './kernel.ts';
import type { NameTable } from './names.ts';
import type { NumberList } from './number-list.ts';
import type { Place } from './pane.ts';
import type { Subject } from './subject.ts';
import type { ThreadState, ThreadsMoment } from './thread-table.ts';

export interface FdMoment {
  readonly fd: number;
  readonly events: number;
  readonly name: string;
  /** The context whose notifier it is; null for none. */
  readonly notifierOf: string | null;
  readonly calls: number;
}

export interface HalfMoment {
  readonly ctx: string;
  readonly name: string;
  readonly flags: number;
}

export interface TimerMoment {
  readonly name: string;
  /** One of CLOCK_NAMES. */
  readonly clock: number;
  readonly leftNs: number;
}

export interface ChildMoment extends ChildRow {
  /** The kernel's word for its state; null if there is no such process. */
  readonly state: string | null;
  readonly cpuNs: number;
}

export interface Moment {
  readonly startNs: number;
  readonly nowNs: number;
  /** Lines of output so far, and the length of the last one. */
  readonly lines: Place;
  readonly fds: readonly FdMoment[];
  readonly halves: readonly HalfMoment[];
  readonly timers: readonly TimerMoment[];
  readonly pending: readonly number[];
  readonly children: readonly ChildMoment[];
  /** Null if the run has one thread. */
  readonly threads: ThreadsMoment | null;
}

/**
 * Adds the numbers of a moment to an array.
 * @param lines of output so far, and the length of the last one
 */
export function writeMoment(
  subject: Subject,
  kernel: Kernel,
  lines: Place,
  names: NameTable,
  into: NumberList,
): void {
  const { loop } = subject;
  into.push(subject.startNs);
  into.push(subject.nowNs());
  into.push(lines[0]);
  into.push(lines[1]);
  writeFds(loop, names, into);
  writeHalves(loop, names, into);
  writeTimers(loop, names, into);
  const pending = kernel.pending();
  into.push(pending.length);
  for (const one of pending) into.push(one);
  writeChildren(subject, kernel, names, into);
  writeThreads(subject, names, into);
}

function writeFds(loop: MainLoop, names: NameTable, into: NumberList): void {
  const countAt = into.length;
  into.push(0);
  for (const ctx of [loop.context, loop.iohandler]) {
    for (const { fd, name, events } of ctx.handlers.values()) {
      into.values[countAt]!++;
      into.push(fd);
      into.push(events);
      into.push(names.of(name));
      into.push(fd === ctx.notifierFd ? names.of(ctx.name) : -1);
    }
  }
  // Apart, since they change often and the rest does not.
  for (const ctx of [loop.context, loop.iohandler]) {
    for (const { calls } of ctx.handlers.values()) into.push(calls);
  }
}

function writeHalves(loop: MainLoop, names: NameTable, into: NumberList): void {
  const countAt = into.length;
  into.push(0);
  for (const ctx of [loop.context, loop.iohandler]) {
    for (const { name, flags } of ctx.bottomHalves.entries()) {
      into.values[countAt]!++;
      into.push(names.of(ctx.name));
      into.push(names.of(name));
      into.push(flags);
    }
  }
}

function writeTimers(loop: MainLoop, names: NameTable, into: NumberList): void {
  const countAt = into.length;
  into.push(0);
  for (const group of [loop.context.timers, loop.iohandler.timers, loop.timers]) {
    for (const list of group.lists) {
      if (list.size === 0) continue;
      const nowNs = list.nowNs();
      for (const { name, deadlineNs } of list) {
        into.values[countAt]!++;
        into.push(names.of(name));
        into.push(list.type);
        into.push(deadlineNs - nowNs);
      }
    }
  }
}

function writeChildren(
  { children }: Subject,
  kernel: Kernel,
  names: NameTable,
  into: NumberList,
): void {
  into.push(children.length);
  for (const row of children) {
    const { number, command, pid, startNs, endNs, code, status, utimeNs, stimeNs } = row;
    const lives = pid !== 0 && code === 0;
    const state = lives ? kernel.processState(pid) : null;
    into.push(number);
    into.push(names.of(command));
    into.push(pid);
    into.push(startNs);
    into.push(endNs);
    into.push(code);
    into.push(status);
    into.push(utimeNs);
    into.push(stimeNs);
    into.push(state === null ? -1 : names.of(state.word));
    into.push(state?.cpuNs ?? 0);
  }
}

function writeThreads({ threads }: Subject, names: NameTable, into: NumberList): void {
  if (threads === undefined) {
    into.push(0);
    return;
  }
  const { states, holder, running } = threads.table;
  into.push(states.length);
  into.push(names.of(holder));
  into.push(names.of(running));
  for (const { name, last, lastNs } of states) {
    const word = threads.wordOf(name);
    const call = word === null ? -2 : word.call === null ? -1 : names.of(word.call);
    into.push(names.of(name));
    into.push(lastNs);
    into.push(call);
    if (word !== null) into.push(word.action === null ? -1 : names.of(word.action));
    into.push(last === null ? -1 : names.of(last.kind));
    if (last === null) continue;
    into.push(names.of(last.text));
    into.push(last.limitNs);
    into.push(last.sinceNs);
  }
}

/** Reads the numbers of writeMoment. */
export function readMoment(numbers: readonly number[], names: readonly string[]): Moment {
  const from = new Numbers(numbers, names);
  const [startNs, nowNs] = [from.next(), from.next()];
  const lines = [from.next(), from.next()] as const;
  const fds = from.list(() => ({
    ...{ fd: from.next(), events: from.next(), name: from.name() },
    ...{ notifierOf: from.nameOrNull(), calls: 0 },
  }));
  for (const one of fds) one.calls = from.next();
  return {
    ...{ startNs, nowNs, lines, fds },
    halves: from.list(() => ({ ctx: from.name(), name: from.name(), flags: from.next() })),
    timers: from.list(() => ({ name: from.name(), clock: from.next(), leftNs: from.next() })),
    pending: from.list(() => from.next()),
    children: from.list(() => ({
      ...{ number: from.next(), command: from.name(), pid: from.next(), startNs: from.next() },
      ...{ endNs: from.next(), code: from.next(), status: from.next(), utimeNs: from.next() },
      ...{ stimeNs: from.next(), maxrssKiB: 0, state: from.nameOrNull(), cpuNs: from.next() },
    })),
    threads: readThreads(from),
  };
}

function readThreads(from: Numbers): ThreadsMoment | null {
  const count = from.next();
  if (count === 0) return null;
  const [holder, running] = [from.name(), from.name()];
  const states = Array.from({ length: count }, (): ThreadState => {
    const [name, lastNs, call] = [from.name(), from.next(), from.next()];
    const known = call === -1 ? null : from.names[call]!;
    const word = call === -2 ? null : { call: known, action: from.nameOrNull() };
    const kind = from.nameOrNull() as NonNullable<ThreadState['last']>['kind'] | null;
    if (kind === null) return { name, lastNs, word, last: null };
    const last = { kind, text: from.name(), limitNs: from.next(), sinceNs: from.next() };
    return { name, lastNs, word, last };
  });
  return { holder, running, states };
}

class Numbers {
  readonly names: readonly string[];
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[], names: readonly string[]) {
    this.#numbers = numbers;
    this.names = names;
  }

  next(): number {
    return this.#numbers[this.#at++]!;
  }

  name(): string {
    return this.names[this.next()]!;
  }

  nameOrNull(): string | null {
    const number = this.next();
    return number < 0 ? null : this.names[number]!;
  }

  list<T>(one: () => T): T[] {
    return Array.from({ length: this.next() }, one);
  }
}

/** The place of the number of descriptors; what they are stands behind it. */
const FDS_AT = 4;
const PER_FD = 4;

/** Descriptors, each followed by the number of its handler's name; and how many lines there were. */
export function eachFd(numbers: readonly number[]): [fds: number[], lines: number] {
  const fds: number[] = [];
  const end = FDS_AT + 1 + PER_FD * numbers[FDS_AT]!;
  for (let at = FDS_AT + 1; at < end; at += PER_FD) fds.push(numbers[at]!, numbers[at + 2]!);
  return [fds, numbers[2]!];
}
