import { count, formatDuration } from '../../text/units.ts';
import { blamed, type Hold, type LockWait, lengthNs } from '../big-lock.ts';
import type { Facts } from '../facts.ts';
import { didSleep, type Poll, sleptNs } from '../polls.ts';
import { type Finding, finding, groupBy, type Place } from './finding.ts';
import { theThread } from './names.ts';

/** Others that take the lock this often while one thread waits are a convoy. */
const FEWEST_HOLDS = 3;

/** Threads that wait for the BQL while others give it back and take it again and again. */
export function findConvoys(facts: Facts): Finding[] {
  const long = facts.bql.waits.filter(
    (wait) => wait.behind.filter(({ begin }) => begin > wait.begin).length >= FEWEST_HOLDS,
  );
  const groups = groupBy(long, ({ thread }) => String(thread));
  return [...groups.values()].map((waits) => convoy(facts, waits));
}

function convoy(facts: Facts, waits: LockWait[]): Finding {
  waits.sort((a, b) => lengthNs(b) - lengthNs(a));
  const worst = waits[0]!;
  const who = theThread(facts, worst.thread);
  const others = blamed(worst).map(([thread]) => theThread(facts, thread));
  const title = `A convoy: ${who} waited ${formatDuration(lengthNs(worst))} for the BQL, which ${listed(others)} had ${count(worst.behind.length, 'time')} meanwhile`;
  const why =
    'The lock is unfair: whoever gives it back and takes it again at once gets it before a thread that has to wake up first.';
  const advice = `Meanwhile ${who} could do nothing else: hold the lock for less, or less often.`;
  return finding(
    'bad',
    title,
    `${why} ${advice}`,
    waits.map((wait) => place(facts, wait)),
  );
}

/** Holds of the BQL that others waited for, and that took long. */
export function findLongHolds(facts: Facts): Finding[] {
  const { waits } = facts.bql;
  const waited = new Map<Hold, LockWait[]>();
  for (const wait of waits) {
    for (const hold of wait.behind) waited.set(hold, [...(waited.get(hold) ?? []), wait]);
  }
  const long = [...waited].filter(([hold]) => lengthNs(hold) >= facts.slowNs);
  const groups = groupBy(long, ([hold]) => String(hold.thread));
  return [...groups.values()].map((holds) => longHold(facts, holds));
}

function longHold(facts: Facts, holds: [Hold, LockWait[]][]): Finding {
  holds.sort(([a], [b]) => lengthNs(b) - lengthNs(a));
  const [worst, waits] = holds[0]!;
  const who = theThread(facts, worst.thread);
  const others = new Set(waits.map(({ thread }) => theThread(facts, thread)));
  return finding(
    'bad',
    `${capital(who)} held the BQL for ${formatDuration(lengthNs(worst))} while ${listed([...others])} waited for it`,
    `${count(holds.length, 'hold')} took ${formatDuration(facts.slowNs)} or more, and others wanted the lock.`,
    holds.map(([hold]) => holdPlace(facts, hold)),
  );
}

/** Sleeps in a poll with the BQL: nobody else can take it until the poll is over. */
export function findHeldPolls(facts: Facts): Finding[] {
  const { holds, waits } = facts.bql;
  const found = facts.polls.flatMap((poll) => {
    if (!didSleep(poll)) return [];
    const over = holds.some(
      ({ thread, startNs, endNs }) =>
        thread === poll.thread && startNs <= poll.enterNs && endNs >= poll.returnNs,
    );
    if (!over) return [];
    const kept = waits.filter(
      (wait) =>
        wait.thread !== poll.thread &&
        Math.min(wait.endNs, poll.returnNs) > Math.max(wait.startNs, poll.enterNs),
    );
    return kept.length > 0 || sleptNs(poll) >= facts.slowNs ? [{ poll, kept }] : [];
  });
  const groups = groupBy(found, ({ poll }) => String(poll.thread));
  return [...groups.values()].map((polls) => heldPoll(facts, polls));
}

function heldPoll(
  facts: Facts,
  polls: { readonly poll: Poll; readonly kept: readonly LockWait[] }[],
): Finding {
  polls.sort((a, b) => b.kept.length - a.kept.length || sleptNs(b.poll) - sleptNs(a.poll));
  const { poll, kept } = polls[0]!;
  const who = theThread(facts, poll.thread);
  const others = [...new Set(kept.map(({ thread }) => theThread(facts, thread)))];
  const slept = formatDuration(sleptNs(poll));
  const meanwhile = others.length === 0 ? '' : ` while ${listed(others)} waited for it`;
  return finding(
    others.length === 0 ? 'warn' : 'bad',
    `${capital(who)} slept ${slept} in a poll with the BQL${meanwhile}`,
    'main_loop_wait gives the lock back while it polls; aio_poll and AIO_WAIT_WHILE keep it. If the event that ends the sleep comes from a thread that needs the lock, it never comes.',
    polls.map((one) => ({
      text: `${formatDuration(sleptNs(one.poll))}, ${count(one.kept.length, 'thread')} waiting`,
      node: one.poll.enter,
      startNs: one.poll.enterNs,
      endNs: one.poll.returnNs,
    })),
  );
}

function place(facts: Facts, wait: LockWait): Place {
  const others = blamed(wait).map(([thread, ns]) => {
    return `${theThread(facts, thread)} ${formatDuration(ns)}`;
  });
  const { startNs, endNs } = wait;
  const text = `${formatDuration(endNs - startNs)} behind ${others.join(', ')}`;
  return { text, node: wait.begin, startNs, endNs };
}

function holdPlace(facts: Facts, hold: Hold): Place {
  const { startNs, endNs, begin, end } = hold;
  const node = begin >= 0 ? begin : Math.max(end, 0);
  return {
    text: `${theThread(facts, hold.thread)}, ${formatDuration(endNs - startNs)}`,
    node,
    startNs,
    endNs,
  };
}

function capital(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
