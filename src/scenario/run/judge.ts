import type { ChildEnd, Expectation, Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import { comparisonText, durationText, holdsAll } from '../values.ts';
import type { End } from './children.ts';
import { type DiffLine, diffEntries } from './diff.ts';
import { ScenarioStuck } from './ended.ts';
import type { FailedCheck, LogEntry } from './order-log.ts';

/** An unmet expectation. */
export interface Failure {
  readonly kind:
    | 'order'
    | 'before'
    | 'includes'
    | 'never'
    | 'children'
    | 'iterations'
    | 'trace'
    | 'elapsed'
    | 'abort'
    | 'check'
    | 'error'
    | 'refused';
  readonly message: string;
  /** The check that failed; null for one under `expect`. */
  readonly at: Place | null;
  /** Expected against actual, for `order`. */
  readonly diff?: readonly DiffLine[];
}

/** The events of a run, on whatever host. */
export interface Played {
  readonly scenario: Scenario;
  readonly failed: readonly FailedCheck[];
  readonly entries: readonly LogEntry[];
  /** As the driver of the file counts them. */
  readonly iterations: number;
  readonly elapsedNs: number;
  /** How late a time may be and still count as right, ns. */
  readonly slackNs: number;
  /** The expected trace events that occurred; null if nobody watched for them. */
  readonly seen: readonly string[] | null;
  /** How the children that were started under a name have ended. */
  fates(name: string): readonly (End | string)[];
}

/**
 * Compares a run with the file's expectations.
 * @param error the error that ended the run early, or null
 * @param thread the thread that it is of
 */
export function judge(played: Played, error: Error | null, thread: string): Failure[] {
  const failures: Failure[] = played.failed.map(({ at, message }) => ({
    kind: 'check',
    message,
    at,
  }));
  const { expect } = played.scenario;
  judgeAbort(played.scenario, error, thread, failures);
  if (expect === null) return failures;
  judgeOrder(played.entries, expect, failures);
  judgeThreads(played.entries, expect, failures);
  judgeChildren(played, expect, failures);
  judgeFigures(played, expect, failures);
  if (expect.trace !== null && played.seen !== null) {
    const missing = firstMissing(
      expect.trace.map((event) => event.name),
      played.seen,
    );
    if (missing !== null) {
      const message = `the trace event ${missing.text} (number ${missing.at + 1}) did not occur in its place`;
      failures.push({ kind: 'trace', message, at: expect.trace[missing.at]!.at });
    }
  }
  return failures;
}

function judgeAbort(
  { expect, threaded }: Scenario,
  error: Error | null,
  thread: string,
  failures: Failure[],
): void {
  const wanted = expect?.abort ?? null;
  const wantedIn = expect?.abortIn?.name ?? null;
  const where = wantedIn === null ? '' : ` in ${wantedIn}`;
  if (error === null) {
    if (wanted !== null) {
      failures.push({ kind: 'abort', message: `expected an abort${where}: ${wanted}`, at: null });
    }
    return;
  }
  const isThere = wantedIn === null || wantedIn === thread;
  if (wanted !== null && isThere && error.message.includes(wanted)) return;
  const expected = wanted === null ? '' : `; expected${where} ${wanted}`;
  // That all threads are stuck is no matter of one.
  const whose = threaded && !(error instanceof ScenarioStuck) ? `${thread}: ` : '';
  const message = `${whose}${error.message}${expected}`;
  failures.push({ kind: 'abort', message, at: null });
}

/** The order of each thread, and pairs across threads. */
function judgeThreads(
  entries: readonly LogEntry[],
  { orders, before }: Expectation,
  failures: Failure[],
): void {
  for (const [thread, order] of orders) {
    const own = entries
      .filter((entry) => entry.thread === thread)
      .map((entry) => ({ ...entry, text: entry.text.slice(thread.length + 2) }));
    const texts = own.map(({ text }) => text);
    if (isEqual(order, texts)) continue;
    const message = `the order log of ${thread} is not as expected`;
    failures.push({ kind: 'order', message, at: null, diff: diffEntries(order, own) });
  }
  const texts = entries.map(({ text }) => text);
  for (const [first, second] of before) {
    const [one, other] = [texts.indexOf(first.name), texts.indexOf(second.name)];
    if (one >= 0 && (other < 0 || one < other)) continue;
    const found = one < 0 ? 'does not occur' : 'comes after it';
    const message = `'${first.name}' before '${second.name}': it ${found}`;
    failures.push({ kind: 'before', message, at: first.at, diff: diffEntries(null, entries) });
  }
}

function judgeOrder(entries: readonly LogEntry[], expect: Expectation, failures: Failure[]): void {
  const texts = entries.map((entry) => entry.text);
  const { order, includes, never } = expect;
  if (order !== null && !isEqual(order, texts)) {
    const message = 'the order log is not as expected';
    failures.push({ kind: 'order', message, at: null, diff: diffEntries(order, entries) });
  }
  const missing = includes === null ? null : firstMissing(includes, texts);
  if (includes !== null && missing !== null) {
    const before = missing.at === 0 ? '' : ` after '${includes[missing.at - 1]}'`;
    const message = `'${missing.text}' does not occur${before}`;
    failures.push({ kind: 'includes', message, at: null, diff: diffEntries(null, entries) });
  }
  for (const text of never ?? []) {
    const at = texts.indexOf(text);
    if (at < 0) continue;
    const { timeNs, iteration } = entries[at]!;
    const when = `at ${durationText(timeNs)}, in iteration ${iteration}`;
    failures.push({ kind: 'never', message: `'${text}' occurs ${when}`, at: null });
  }
}

function judgeChildren(played: Played, expect: Expectation, failures: Failure[]): void {
  for (const { of, end } of expect.children) {
    const fates = played.fates(of.name);
    const texts = fates.map(fateText);
    const wanted = endText(end);
    if (fates.length > 0 && texts.every((text) => text === wanted)) continue;
    const found = fates.length === 0 ? 'never started' : [...new Set(texts)].join(', ');
    const message = `child ${of.name}: expected ${wanted}, found ${found}`;
    failures.push({ kind: 'children', message, at: of.at });
  }
}

function judgeFigures(played: Played, expect: Expectation, failures: Failure[]): void {
  const { iterations, elapsed } = expect;
  if (iterations !== null && !holdsAll(iterations, played.iterations)) {
    const wanted = comparisonText(iterations);
    const message = `iterations: expected ${wanted}, found ${played.iterations}`;
    failures.push({ kind: 'iterations', message, at: null });
  }
  const slack = { above: played.slackNs, below: 0 };
  const ns = played.elapsedNs;
  if (elapsed !== null && !holdsAll(elapsed, ns, slack)) {
    const wanted = comparisonText(elapsed);
    const message = `elapsed: expected ${wanted}, found ${durationText(ns)}`;
    failures.push({ kind: 'elapsed', message, at: null });
  }
}

function endText(end: ChildEnd): string {
  return typeof end === 'string' ? end : fateText(end);
}

function fateText(fate: End | string): string {
  if (typeof fate === 'string') return fate;
  return 'exit' in fate ? `exited ${fate.exit}` : `killed ${fate.signal}`;
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** The first of `wanted` that does not occur in `texts` after those before it. */
function firstMissing(
  wanted: readonly string[],
  texts: readonly string[],
): { text: string; at: number } | null {
  let next = 0;
  for (const text of texts) if (text === wanted[next]) next++;
  return next === wanted.length ? null : { text: wanted[next]!, at: next };
}
