import { count, formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { byThread, didSleep, type Poll } from '../polls.ts';
import { type Finding, finding, type Place } from './finding.ts';
import { loopOf } from './names.ts';

/** This many polls in a row without sleep are a spin. */
const MOST_IN_A_ROW = 100;
/** A cause counts if it is seen at this share of them. */
const SHARE = 0.9;
/** If no single cause reaches SHARE, several that take turns count from this share on. */
const SHARE_OF_SEVERAL = 0.25;

/** Stretches in which no poll slept, always for the same causes. */
export function findSpins(facts: Facts): Finding[] {
  return byThread(facts.polls).flatMap((polls) => spinsOf(facts, polls));
}

function spinsOf(facts: Facts, polls: readonly Poll[]): Finding[] {
  const found: Finding[] = [];
  let run: Poll[] = [];
  const end = (): void => {
    if (run.length >= MOST_IN_A_ROW) {
      const one = spin(facts, run);
      if (one !== null) found.push(one);
    }
    run = [];
  };
  for (const poll of polls) {
    if (didSleep(poll)) end();
    else run.push(poll);
  }
  end();
  return found;
}

function spin(facts: Facts, run: readonly Poll[]): Finding | null {
  const why = causes(facts, run);
  if (why.length === 0) return null;
  const [first, last] = [run[0]!, run.at(-1)!];
  const [startNs, endNs] = [first.enterNs, last.returnNs];
  const text = why.map(({ what, polls }) => `${what} ${share(polls, run.length)}`).join('; ');
  const places: Place[] = [
    place(`${count(run.length, 'poll')} in a row`, first, startNs, endNs),
    place('the first of them', first, first.enterNs, run[1]!.enterNs),
    place('the last of them', last, last.enterNs, last.returnNs),
  ];
  return finding(
    'bad',
    `${loopOf(facts, first.thread)} spins for ${formatDuration(endNs - startNs)}: ${why.map(({ what }) => what).join(', ')}`,
    `${count(run.length, 'poll')} in a row did not sleep. ${text}.`,
    places,
  );
}

function place(text: string, poll: Poll, startNs: number, endNs: number): Place {
  return { text, node: poll.leave, startNs, endNs };
}

function share(polls: number, of: number): string {
  return polls === of ? 'at each of them' : `at ${polls} of them`;
}

interface Cause {
  readonly what: string;
  readonly polls: number;
}

function causes(facts: Facts, run: readonly Poll[]): Cause[] {
  const counts = new Map<string, number>();
  for (const poll of run) {
    for (const what of reasons(facts, poll)) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const all = [...counts].map(([what, polls]) => ({ what, polls }));
  all.sort((a, b) => b.polls - a.polls);
  const main = all.filter(({ polls }) => polls >= SHARE * run.length);
  return main.length > 0 ? main : all.filter(({ polls }) => polls >= SHARE_OF_SEVERAL * run.length);
}

/** The reasons why a poll did not sleep. */
function reasons(facts: Facts, poll: Poll): Set<string> {
  const found = new Set<string>();
  const handled = new Set<number>();
  for (const at of poll.called) {
    const { kind, name, begin } = facts.slices[at]!;
    if (kind === 'fd') handled.add(Number(facts.events[begin]!.args.fd));
    // A callback scheduled by a handler of this round did not keep the poll from sleeping.
    if (poll.timeoutNs !== 0) continue;
    if (kind === 'timer') found.add(`timer ${name} had expired`);
    else if (kind === 'bh' && wasPending(facts, begin, poll)) {
      found.add(`bottom half ${name} was scheduled`);
    }
  }
  for (const fd of poll.ready) {
    const name = facts.fdNames.get(fd);
    const who = name === undefined ? `fd ${fd}` : `fd ${fd} (${name})`;
    found.add(handled.has(fd) ? `${who} was ready` : `${who} was ready and nothing handled it`);
  }
  if (found.size === 0) {
    found.add(poll.timeoutNs === 0 ? 'it was asked not to block' : 'its timeout was too short');
  }
  return found;
}

function wasPending({ events, links }: Facts, bh: number, poll: Poll): boolean {
  const cause = links.causesOf(bh).find(({ kind }) => kind === 'schedules');
  return cause === undefined || events[cause.from]!.timeNs <= poll.enterNs;
}
