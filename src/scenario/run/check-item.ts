/** Compares what a check found with what it expects. */

import type { CheckItem } from '../model.ts';
import {
  type Comparison,
  comparisonText,
  durationText,
  EXACT,
  holdsAll,
  type Slack,
} from '../values.ts';

const NS_PER_MS = 1e6;

/** The value that a check found: ns, a count, a word, or whether something is so; null stands for `none`. */
export type Found = number | string | boolean | null;

/**
 * The failure of a check, in words; null if it holds.
 * @param slackNs how late a time may be and still count as right
 */
export function checkFailure(item: CheckItem, found: Found, slackNs: number): string | null {
  switch (item.key) {
    case 'timeout': {
      const rounded = found === null ? null : Math.ceil(Number(found) / NS_PER_MS) * NS_PER_MS;
      // On a real machine time passes between the arming and the check.
      return compareNs('timeout', item.is, rounded, { above: 0, below: slackNs });
    }
    case 'blocked':
      return compareNs('blocked', item.is, found, { above: slackNs, below: 0 });
    case 'clock':
      return compareNs(`clock of ${item.clock}`, item.is, found, { above: slackNs, below: 0 });
    case 'poll_ns':
      return compareNs('poll_ns', item.is, found, EXACT);
    case 'expires_at':
      return compareNs(`expires_at of ${item.of.name}`, item.is, found, EXACT);
    case 'calls':
      if (holdsAll(item.is, Number(found))) return null;
      return text(`calls of ${item.of.name}`, comparisonText(item.is), String(found));
    case 'result':
      return equal('result', String(item.is), String(found ?? 'no aio_poll yet'));
    case 'fdmon':
      return equal('fdmon', item.is, String(found));
    case 'pending':
    case 'ended':
      return equal(`${item.key} of ${item.of.name}`, String(item.is), String(found));
  }
}

function compareNs(what: string, is: Comparison, found: Found, slack: Slack): string | null {
  const ns = found === null ? null : Number(found);
  if (holdsAll(is, ns, slack)) return null;
  return text(what, comparisonText(is), ns === null ? 'none' : durationText(ns));
}

function equal(what: string, expected: string, found: string): string | null {
  return expected === found ? null : text(what, expected, found);
}

function text(what: string, expected: string, found: string): string {
  return `${what}: expected ${expected}, found ${found}`;
}
