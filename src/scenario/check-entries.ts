import { signalNames } from '../signal/names.ts';
import type { Names } from './check-names.ts';
import { threadNames } from './check-threads.ts';
import { entryPattern } from './log-values.ts';
import type { Action, ObjectDef, Scenario } from './model.ts';
import type { Mention, Problems } from './problem.ts';
import { signalOf } from './read.ts';
import type { Section } from './vocabulary.ts';

/** Entries that do not stand for an object. */
const MARKS = [
  'mlw',
  'poll=0',
  'poll=1',
  'next=0',
  'next=1',
  'nested(',
  ')=0',
  ')=1',
  'nested_mlw(',
  ')',
];
/** Nobody means one of these by a mistyped word. */
const BRACKETS = /^\)/;

/** Sections whose callbacks log the bare name. */
const BARE: ReadonlySet<Section> = new Set<Section>([
  'bottom_halves',
  'timers',
  'fds',
  'notifiers',
  'signals',
  'sources',
  'requests',
]);

/** The suffixes that may follow the names of a section. */
const BEHIND: Partial<Record<Section, readonly string[]>> = {
  fds: ['.w'],
  notifiers: [
    '.poll=0',
    '.poll=1',
    '.poll_ready',
    '.poll_begin',
    '.poll_end',
    ' clear=0',
    ' clear=1',
  ],
  poll_notifiers: [':FILL', ':OK', ':ERR'],
};
const ENDINGS = Object.entries(BEHIND).flatMap(([section, endings]) =>
  endings.map((ending) => ({ section, ending })),
);
/** Suffixes with a varying part. */
const VARYING: Partial<Record<Section, RegExp>> = {
  children: /^(.+) (?:exited \d+|killed SIG\S+)$/s,
  signals: /^([^(]+)\(.*\)$/s,
};

/**
 * Rejects entries of the order log that no run of the file can produce: unknown words, undeclared
 * names. A `never` of such an entry would always hold, and nobody would know why. Whether an entry
 * can really occur is not examined.
 */
export function checkEntries(
  scenario: Scenario,
  names: Names,
  entries: readonly Mention[],
  problems: Problems,
): void {
  if (entries.length === 0) return;
  const { objects } = scenario;
  const logs = textsOf(scenario);
  const texts = new Set([...logs, ...MARKS]);
  const patterns = scenario.threaded ? logs.filter((text) => /\$\(/.test(text)) : [];
  const varying = patterns.map(entryPattern);
  for (const { name: entry, at } of withoutThreads(scenario, entries, problems)) {
    if (problems.isFull) return;
    if (texts.has(entry) || varying.some((pattern) => pattern.test(entry))) continue;
    if (canLog(names, entry)) {
      texts.add(entry);
      continue;
    }
    const signal = /^SIG[^(]*/.exec(entry)?.[0];
    if (signal !== undefined && signalOf(signal) === 0) {
      problems.expected(at, entry, 'an entry of the order log: no such signal', signalNames());
      continue;
    }
    const own = names.get(entry);
    if (own !== undefined) {
      const such = wordsOf(own, entry)[0];
      const logs = such === undefined ? 'which logs nothing' : `which logs such as '${such}'`;
      problems.add(at, `found '${entry}', ${logs}, expected an entry of the order log`);
      continue;
    }
    const words = (): Iterable<string> => allWords(texts, objects, entry);
    problems.expected(at, entry, 'an entry of the order log that this file can have', words);
  }
}

/** Takes the thread from the front of each entry; reports those that have none. */
function withoutThreads(
  scenario: Scenario,
  entries: readonly Mention[],
  problems: Problems,
): readonly Mention[] {
  if (!scenario.threaded) return entries;
  const threads = threadNames(scenario);
  return entries.flatMap(({ name, at }) => {
    const end = name.indexOf(': ');
    const thread = name.slice(0, Math.max(0, end));
    if (threads.has(thread)) return [{ name: name.slice(end + 2), at }];
    const what = `an entry with its thread, such as 'main: ${end < 0 ? name : name.slice(end + 2)}'`;
    problems.expected(at, end < 0 ? name : thread, what, end < 0 ? [] : threads);
    return [];
  });
}

function* allWords(
  texts: Iterable<string>,
  objects: readonly ObjectDef[],
  entry: string,
): Iterable<string> {
  for (const text of texts) if (!BRACKETS.test(text)) yield text;
  for (const object of objects) yield* wordsOf(object, entry);
}

/** Whether some object can log an entry: its bare name, or the name with a suffix. */
function canLog(names: Names, entry: string): boolean {
  const own = names.get(entry);
  if (own !== undefined && BARE.has(own.section)) return true;
  for (const { section, ending } of ENDINGS) {
    if (!entry.endsWith(ending)) continue;
    if (names.get(entry.slice(0, -ending.length))?.section === section) return true;
  }
  return Object.entries(VARYING).some(([section, pattern]) => {
    const name = pattern.exec(entry)?.[1];
    return name !== undefined && names.get(name)?.section === section;
  });
}

/** The entries that an object can log, to find the one nearest to a wrong entry. */
function wordsOf(object: ObjectDef, entry: string): string[] {
  const { section, name } = object;
  const words = BARE.has(section) ? [name] : [];
  for (const one of BEHIND[section] ?? []) words.push(name + one);
  if (object.section === 'children') {
    const signal = /SIG\S+$/.exec(entry)?.[0];
    const status = /\d+$/.exec(entry)?.[0] ?? object.exit ?? 0;
    words.push(signal === undefined ? `${name} exited ${status}` : `${name} killed ${signal}`);
  }
  return words;
}

/** All texts of `log`, wherever they are. */
function textsOf({ objects, timeline, steps }: Scenario): string[] {
  const lists: (readonly Action[])[] = [steps, ...timeline.map((entry) => entry.do)];
  for (const object of objects) {
    if ('do' in object) lists.push(object.do);
    if (object.section === 'fds') lists.push(object.doWrite);
    if (object.section === 'requests') lists.push(object.work);
  }
  return lists.flatMap(logged);
}

function logged(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => {
    if (action.op === 'log') return [action.text];
    if ('do' in action) return logged(action.do);
    if (action.op === 'wait_while') return logged(action.each);
    return action.op === 'sigaction' ? logged(action.spec.do) : [];
  });
}
