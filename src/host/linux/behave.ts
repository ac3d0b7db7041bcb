/** Real processes that follow a ChildBehaviour, made from /bin/sh and sleep. */

import { checkObject } from '../arguments.ts';
import type { ChildBehaviour } from '../behaviour.ts';
import type { SpawnRequest } from '../host.ts';

/** Not every sleep knows `infinity`; all know 68 years. */
const FOR_EVER = 2147483647;
const APART = '</dev/null >/dev/null 2>&1';
/** A longer sleep that outlives its killed shell would be a stray process for too long. */
const SLICE_NS = 1e9;

/**
 * The request that starts such a process. Each step is the shell's own, or replaces the shell,
 * except the wait before an end: that needs a sleep beside the shell, which outlives a killed shell
 * by a second at most.
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
 * The request that starts such a process behind a gate: its descriptor `gate` is a socket. It
 * writes a line there when it is ready (its children run, its signals are ignored, its text is
 * written), and reads a line from it before it ends as described. The other end therefore decides
 * when that is, and `afterNs` is ignored. It exits when the other end is closed.
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

/**
 * Starts the children before any signal is ignored, since they would inherit that. They hold none
 * of our descriptors.
 */
function startChildren(count: number, closed = ''): string[] {
  return Array.from({ length: count }, () => `sleep ${FOR_EVER} ${APART}${closed} &`);
}

/** The sleep that a shell becomes ignores the same signals as the shell. */
function ignore(signals: readonly number[]): string[] {
  return signals.length === 0 ? [] : [`trap '' ${signals.join(' ')}`];
}

/**
 * `wait` instead of a sleep in the foreground: a signal ends it at once in every shell. It waits in
 * slices of a second, so that a sleep left behind does not last long.
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

/**
 * A second line never comes through the gate: a process that stopped and was continued waits to be
 * killed.
 */
function gatedEnd({ then }: ChildBehaviour, gate: number): string[] {
  if (then !== undefined && 'stop' in then) return ['kill -STOP $$', `read -r line <&${gate}`];
  return then === undefined || 'exit' in then
    ? [`exit ${(then?.exit ?? 0) & 0xff}`]
    : die(then.signal);
}

/**
 * Ends as described, without a core file. After a stop that was continued, it runs until it is
 * killed.
 */
function end(behaviour: ChildBehaviour): string[] {
  const how = behaviour.then;
  if (how !== undefined && 'exit' in how) return [`exit ${how.exit & 0xff}`];
  if (how !== undefined && 'signal' in how) return die(how.signal);
  if (how === undefined && !endless(behaviour)) return ['exit 0'];
  const stop = how === undefined ? [] : ['kill -STOP $$'];
  return [...stop, `exec sleep ${FOR_EVER} ${APART}`];
}

/**
 * The last line is reached for signals that do not kill, and for SIGQUIT if sh is bash, which
 * ignores it.
 */
function die(signo: number): string[] {
  return ['ulimit -c 0', `kill -${signo} $$`, `exit ${128 + signo}`];
}
