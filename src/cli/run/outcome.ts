import type { Place } from '../../scenario/problem.ts';
import { type DiffLine, diffEntries } from '../../scenario/run/diff.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { HostName, RunResult } from '../../scenario/run/run.ts';
import { shellWord } from '../text/style.ts';

/** Hosts whose order logs are equal, against others whose logs are. */
export interface Difference {
  readonly hosts: readonly HostName[];
  readonly others: readonly HostName[];
  readonly lines: readonly DiffLine[];
}

/** A host that a file could not run on, beside others that ran it. */
export interface LeftOut {
  readonly host: HostName;
  readonly at: Place | null;
  readonly why: string;
}

/** A run, or runs of the same file on several hosts. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  /** The seed; null if there is only one. */
  readonly seed: number | null;
  readonly run: number | null;
  /**
   * One result per host, the simulated one first; if any host refuses the file, only the refusals.
   */
  readonly results: readonly RunResult[];
  /** Empty if the hosts agree: the order log of the first against each other one. */
  readonly differences: readonly Difference[];
  readonly leftOut: readonly LeftOut[];
  /** 0 passed, 1 failed, 2 cannot be run, 3 the emulator failed. */
  readonly status: number;
  /** The command that repeats it; null if every host would refuse it again. */
  readonly command: string | null;
  /** Its duration in real time, ms. */
  readonly wallMs: number;
}

/** An argument that gave no scenario: a file with problems, or a missing one. */
export interface Unread {
  readonly file: string;
  readonly status: 2;
  /** Each with its place, as on stderr. */
  readonly messages: readonly string[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** How many could not be read. */
  readonly errors: number;
  readonly wallMs: number;
}

/** Reports the outcome of runs to people or programs. */
export interface Reporter {
  /** @param total how many outcomes and unread files there will be */
  begin(total: number): void;
  unread(one: Unread): void;
  /** A run has begun; for progress. */
  running?(file: string): void;
  outcome(outcome: Outcome): void;
  end(totals: Totals): void;
}

export type Write = (text: string) => void;

/** The request that led to an outcome. */
export interface AskedOutcome {
  /** The --host that repeats it. */
  readonly host: HostName | 'both' | 'all';
  readonly leftOut: readonly LeftOut[];
  /** Overrides the file's seed; null for the file's own. */
  readonly seed: number | null;
  /** Whether there are other seeds. */
  readonly isOneOfSeeds: boolean;
  /** The number of the repetition; null if there is only one. */
  readonly run: number | null;
  /** Whether the order is the same on every host. */
  readonly isCompared: boolean;
  /** Further options for the command that repeats it. */
  readonly options: string;
}

/** The request for a single run, on one host. */
export const ASKED_ONCE = {
  leftOut: [],
  seed: null,
  isOneOfSeeds: false,
  run: null,
  isCompared: false,
} as const;

/** Combines the runs of one file. */
export function outcomeOf(
  results: readonly RunResult[],
  asked: AskedOutcome,
  wallMs: number,
): Outcome {
  const { seed, run } = asked;
  const first = results[0]!;
  const differences = asked.isCompared ? differencesOf(results) : [];
  const needs = results.find((result) => result.needs !== null)?.needs ?? null;
  const worst = Math.max(...results.map((result) => result.status));
  const host = needs ?? asked.host;
  const withSeed = seed === null ? '' : ` --seed ${seed}`;
  return {
    file: first.file,
    name: first.name,
    seed: asked.isOneOfSeeds ? seed : null,
    run,
    results,
    differences,
    leftOut: asked.leftOut,
    status: differences.length > 0 && worst === 0 ? 1 : worst,
    command:
      worst === 2 && needs === null
        ? null
        : `qemu-loop run ${shellWord(first.file)} --host ${host}${withSeed}${asked.options}`,
    wallMs,
  };
}

/**
 * Groups the hosts by their order logs. Across threads chance decides, also on the real host: then
 * the order within each is compared. A host that could not run the file has no order.
 */
export function differencesOf(results: readonly RunResult[]): Difference[] {
  const groups: { hosts: HostName[]; entries: readonly LogEntry[] }[] = [];
  for (const { host, order, status } of results) {
    if (status === 2) continue;
    const entries = byThread(order);
    const same = groups.find((group) => isSame(group.entries, entries));
    if (same === undefined) groups.push({ hosts: [host], entries });
    else same.hosts.push(host);
  }
  const [first, ...rest] = groups;
  if (first === undefined) return [];
  const texts = first.entries.map(({ text }) => text);
  return rest.map(({ hosts, entries }) => ({
    hosts: first.hosts,
    others: hosts,
    lines: diffEntries(texts, entries),
  }));
}

function isSame(a: readonly LogEntry[], b: readonly LogEntry[]): boolean {
  return a.length === b.length && b.every(({ text }, i) => text === a[i]!.text);
}

/** The entries thread by thread; those of a file with one thread as they are. */
function byThread(entries: readonly LogEntry[]): readonly LogEntry[] {
  const threads = [...new Set(entries.map(({ thread }) => thread ?? ''))].sort();
  if (threads.length < 2) return entries;
  return threads.flatMap((one) => entries.filter(({ thread }) => thread === one));
}
