import { clockType } from '../../aio/clock.ts';
import type { CheckItem } from '../model.ts';
import { checkFailure, type Found } from './check-item.ts';
import type { Lane } from './lane.ts';

/** Makes each assertion, and records those that do not hold. */
export function runCheck(lane: Lane, items: readonly CheckItem[]): void {
  const { machine } = lane;
  for (const item of items) {
    const failure = checkFailure(item, foundBy(lane, item), machine.world.slackNs);
    if (failure !== null) machine.fail(item.at, failure);
  }
}

function foundBy(lane: Lane, item: CheckItem): Found {
  const { context: ctx } = lane;
  switch (item.key) {
    case 'timeout':
      return orNone(ctx.computeTimeoutNs());
    case 'blocked':
      return lane.lastBlockedNs;
    case 'poll_ns':
      return ctx.polling.pollNs;
    case 'result':
      return lane.lastResult;
    case 'fdmon':
      return ctx.fdmon;
    case 'pending':
      return lane.object('timers', item.of.name).pending;
    case 'ended':
      return lane.whole.children!.hasEnded(item.of.name);
    case 'expires_at':
      return orNone(lane.object('timers', item.of.name).expireTimeNs);
    case 'calls': {
      const all = lane.callbacks.get(item.of.name) ?? [];
      return all.reduce((sum, callback) => sum + callback.calls, 0);
    }
    case 'clock':
      return clockNs(lane, item.clock);
  }
}

/** Negative times stand for none. */
function orNone(ns: number): number | null {
  return ns < 0 ? null : ns;
}

/** How far a clock is from its reading at the start. */
function clockNs(lane: Lane, clock: Extract<CheckItem, { key: 'clock' }>['clock']): number {
  const type = clockType(clock);
  const { clocks } = lane.loop;
  const start = lane.whole.clockStart[type]!;
  return clocks.nowNs(type) - start.ns + (clocks.restNs(type) - start.restNs);
}
