import { SIGKILL, SIGSTOP } from '../host/constants.ts';
import { signalName, signalNames } from '../signal/names.ts';
import { EVENT_NAMES } from '../trace/catalogue.ts';
import type { Names } from './check-names.ts';
import { ERROR_NAMES } from './errors.ts';
import type { ChildDef, FaultDef, FdDef, Scenario, SignalDef } from './model.ts';
import type { MainLoopParams } from './model-threads.ts';
import type { Mention, Place, Problems } from './problem.ts';
import { signalOf } from './read.ts';
import { A_SIGNAL } from './schema-parts.ts';
import { meantSignal } from './suggest.ts';

/** Checks a file's objects, faults and expectations, except actions. */
export function checkObjects(scenario: Scenario, names: Names, problems: Problems): void {
  const signals = new Map<number, SignalDef>();
  const made = new Set<string>();
  for (const object of scenario.objects) {
    if (object.section === 'fds') {
      checkFd(object, names, problems);
      checkMade(object, made, names, problems);
      made.add(object.name);
    } else if (object.section === 'children') checkChild(object, problems);
    else if (object.section === 'signals') checkSignal(object, signals, problems);
    else if (object.section === 'iothreads') checkPool(object, object.at, problems);
    else if (object.section === 'sources' && object.kind === 'idle' && object.afterNs > 0) {
      problems.add(object.at, `'${object.name}' is idle: expected 'after' with a timeout only`);
    }
  }
  checkPool(scenario.mainLoop, scenario.mainLoop.at, problems);
  for (const fault of scenario.faults) checkFault(fault, names, problems);
  checkExpectation(scenario, names, problems);
}

/** The limits of a thread pool, which QEMU refuses by: bad thread-pool-min/thread-pool-max values. */
function checkPool(
  { threadPoolMin: min, threadPoolMax: max }: MainLoopParams,
  at: Place,
  problems: Problems,
): void {
  if (max === 0) problems.add(at, `'thread_pool_max' is 0, expected at least 1`);
  else if (min > max) {
    problems.add(at, `'thread_pool_min' is ${min}, expected at most 'thread_pool_max', ${max}`);
  }
}

/** The signal with that name; reports a problem if there is none. */
export function checkSignalName({ name, at }: Mention, problems: Problems): number {
  const signo = signalOf(name);
  if (signo === 0) {
    problems.expected(at, name, A_SIGNAL, signalNames(), meantSignal(name));
  }
  return signo;
}

function checkFd(fd: FdDef, names: Names, problems: Problems): void {
  const { name, at, kind } = fd;
  if (fd.of !== null) {
    checkSecond(fd, fd.of, names, problems);
    return;
  }
  if (fd.full && kind !== 'pipe_write') {
    problems.add(at, `'${name}' is ${article(kind)}: expected 'full' with a pipe_write only`);
  }
  if (fd.ready && kind === 'pipe_write') {
    problems.add(at, `'${name}' is a pipe_write: expected 'ready' with what can be read`);
  }
}

/** Objects are made in order of the file, so an fd cannot be 'of' itself, even indirectly. */
function checkMade(
  { name, of }: FdDef,
  made: ReadonlySet<string>,
  names: Names,
  problems: Problems,
): void {
  if (of === null || made.has(of.name) || names.get(of.name)?.section !== 'fds') return;
  problems.add(of.at, `'${name}' is 'of' '${of.name}', expected an fd declared before it`);
}

/** A second set of handlers has no descriptor properties of its own. */
function checkSecond(fd: FdDef, of: Mention, names: Names, problems: Problems): void {
  const { name, at } = fd;
  const other = names.find(of, 'fds');
  if (other === null) return;
  if (other.many) problems.add(of.at, `'${of.name}' has a count: expected one descriptor`);
  if (other.context !== fd.context && other.of === null) {
    const where = `'${of.name}' is in ${other.context}`;
    problems.add(at, `'${name}' is in ${fd.context}, expected the same context: ${where}`);
  }
  if (fd.many || fd.ready || fd.full) {
    problems.add(at, `'${name}' is a second set of handlers: expected no count, ready or full`);
  }
}

function checkChild(child: ChildDef, problems: Problems): void {
  const { name, at } = child;
  const ends = [child.exit !== null, child.signal !== null, child.stop].filter(Boolean).length;
  if (ends > 1) problems.add(at, `'${name}' has several ends: expected exit, signal or stop`);
  const described = ends + child.children + child.ignore.length > 0 || child.afterNs !== null;
  if (child.command !== null && (described || child.write !== null)) {
    problems.add(at, `'${name}' is a command: expected nothing else that it does`);
  }
  if (child.command?.length === 0) {
    problems.add(at, `'${name}' has an empty command: expected a program`);
  }
}

function checkSignal(signal: SignalDef, before: Map<number, SignalDef>, problems: Problems): void {
  const signo = checkSignalName(signal, problems);
  if (signo === 0) return;
  if (signo === SIGKILL || signo === SIGSTOP) {
    problems.add(signal.at, `${signal.name} cannot be handled, blocked or ignored`);
  }
  const same = before.get(signo);
  if (same !== undefined) {
    const is = `${same.name} is ${signalName(signo)} too`;
    problems.add(signal.at, `found '${signal.name}', expected each signal once: ${is}`);
  }
  before.set(signo, signal);
}

function checkFault(fault: FaultDef, names: Names, problems: Problems): void {
  const { at, call, on, error, short } = fault;
  if ((error === null) === (short === null)) {
    problems.add(at, "expected either 'error' or 'short' in a fault");
  }
  if (error?.errno === 0) {
    problems.expected(error.at, error.name, 'an error of the kernel', ERROR_NAMES);
  }
  if (short !== null && call !== 'read' && call !== 'write') {
    problems.add(at, `a ${call} has no length: expected 'short' with read or write`);
  }
  if (on === null || on.name === 'sigfd' || on.name === 'notifier') return;
  if (call === 'poll') problems.add(on.at, "a poll is on all fds: expected no 'on'");
  else if (call === 'spawn' || call === 'waitpid') names.find(on, 'children');
  else names.find(on, 'fds', 'notifiers');
}

function checkExpectation({ expect, threaded }: Scenario, names: Names, problems: Problems): void {
  if (expect === null) return;
  if (!threaded && (expect.orders.size > 0 || expect.abortIn !== null)) {
    const at = expect.abortIn?.at ?? expect.at;
    problems.add(at, 'this file has one thread: expected a list, or a text, without its name');
  }
  for (const { of, end } of expect.children) {
    names.find(of, 'children');
    if (typeof end === 'object' && 'signal' in end && signalOf(end.signal) === 0) {
      problems.add(of.at, `'${of.name}': expected {exit: N} or {signal: SIGNAL}`);
    }
  }
  for (const event of expect.trace ?? []) {
    if (!(EVENT_NAMES as readonly string[]).includes(event.name)) {
      problems.expected(event.at, event.name, 'a trace event', EVENT_NAMES);
    }
  }
}

function article(kind: string): string {
  return kind === 'eventfd' ? 'an eventfd' : `a ${kind}`;
}
