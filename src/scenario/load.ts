import type { z } from 'zod';
import { QEMU_VERSIONS, type QemuVersion } from '../aio/profile.ts';
import { checkString, checkWord } from '../host/arguments.ts';
import { acceptorOf } from './accept.ts';
import { buildScenario } from './build.ts';
import { checkActions } from './check-actions.ts';
import { checkCycles } from './check-cycles.ts';
import { checkEntries } from './check-entries.ts';
import { Names } from './check-names.ts';
import { checkObjects } from './check-objects.ts';
import { explain } from './explain.ts';
import type { Scenario } from './model.ts';
import { type Mention, type Problem, Problems } from './problem.ts';
import { prune } from './prune.ts';
import { entriesOf, itemsOf, mentionOf, textOf } from './read.ts';
import { readYaml } from './read-yaml.ts';
import { scenarioSchema } from './schema.ts';
import { beginning, get, type Node, toPlain } from './source.ts';

/** The result of reading a file: a scenario, or problems. */
export interface Loaded {
  /** Null if there are problems. */
  readonly scenario: Scenario | null;
  /** In order of the file. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a scenario and checks everything that can be known before running it.
 * @param qemu the QEMU that it is for, instead of the file's own
 * @throws TypeError, RangeError for wrong arguments
 */
export function loadScenario(text: string, file: string, qemu?: QemuVersion): Loaded {
  checkString(text, 'loadScenario: the text');
  checkString(file, "loadScenario: the file's name");
  if (qemu !== undefined) checkWord(qemu, QEMU_VERSIONS, 'loadScenario: the QEMU');
  const problems = new Problems(file);
  const root = readYaml(text, problems);
  if (root === null) return { scenario: null, problems: problems.sorted() };
  const issues = issuesOf(root, problems);
  if (issues.length > 0) {
    explain(root, issues, problems);
    if (!problems.isFull) checkRest(prune(root, issues), problems, qemu);
  }
  if (problems.list.length > 0) return { scenario: null, problems: problems.sorted() };
  const scenario = buildScenario(root, file, qemu);
  const names = new Names(scenario.objects, problems);
  checkObjects(scenario, names, problems);
  checkActions(scenario, names, problems);
  checkEntries(scenario, names, entriesIn(root), problems);
  if (problems.list.length === 0) checkCycles(scenario, names, problems);
  const ok = problems.list.length === 0;
  return { scenario: ok ? scenario : null, problems: problems.sorted() };
}

type Issues = readonly z.core.$ZodIssue[];

/** If a list or map has more entries than this, only the beginning of the file is checked first. */
const MANY = 5_000;

/** The faults in the shape of a file. If the beginning of a long file has some, only those. */
function issuesOf(root: Node, problems: Problems): Issues {
  if (acceptorOf(scenarioSchema)(root)) return [];
  const first = beginning(root, MANY);
  const issues = shapeOf(first);
  if (first === root) return issues;
  if (issues.length === 0) {
    try {
      return shapeOf(root, false);
    } catch (error) {
      // zod passes all issues as arguments of one call, which can be too many.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  problems.add(root.at, 'much is wrong with this file: only its first parts were looked at');
  return issues;
}

/** @param isSmall for a file of usual size zod takes longer to generate its code than to do without */
function shapeOf(root: Node, isSmall = true): Issues {
  const options = { reportInput: true, jitless: isSmall };
  return scenarioSchema.safeParse(toPlain(root), options).error?.issues ?? [];
}

/** Even if parts of the file are malformed, checks the names in the rest. */
function checkRest(root: Node | null, problems: Problems, qemu?: QemuVersion): void {
  if (root === null || shapeOf(root).length > 0) return;
  const scenario = buildScenario(root, problems.file, qemu);
  const names = new Names(scenario.objects, problems);
  checkObjects(scenario, names, problems);
  // Actions in the rest may only make sense together with the removed parts.
  checkActions(scenario, names, problems, true);
}

/** The entries of the order log that a file names, and their places. */
function entriesIn(root: Node): Mention[] {
  const expect = get(root, 'expect');
  const lists = ['order', 'includes', 'never'].flatMap((key) => itemsOf(get(expect, key)));
  const pairs = itemsOf(get(expect, 'before')).flatMap(itemsOf);
  // An order by threads has its threads as keys.
  const byThread = entriesOf(get(expect, 'order')).flatMap(({ key, value }) =>
    itemsOf(value).map((item) => ({ name: `${key.text}: ${textOf(item)}`, at: item.at })),
  );
  return [...[...lists, ...pairs].map(mentionOf), ...byThread];
}
