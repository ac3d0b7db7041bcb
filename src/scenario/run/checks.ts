import { clockType } from '../../aio/clock.ts';
import type { CheckItem } from '../model.ts';
import {
  type Comparison,
  comparisonText,
  durationText,
  EXACT,
  holdsAll,
  type Slack,
} from '../values.ts';
import type { Lane } from './lane.ts';

const NS_PER_MS = 1e6;

/** Makes each assertion, and records those that do not hold. */
export function runCheck(lane: Lane, items: readonly CheckItem[]): void {
  for (const item of items) checkItem(lane, item);
}

function checkItem(lane: Lane, item: CheckItem): void {
  const { context: ctx, machine } = lane;
  const { slackNs } = machine.world;
  switch (item.key) {
    case 'timeout': {
      const ns = ctx.computeTimeoutNs();
      const rounded = ns < 0 ? null : Math.ceil(ns / NS_PER_MS) * NS_PER_MS;
      // On a real machine time passes between the arming and the check.
      compareNs(lane, item, item.is, rounded, { above: 0, below: slackNs });
      return;
    }
    case 'blocked':
      compareNs(lane, item, item.is, lane.lastBlockedNs, { above: slackNs, below: 0 });
      return;
    case 'poll_ns':
      compareNs(lane, item, item.is, ctx.polling.pollNs, EXACT);
      return;
    case 'result':
      equal(lane, item, String(item.is), String(lane.lastResult ?? 'no aio_poll yet'));
      return;
    case 'fdmon':
      equal(lane, item, item.is, ctx.fdmon);
      return;
    case 'pending': {
      const { pending } = lane.object('timers', item.of.name);
      equal(lane, item, String(item.is), String(pending), item.of.name);
      return;
    }
    case 'ended': {
      const ended = lane.whole.children!.hasEnded(item.of.name);
      equal(lane, item, String(item.is), String(ended), item.of.name);
      return;
    }
    case 'expires_at': {
      const { expireTimeNs } = lane.object('timers', item.of.name);
      const ns = expireTimeNs < 0 ? null : expireTimeNs;
      compareNs(lane, item, item.is, ns, EXACT, item.of.name);
      return;
    }
    case 'calls': {
      const all = lane.callbacks.get(item.of.name) ?? [];
      const calls = all.reduce((sum, callback) => sum + callback.calls, 0);
      compare(lane, item, item.is, calls, EXACT, String(calls), item.of.name);
      return;
    }
    case 'clock':
      checkClock(lane, item);
  }
}

function checkClock(lane: Lane, item: Extract<CheckItem, { key: 'clock' }>): void {
  const type = clockType(item.clock);
  const { clocks } = lane.loop;
  const { clockStart, world } = lane.whole;
  const start = clockStart[type]!;
  const ns = clocks.nowNs(type) - start.ns + (clocks.restNs(type) - start.restNs);
  compareNs(lane, item, item.is, ns, { above: world.slackNs, below: 0 }, item.clock);
}

function compareNs(
  lane: Lane,
  item: CheckItem,
  is: Comparison,
  ns: number | null,
  slack: Slack,
  of?: string,
): void {
  compare(lane, item, is, ns, slack, ns === null ? 'none' : durationText(ns), of);
}

function compare(
  lane: Lane,
  item: CheckItem,
  is: Comparison,
  value: number | null,
  slack: Slack,
  text: string,
  of?: string,
): void {
  if (holdsAll(is, value, slack)) return;
  tell(lane, item, comparisonText(is), text, of);
}

function equal(lane: Lane, item: CheckItem, expected: string, actual: string, of?: string): void {
  if (expected !== actual) tell(lane, item, expected, actual, of);
}

function tell(lane: Lane, item: CheckItem, expected: string, actual: string, of?: string): void {
  const what = of === undefined ? item.key : `${item.key} of ${of}`;
  lane.machine.fail(item.at, `${what}: expected ${expected}, found ${actual}`);
}
