import { count, formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { isCallback, type Slice, type SliceKind } from '../slices.ts';
import { type Finding, finding, groupBy } from './finding.ts';
import { threadName } from './names.ts';

/** Names of slice kinds, for people. */
export const KIND_NAMES: Readonly<Record<SliceKind, string>> = {
  iteration: 'main_loop_wait',
  phase: 'phase',
  aio_poll: 'aio_poll',
  poll: 'poll',
  spin: 'busy polling',
  fd: 'fd handler',
  bh: 'bottom half',
  timer: 'timer',
  signal: 'signal handler',
  coroutine: 'coroutine',
  lock: 'wait for the BQL',
  hold: 'hold of the BQL',
  await: 'wait for another vCPU',
  alone: 'runs alone',
};

/** Callbacks that took long: the innermost, if several are nested. */
export function findSlow(facts: Facts): Finding[] {
  const { slices, slowNs } = facts;
  const slow = new Set<number>();
  const outer = new Set<number>();
  slices.forEach((slice, i) => {
    if (!isCallback(slice.kind) || durationNs(slice) < slowNs) return;
    slow.add(i);
    for (let at = slice.parent; at >= 0; at = slices[at]!.parent) outer.add(at);
  });
  const inner = [...slow].filter((i) => !outer.has(i)).map((i) => slices[i]!);
  const groups = groupBy(inner, (slice) => {
    const { thread, kind, name } = slice;
    return `${wasPreempted(facts, slice)} ${thread} ${kind} ${name}`;
  });
  return [...groups.values()].map((group) => one(facts, group));
}

function one(facts: Facts, group: Slice[]): Finding {
  const { slowNs } = facts;
  group.sort((a, b) => durationNs(b) - durationNs(a));
  const worst = group[0]!;
  const places = group.map((slice) => ({
    text: placeText(facts, slice),
    node: slice.begin,
    startNs: slice.startNs,
    endNs: slice.endNs,
  }));
  const name = threadName(facts, worst.thread);
  const isMain = worst.thread === 0;
  const whose = isMain ? 'the loop' : `the loop of ${name}`;
  const waitedNs = lockedNs(facts, worst);
  const waited =
    waitedNs === 0 ? '' : ` Of the longest it waited ${formatDuration(waitedNs)} for the BQL.`;
  const calls = `${count(group.length, 'call')} took ${formatDuration(slowNs)} or more.`;
  const rest = `Meanwhile nothing else${isMain ? '' : ` of ${name}`} could run.${waited}`;
  const what = `${KIND_NAMES[worst.kind]} ${worst.name}`;
  const took = formatDuration(durationNs(worst));
  if (wasPreempted(facts, worst)) {
    return finding(
      'warn',
      `${what} was preempted: ${took}, with ${cpuText(facts, worst)} of CPU`,
      `${calls} The thread had the CPU for less than half of that: others had it, or the callback slept in a call of its own. ${rest}`,
      places,
    );
  }
  return finding('bad', `${what} held ${whose} for ${took}`, `${calls} ${rest}`, places);
}

function placeText(facts: Facts, slice: Slice): string {
  const cpu = facts.cpu.of(slice) === null ? '' : `, ${cpuText(facts, slice)} of CPU`;
  const open = slice.end < 0 ? ', and the trace ends in it' : '';
  return `${formatDuration(durationNs(slice))}${cpu}${open}`;
}

/** At most this, since what came just before it, within a ms, counts too. */
function cpuText({ cpu }: Facts, slice: Slice): string {
  return formatDuration(Math.min(cpu.of(slice)!, durationNs(slice)));
}

/** Whether the thread was without a CPU for half of the time or more, and that was not the BQL's doing. */
function wasPreempted(facts: Facts, slice: Slice): boolean {
  const cpuNs = facts.cpu.of(slice);
  if (cpuNs === null) return false;
  const ns = durationNs(slice);
  return ns - cpuNs - lockedNs(facts, slice) >= ns / 2;
}

/** Time of a slice that its thread waited for the BQL. */
function lockedNs({ bql }: Facts, { thread, startNs, endNs }: Slice): number {
  return bql.waits
    .filter((wait) => wait.thread === thread && wait.startNs >= startNs && wait.endNs <= endNs)
    .reduce((sum, wait) => sum + wait.endNs - wait.startNs, 0);
}

function durationNs({ startNs, endNs }: Slice): number {
  return endNs - startNs;
}
