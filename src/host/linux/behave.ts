/** Real processes that do what a ChildBehaviour says, made from /bin/sh and sleep. */

import { checkObject } from '../arguments.ts';
import type { ChildBehaviour } from '../behaviour.ts';
import type { SpawnRequest } from '../host.ts';

/** `infinity` is not known to every sleep; 68 years are. */
const FOR_EVER = 2147483647;
const APART = '</dev/null >/dev/null 2>&1';
/** Above this a sleep that outlives its killed shell would be a stray process for too long. */
const SLICE_NS = 1e9;

/**
 * The request that starts such a process. Each step is the shell's own, or
 * replaces the shell, but for the wait before an end: that needs a sleep beside
 * the shell, which outlives the shell, if it is killed in that time, for a second
 * at most.
 */
export function linuxProgram(behaviour: ChildBehaviour): SpawnRequest {
  checkObject(behaviour, 'linuxProgram: the behaviour', 'an object');
  const steps = [
    ...startChildren(behaviour.children ?? 0),
    ...ignore(behaviour.ignore ?? []),
    ...(behaviour.write === undefined ? [] : [`printf %s "$1"`]),
    ...wait(behaviour),
    ...end(behaviour),
  ];
  return {
    file: '/bin/sh',
    argv: ['sh', '-c', steps.join('\n'), 'sh', behaviour.write ?? ''],
  };
}

/**
 * The request that starts such a process behind a gate: its descriptor `gate` is a
 * socket, on which it writes a line when it is ready (its children are there, what it
 * ignores is ignored, its text is written), and from which it reads a line before it
 * ends as described. So whoever has the other end decides when that is, and `afterNs`
 * is not looked at. It exits when the other end is closed.
 */
export function gatedProgram(behaviour: ChildBehaviour, gate: number): SpawnRequest {
  const steps = [
    ...startChildren(behaviour.children ?? 0, ` ${gate}>&-`),
    ...ignore(behaviour.ignore ?? []),
    ...(behaviour.write === undefined ? [] : [`printf %s "$1"`]),
    `echo >&${gate}`,
    `read -r line <&${gate} || exit`,
    ...gatedEnd(behaviour, gate),
  ];
  return {
    file: '/bin/sh',
    argv: ['sh', '-c', steps.join('\n'), 'sh', behaviour.write ?? ''],
  };
}

/** Started before anything is ignored, which they would inherit. They hold none of our descriptors. */
function startChildren(count: number, closed = ''): string[] {
  return Array.from({ length: count }, () => `sleep ${FOR_EVER} ${APART}${closed} &`);
}

/** What a shell ignores, the sleep that it becomes ignores too. */
function ignore(signals: readonly number[]): string[] {
  return signals.length === 0 ? [] : [`trap '' ${signals.join(' ')}`];
}

/**
 * `wait` in place of a sleep in the foreground: a signal ends it at once in every
 * shell. In slices of a second, so that one that is left behind is not there for long.
 */
function wait(behaviour: ChildBehaviour): string[] {
  const ns = endless(behaviour) ? 0 : (behaviour.afterNs ?? 0);
  if (ns <= 0) return [];
  const slices = Math.floor(ns / SLICE_NS);
  const rest = ns - slices * SLICE_NS;
  const nap = (seconds: string): string => `sleep ${seconds} ${APART} & wait $!`;
  const steps = [];
  if (slices > 0) steps.push(`i=0; while [ $i -lt ${slices} ]; do ${nap('1')}; i=$((i+1)); done`);
  if (rest > 0) steps.push(nap((rest / 1e9).toFixed(9)));
  return steps;
}

function endless(behaviour: ChildBehaviour): boolean {
  return behaviour.then === undefined && behaviour.afterNs === undefined;
}

/** A line of the gate that follows is never written: one that was stopped and goes on waits for its killer. */
function gatedEnd({ then }: ChildBehaviour, gate: number): string[] {
  if (then !== undefined && 'stop' in then) return ['kill -STOP $$', `read -r line <&${gate}`];
  return then === undefined || 'exit' in then
    ? [`exit ${(then?.exit ?? 0) & 0xff}`]
    : die(then.signal);
}

/** A core file is nobody's wish. After a stop that was continued, it runs until it is killed. */
function end(behaviour: ChildBehaviour): string[] {
  const how = behaviour.then;
  if (how !== undefined && 'exit' in how) return [`exit ${how.exit & 0xff}`];
  if (how !== undefined && 'signal' in how) return die(how.signal);
  if (how === undefined && !endless(behaviour)) return ['exit 0'];
  const stop = how === undefined ? [] : ['kill -STOP $$'];
  return [...stop, `exec sleep ${FOR_EVER} ${APART}`];
}

/** The last line is reached by signals that kill nobody, and by SIGQUIT where sh is bash, which ignores it. */
function die(signo: number): string[] {
  return ['ulimit -c 0', `kill -${signo} $$`, `exit ${128 + signo}`];
}
