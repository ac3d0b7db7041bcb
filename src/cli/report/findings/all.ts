import { count, formatDuration } from '../../text/units.ts';
import { lengthNs } from '../big-lock.ts';
import type { Facts } from '../facts.ts';
import { findCoalesced, findZombies } from './children.ts';
import type { Check } from './finding.ts';
import { findConvoys, findHeldPolls, findLongHolds } from './locks.ts';
import { findLostSignals } from './signals.ts';
import { findSlow } from './slow.ts';
import { findSpins } from './spin.ts';
import { findStarved } from './starved.ts';
import { findUndrained } from './undrained.ts';
import { findIdleWakeups } from './wakeups.ts';

/** Runs all checks. */
export function checkAll(facts: Facts): Check[] {
  const slow = formatDuration(facts.slowNs);
  const reaps = facts.children.filter(({ reap }) => reap >= 0);
  const oldest = reaps.reduce((most, { latencyNs }) => Math.max(most, latencyNs), 0);
  const reaped =
    reaps.length === 0
      ? 'No child was reaped.'
      : `${count(reaps.length, 'child', 'children')} reaped, none later than ${formatDuration(oldest)} after its death.`;
  return [
    {
      id: 'spin',
      title: 'A loop that spins',
      findings: findSpins(facts),
      none: 'Nothing found: the loop slept whenever it had nothing to do.',
    },
    {
      id: 'undrained',
      title: 'Handlers that do not drain their fd',
      findings: findUndrained(facts),
      none: 'Nothing found: no fd stayed ready behind its handler.',
    },
    {
      id: 'slow',
      title: 'Callbacks that hold the loop',
      findings: findSlow(facts),
      none: `Nothing found: every callback returned in less than ${slow}.`,
    },
    {
      id: 'starved',
      title: 'Starved bottom halves',
      findings: findStarved(facts),
      none: 'Nothing found: every bottom half ran in the iteration after it was scheduled, or sooner.',
    },
    {
      id: 'coalesced',
      title: 'SIGCHLDs that were merged',
      findings: findCoalesced(facts),
      none: 'Nothing found: every reaped child had a SIGCHLD of its own.',
    },
    {
      id: 'signals',
      title: 'Lost signals',
      findings: findLostSignals(facts),
      none: 'Nothing found: every signal was read as a whole.',
    },
    {
      id: 'zombies',
      title: 'Old zombies',
      findings: findZombies(facts),
      none: `Nothing found. ${reaped}`,
    },
    {
      id: 'wakeups',
      title: 'Wake-ups without work',
      findings: findIdleWakeups(facts),
      none: 'Nothing found: whenever the loop woke up, something was called.',
    },
    ...(facts.threads.length > 1 ? lockChecks(facts) : []),
  ];
}

/** The checks of a run with several threads. */
function lockChecks(facts: Facts): Check[] {
  const contended = facts.bql.waits.filter(({ behind }) => behind.length > 0);
  const most = contended.reduce((ns, wait) => Math.max(ns, lengthNs(wait)), 0);
  const waited =
    contended.length === 0
      ? 'Nobody waited for the BQL.'
      : `The longest wait for the BQL took ${formatDuration(most)}.`;
  return [
    {
      id: 'convoy',
      title: 'Convoys behind the BQL',
      findings: findConvoys(facts),
      none: `Nothing found. ${waited}`,
    },
    {
      id: 'long-hold',
      title: 'Long holds of the BQL',
      findings: findLongHolds(facts),
      none: `Nothing found: no thread waited behind a hold of ${formatDuration(facts.slowNs)} or more.`,
    },
    {
      id: 'held-poll',
      title: 'The BQL held over a poll',
      findings: findHeldPolls(facts),
      none: 'Nothing found: nobody slept in a poll with the BQL that another thread wanted.',
    },
  ];
}
