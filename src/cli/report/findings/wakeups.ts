import { count, formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { byThread, didSleep, type Poll, sleptNs } from '../polls.ts';
import { type Finding, finding, groupBy } from './finding.ts';
import { inThread, theThread } from './names.ts';

/**
 * Fewer wake-ups are no finding: the reason for a wake-up may be gone by the time the loop
 * runs.
 */
const FEWEST = 3;

/** The handler that does nothing but clear a notification. */
const NOTIFIER = 'aio_context_notifier';

/** Polls that woke the loop up without any callback being called. */
export function findIdleWakeups(facts: Facts): Finding[] {
  // Left out is the last poll of a thread: the trace does not show what followed.
  const known = byThread(facts.polls).flatMap((polls) => polls.slice(0, -1));
  const idle = known.filter((poll) => {
    if (poll.called.some((at) => facts.slices[at]!.name !== NOTIFIER)) return false;
    return poll.ret > 0 || (poll.ret === 0 && poll.timeoutNs > 0 && didSleep(poll));
  });
  const groups = groupBy(idle, (poll) => inThread(facts, poll.thread) + cause(facts, poll));
  return [...groups]
    .filter(([, polls]) => polls.length >= FEWEST)
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([why, polls]) => one(why, polls));
}

function one(why: string, polls: readonly Poll[]): Finding {
  return finding(
    'warn',
    `${count(polls.length, 'wake-up')} without work: ${why}`,
    'The poll returned, and no handler, bottom half or timer was called before the next.',
    polls.map((poll) => ({
      text: `after a sleep of ${formatDuration(sleptNs(poll))}`,
      node: poll.leave,
      startNs: poll.enterNs,
      endNs: poll.returnNs,
    })),
  );
}

function cause(facts: Facts, { ready, ret, leave, thread }: Poll): string {
  const { fdNames, links, threadOf } = facts;
  if (ret === 0) return 'its timeout ran out, and no timer had expired';
  const fds = ready.map((fd) => {
    const name = fdNames.get(fd);
    return name === undefined ? `fd ${fd}` : `fd ${fd} (${name})`;
  });
  const wakers = links
    .causesOf(leave)
    .filter(({ kind, from }) => kind === 'wakes' && threadOf[from] !== thread)
    .map(({ from }) => theThread(facts, threadOf[from]!));
  const by = wakers.length === 0 ? '' : `, notified by ${[...new Set(wakers)].join(' and ')}`;
  return `${fds.join(', ')} ready${by}`;
}
