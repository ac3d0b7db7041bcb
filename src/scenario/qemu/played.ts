/** Judges what the driver printed, as runs on other hosts are judged. */

import type { CheckItem, Scenario } from '../model.ts';
import type { Place } from '../problem.ts';
import { checkFailure, type Found } from '../run/check-item.ts';
import { type Failure, judge } from '../run/judge.ts';
import { NOTHING_RAN } from '../run/not-run.ts';
import type { FailedCheck, LogEntry } from '../run/order-log.ts';
import type { Note, RunResult } from '../run/run.ts';
import type { DriverProgram } from './program.ts';

/** How late a time may be and still count as right: as on the real host. */
const SLACK_NS = 50e6;

/** How the driver's process ended, and what it printed. */
export interface DriverEnd {
  readonly stdout: string;
  readonly stderr: string;
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  /** Why it was killed by us; null if it was not. */
  readonly cutBy: string | null;
}

interface Printed {
  readonly version: string;
  readonly entries: readonly LogEntry[];
  readonly found: readonly Answer[];
  /** The thread that ended the process; main unless the driver has said another. */
  readonly ended: string;
  readonly iterations: number;
  readonly elapsedNs: number;
}

/** The value that a check found. */
interface Answer {
  readonly id: number;
  readonly thread: string;
  readonly value: string;
}

/** The driver's exit status if this QEMU does not have what the program asks for. */
const HAS_NOT = 4;
/** Stands for the threads of a pool. */
const WORKER = -2;

/** The result of a run on QEMU. */
export function qemuResult(scenario: Scenario, program: DriverProgram, end: DriverEnd): RunResult {
  // A file that expects an abort may be about just that.
  if (end.status === HAS_NOT && scenario.expect?.abort == null) {
    return refusedOnQemu(scenario, end.stderr.trim(), null);
  }
  const printed = read(scenario, end.stdout);
  const error = errorOf(end, printed.version);
  const { entries, iterations, elapsedNs } = printed;
  const played = {
    scenario,
    failed: failedChecks(scenario, program.checks, printed),
    entries,
    iterations,
    elapsedNs,
    slackNs: SLACK_NS,
    seen: null,
    fates: () => [],
  };
  const failures = judge(played, error, printed.ended);
  return {
    ...heading(scenario),
    status: failures.length > 0 ? 1 : 0,
    order: entries,
    failures,
    notes: notesOf(scenario),
    iterations,
    elapsedNs,
    abort: error?.message ?? null,
    version: printed.version,
  };
}

/** The result of a file that cannot run on QEMU (2), or if QEMU itself could not run (3). */
export function notOnQemu(scenario: Scenario, status: 2 | 3, failure: Failure): RunResult {
  const needs = status === 2 ? 'sim' : null;
  return { ...heading(scenario), status, needs, failures: [failure] };
}

/** The result of a file that QEMU cannot run. */
export function refusedOnQemu(scenario: Scenario, why: string, at: Place | null): RunResult {
  return notOnQemu(scenario, 2, { kind: 'refused', message: `QEMU cannot run it: ${why}`, at });
}

function heading({ file, name, seed }: Scenario) {
  return { ...NOTHING_RAN, file, name, host: 'qemu' as const, seed };
}

function read(scenario: Scenario, stdout: string): Printed {
  let version = '';
  let ended = 'main';
  const entries: LogEntry[] = [];
  const found: Answer[] = [];
  let [iterations, elapsedNs] = [0, 0];
  for (const line of stdout.split('\n')) {
    const rest = line.slice(2);
    const parts = rest.split(' ');
    if (line.startsWith('= ')) version = rest;
    if (line.startsWith('- ')) {
      [elapsedNs, iterations] = [Number(parts[0]), Number(parts[1])];
      const text = unescaped(parts.slice(3).join(' '));
      entries.push(entryOf(scenario, threadOf(scenario, parts[2]!), text, elapsedNs, iterations));
    }
    if (line.startsWith('? ')) {
      const thread = threadOf(scenario, parts[1]!);
      found.push({ id: Number(parts[0]), thread, value: parts[2]! });
    }
    if (line.startsWith('! ')) ended = threadOf(scenario, rest);
    if (line.startsWith('. ')) [iterations, elapsedNs] = [Number(parts[0]), Number(parts[1])];
  }
  return { version, ended, entries, found, iterations, elapsedNs };
}

function threadOf({ objects }: Scenario, number: string): string {
  return objects[Number(number)]?.name ?? (Number(number) === WORKER ? 'worker' : 'main');
}

function entryOf(
  { threaded }: Scenario,
  thread: string,
  text: string,
  timeNs: number,
  iteration: number,
): LogEntry {
  if (!threaded) return { text, timeNs, iteration };
  return { text: `${thread}: ${text}`, timeNs, iteration, thread };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** A text with C's escapes, each byte above 126 as an octal one. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = text.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Signals by which QEMU ends itself, or the kernel ends it. */
function errorOf({ status, signal, stderr, cutBy }: DriverEnd, version: string): Error | null {
  if (status === 0) return null;
  if (cutBy !== null) return new Error(cutBy);
  const said = stderr.trim();
  const text = said === '' ? '' : `: ${said}`;
  if (signal !== null) return new Error(`QEMU ${version} was ended by ${signal}${text}`);
  return new Error(said === '' ? `the driver exited ${status}` : said);
}

function failedChecks(
  { threaded }: Scenario,
  checks: readonly CheckItem[],
  { found }: Printed,
): FailedCheck[] {
  return found.flatMap(({ id, thread, value }) => {
    const item = checks[id]!;
    const message = checkFailure(item, foundIn(item, value), SLACK_NS);
    if (message === null) return [];
    return [{ at: item.at, message: threaded ? `${thread}: ${message}` : message }];
  });
}

/** The driver prints numbers, -1 for none, and 0 or 1 for whether something is so. */
function foundIn(item: CheckItem, value: string): Found {
  switch (item.key) {
    case 'fdmon':
      return value;
    case 'result':
      return Number(value) < 0 ? null : value === '1';
    case 'pending':
      return value === '1';
    case 'timeout':
    case 'expires_at':
      return Number(value) < 0 ? null : Number(value);
    default:
      return Number(value);
  }
}

function notesOf({ expect }: Scenario): Note[] {
  const [first] = expect?.trace ?? [];
  if (first === undefined) return [];
  return [{ at: first.at, message: "trace events are this program's: they are not compared" }];
}
