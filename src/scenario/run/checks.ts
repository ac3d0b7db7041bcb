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
import type { Engine } from './engine.ts';

const NS_PER_MS = 1e6;

/** Makes each assertion, and records those that do not hold. */
export function runCheck(engine: Engine, items: readonly CheckItem[]): void {
  for (const item of items) checkItem(engine, item);
}

function checkItem(engine: Engine, item: CheckItem): void {
  const { loop } = engine;
  const ctx = loop.context;
  const { slackNs } = engine.world;
  switch (item.key) {
    case 'timeout': {
      const ns = ctx.computeTimeoutNs();
      const rounded = ns < 0 ? null : Math.ceil(ns / NS_PER_MS) * NS_PER_MS;
      // On a real machine time passes between the arming and the check.
      compareNs(engine, item, item.is, rounded, { above: 0, below: slackNs });
      return;
    }
    case 'blocked':
      compareNs(engine, item, item.is, engine.lastBlockedNs, { above: slackNs, below: 0 });
      return;
    case 'poll_ns':
      compareNs(engine, item, item.is, ctx.polling.pollNs, EXACT);
      return;
    case 'result':
      equal(engine, item, String(item.is), String(engine.lastResult ?? 'no aio_poll yet'));
      return;
    case 'fdmon':
      equal(engine, item, item.is, ctx.fdmon);
      return;
    case 'pending': {
      const { pending } = engine.timers.get(item.of.name)!;
      equal(engine, item, String(item.is), String(pending), item.of.name);
      return;
    }
    case 'ended': {
      const ended = engine.children!.hasEnded(item.of.name);
      equal(engine, item, String(item.is), String(ended), item.of.name);
      return;
    }
    case 'expires_at': {
      const { expireTimeNs } = engine.timers.get(item.of.name)!;
      const ns = expireTimeNs < 0 ? null : expireTimeNs;
      compareNs(engine, item, item.is, ns, EXACT, item.of.name);
      return;
    }
    case 'calls': {
      const all = engine.callbacks.get(item.of.name) ?? [];
      const calls = all.reduce((sum, callback) => sum + callback.calls, 0);
      compare(engine, item, item.is, calls, EXACT, String(calls), item.of.name);
      return;
    }
    case 'clock':
      checkClock(engine, item);
  }
}

function checkClock(engine: Engine, item: Extract<CheckItem, { key: 'clock' }>): void {
  const type = clockType(item.clock);
  const { clocks } = engine.loop;
  const start = engine.clockStart[type]!;
  const ns = clocks.nowNs(type) - start.ns + (clocks.restNs(type) - start.restNs);
  compareNs(engine, item, item.is, ns, { above: engine.world.slackNs, below: 0 }, item.clock);
}

function compareNs(
  engine: Engine,
  item: CheckItem,
  is: Comparison,
  ns: number | null,
  slack: Slack,
  of?: string,
): void {
  compare(engine, item, is, ns, slack, ns === null ? 'none' : durationText(ns), of);
}

function compare(
  engine: Engine,
  item: CheckItem,
  is: Comparison,
  value: number | null,
  slack: Slack,
  text: string,
  of?: string,
): void {
  if (holdsAll(is, value, slack)) return;
  tell(engine, item, comparisonText(is), text, of);
}

function equal(
  engine: Engine,
  item: CheckItem,
  expected: string,
  actual: string,
  of?: string,
): void {
  if (expected !== actual) tell(engine, item, expected, actual, of);
}

function tell(
  engine: Engine,
  item: CheckItem,
  expected: string,
  actual: string,
  of?: string,
): void {
  const what = of === undefined ? item.key : `${item.key} of ${of}`;
  engine.fail(item.at, `${what}: expected ${expected}, found ${actual}`);
}
