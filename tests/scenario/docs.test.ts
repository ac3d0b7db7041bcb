/** The scenarios of the documents do what they say, and the reference has every word. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/problem.ts';
import { scenarioJsonSchema } from '../../src/scenario/schema.ts';
import { actionWords } from '../../src/scenario/schema-actions.ts';
import { failuresOf, runLinux, runSim, scenarioOf } from './files.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const read = (name: string): string => readFileSync(join(docs, name), 'utf8');

function examplesOf(text: string): [name: string, example: string][] {
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => [
    /^name: (.*)$/m.exec(example!)![1]!,
    example!,
  ]);
}

describe.each(['scenarios.md', 'scenario-language.md'])('%s', (name) => {
  const examples = examplesOf(read(name));

  it('has examples, each with a name of its own', () => {
    expect(examples.length).toBeGreaterThan(6);
    expect(new Set(examples.map(([of]) => of)).size).toBe(examples.length);
  });

  it.each(examples)('%s', (_name, example) => {
    const result = runSim(scenarioOf(example));
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
  });

  it('has examples that hold on the real host too', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-docs-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    examples.forEach(([, example], i) => {
      writeFileSync(join(dir, `${i}.yaml`), example);
    });
    const results = await runLinux(dir);
    const failures = examples.map(([of], i) => [of, failuresOf(results.get(`${i}.yaml`))]);
    expect(failures.filter(([, failed]) => failed!.length > 0)).toEqual([]);
  });
});

/** The text of a section with its subsections, by its heading or one of its headings. */
function sectionOf(text: string, heading: string): string {
  const sections = text.split(/\n(?=#+ )/);
  const depth = (section: string): number => section.indexOf(' ');
  const start = sections.findIndex((section) =>
    /^#+ (.*)/.exec(section)![1]!.split(', ').includes(heading),
  );
  if (start < 0) return '';
  const end = sections.findIndex((s, at) => at > start && depth(s) <= depth(sections[start]!));
  return sections.slice(start, end < 0 ? undefined : end).join('\n');
}

/** Whether a word is in one of the code spans of a text. */
function tells(text: string, word: string): boolean {
  const spans = text.replace(/```[\s\S]*?```/g, '').match(/`[^`\n]+`/g) ?? [];
  const whole = new RegExp(`(?<![\\w-])${word}(?![\\w-])`);
  return spans.some((span) => whole.test(span));
}

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly enum?: readonly string[];
  readonly const?: string;
}

/** Every word of a schema: its keys, and its words for values. */
function wordsOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { properties, enum: values, const: word } = part as Schema;
  return [
    ...Object.keys(properties ?? {}),
    ...(values ?? []),
    ...(word === undefined ? [] : [word]),
    ...Object.values(part).flatMap(wordsOf),
  ];
}

describe('scenario-language.md tells every word', () => {
  const text = read('scenario-language.md');
  const { properties, definitions } = scenarioJsonSchema() as {
    properties: Record<string, Schema>;
    definitions: unknown;
  };
  const untold = (section: string, words: readonly string[]): string[] =>
    words.filter((word) => !tells(sectionOf(text, section), word));

  it.each(Object.keys(properties))('of %s', (key) => {
    expect(untold('The file', [key])).toEqual([]);
    const hasSection = sectionOf(text, key) !== '';
    expect(untold(hasSection ? key : 'The file', wordsOf(properties[key]))).toEqual([]);
  });

  it('of actions and checks', () => {
    expect(untold('Actions', actionWords())).toEqual([]);
    expect(untold('check', checkWords(definitions))).toEqual([]);
    expect(wordsOf(definitions).filter((word) => !tells(text, word))).toEqual([]);
  });
});

/** The keys of a check, and their words. */
function checkWords(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const check = (part as Schema).properties?.check;
  return check === undefined ? Object.values(part).flatMap(checkWords) : wordsOf(check);
}

it('the file with errors in scenarios.md has the errors that are shown', () => {
  const text = read('scenarios.md');
  const file = /^ {4}name: three errors\n(?: {4}.*\n)+/m.exec(text)![0].replace(/^ {4}/gm, '');
  const shown = [...text.matchAll(/^ {4}(f\.yaml:\d.*)$/gm)].map((match) => match[1]);
  expect(loadScenario(file, 'f.yaml').problems.map(formatProblem)).toEqual(shown);
});
