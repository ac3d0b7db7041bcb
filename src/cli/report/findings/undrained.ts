import { count } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { byThread, didSleep, type Poll } from '../polls.ts';
import { type Finding, finding, groupBy, type Place } from './finding.ts';

/** An fd found ready this often directly after its handler counts as not drained. */
const TIMES = 10;

interface Streak {
  readonly fd: number;
  readonly first: Poll;
  last: Poll;
  times: number;
}

/** Fds that were ready again each time their handler returned. */
export function findUndrained(facts: Facts): Finding[] {
  const all = byThread(facts.polls).flatMap((polls) => streaks(facts, polls));
  const found = all.filter(({ times }) => times >= TIMES);
  return [...groupBy(found, ({ fd }) => String(fd)).values()].map((group) => one(facts, group));
}

function one(facts: Facts, group: Streak[]): Finding {
  const fd = group[0]!.fd;
  const name = facts.fdNames.get(fd);
  group.sort((a, b) => b.times - a.times);
  const places = group.map(
    ({ first, last, times }): Place => ({
      text: `${times} times in a row`,
      node: first.leave,
      startNs: first.enterNs,
      endNs: last.returnNs,
    }),
  );
  const total = group.reduce((sum, { times }) => sum + times, 0);
  return finding(
    'warn',
    `fd ${fd}${name === undefined ? '' : ` (${name})`} was ready again at once ${count(total, 'time')}`,
    'Its handler returned and the next poll found it ready without a sleep: the handler does not take all that is there, or more comes as fast as it reads.',
    places,
  );
}

function streaks(facts: Facts, polls: readonly Poll[]): Streak[] {
  const found: Streak[] = [];
  let open = new Map<number, Streak>();
  let before: Poll | null = null;
  for (const poll of polls) {
    const next = new Map<number, Streak>();
    if (before !== null && !didSleep(poll)) {
      const handled = handledFds(facts, before);
      for (const fd of poll.ready) {
        if (!before.ready.includes(fd) || !handled.has(fd)) continue;
        let streak = open.get(fd);
        if (streak === undefined) {
          streak = { fd, first: before, last: poll, times: 0 };
          found.push(streak);
        }
        streak.last = poll;
        streak.times++;
        next.set(fd, streak);
      }
    }
    open = next;
    before = poll;
  }
  return found;
}

function handledFds({ slices, events }: Facts, { called }: Poll): Set<number> {
  const fds = new Set<number>();
  for (const at of called) {
    const { kind, begin } = slices[at]!;
    if (kind === 'fd') fds.add(Number(events[begin]!.args.fd));
  }
  return fds;
}
