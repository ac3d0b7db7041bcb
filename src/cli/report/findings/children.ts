import { count, formatDuration } from '../../text/units.ts';
import type { Child } from '../children.ts';
import type { Facts } from '../facts.ts';
import { deathNode } from '../links.ts';
import { type Finding, finding, groupBy, type Place } from './finding.ts';

/** Children whose SIGCHLD was merged with another's: one record stood for several deaths. */
export function findCoalesced({ children, events }: Facts): Finding[] {
  const merged = children.filter(
    ({ reap, record, announcedBy }) => reap >= 0 && record < 0 && announcedBy >= 0,
  );
  if (merged.length === 0) return [];
  const places = [...groupBy(merged, ({ announcedBy }) => String(announcedBy)).values()]
    .sort((a, b) => b.length - a.length)
    .map((group): Place => {
      const first = group[0]!;
      const startNs = group.reduce(
        (least, { deathNs }) => Math.min(least, deathNs!),
        first.deathNs!,
      );
      const endNs = events[group.at(-1)!.reap]!.timeNs;
      const names = group
        .map(({ pid }) => pid)
        .slice(0, 5)
        .join(', ');
      const more = group.length > 5 ? ' and others' : '';
      const text = `one record stood also for ${count(group.length, 'child', 'children')}: pid ${names}${more}`;
      return { text, node: first.announcedBy, startNs, endNs };
    });
  const reaped = children.filter(({ reap }) => reap >= 0).length;
  return [
    finding(
      'info',
      `${merged.length} of ${count(reaped, 'reaped child', 'reaped children')} had no SIGCHLD of their own`,
      'SIGCHLD is a standard signal: while one is pending, the next is merged with it. So one record may stand for any number of deaths, and whoever reaps must go on until nothing is left.',
      places,
    ),
  ];
}

/** Children that were dead for a long time before they were reaped, or were never reaped. */
export function findZombies(facts: Facts): Finding[] {
  const { slowNs } = facts;
  const never = facts.children.filter(({ deathNs, reap }) => deathNs !== null && reap < 0);
  const late = facts.children
    .filter(({ reap, latencyNs }) => reap >= 0 && latencyNs >= slowNs)
    .sort((a, b) => b.latencyNs - a.latencyNs);
  const found: Finding[] = [];
  if (never.length > 0) {
    found.push(
      finding(
        'bad',
        `${count(never.length, 'child', 'children')} died and had not been reaped when the trace ended`,
        'SIGCHLD said that they were dead; nothing waited for them. A zombie keeps its pid until its parent takes its status.',
        never.map((child) => place(facts, child)),
      ),
    );
  }
  if (late.length > 0) {
    const worst = late[0]!;
    const most = worst.deathIsBound ? 'up to ' : '';
    found.push(
      finding(
        'warn',
        `${count(late.length, 'zombie')} grew older than ${formatDuration(slowNs)}: the oldest ${most}${formatDuration(worst.latencyNs)}`,
        'From death to reap. Where the loop was busy when the child died, or its SIGCHLD was merged with another, the age is the most that it can be.',
        late.map((child) => place(facts, child)),
      ),
    );
  }
  return found;
}

function place(facts: Facts, child: Child): Place {
  const endNs = child.reap >= 0 ? facts.events[child.reap]!.timeNs : facts.endNs;
  const age = formatDuration(endNs - child.deathNs!);
  const what = child.deathIsBound ? `at most ${age}` : age;
  return {
    text: `${child.name} (pid ${child.pid}): ${child.reap >= 0 ? what : `${age}, not reaped`}`,
    node: deathNode(facts.events, child.index),
    startNs: child.deathNs!,
    endNs,
  };
}
