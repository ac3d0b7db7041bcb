import { describe, expect, it } from 'vitest';
import { list, read } from './files.ts';

/** A turn of phrase that people have to read twice. */
interface Pattern {
  readonly name: string;
  readonly pattern: RegExp;
  /** A sentence that it finds, and the same said plainly. */
  readonly bad: string;
  readonly good: string;
}

const PATTERNS: readonly Pattern[] = [
  {
    name: 'opens with What or Who, not with a noun or a verb',
    pattern: /^(?:What|Whatever|Who|Whoever)\b(?!.*\?$)/,
    bad: 'What a timer says about itself.',
    good: 'The properties of a timer.',
  },
  {
    name: 'opens with Of',
    pattern: /^Of\b(?! course)/,
    bad: 'Of a file of which parts are malformed, the names in the others are looked at.',
    good: 'Even if parts of a file are malformed, checks the names in the rest.',
  },
  {
    name: 'begins a condition with Where',
    pattern: /(?:^|[.:] )Where [^.]*,/,
    bad: 'Where a body throws, it has ended.',
    good: 'If a body throws, it has ended.',
  },
  {
    name: 'where there is, for if there is',
    pattern: /\bwhere there (?:is|are|was|were)\b/i,
    bad: 'Returns nothing where there is no such process.',
    good: 'Returns nothing if there is no such process.',
  },
  {
    name: 'where it is (has, can …), for if it is',
    pattern:
      /\bwhere (?:it|that|this|they|those|one) (?:is|are|was|were|has|have|had|does|do|did|can|cannot|could|may|might|must|would|will) \w/i,
    bad: 'A read is skipped where it has to wait.',
    good: 'Stays where it is. A read is skipped if it has to wait.',
  },
  {
    name: 'where nothing (nobody, no …), for if nothing',
    pattern: /\bwhere (?:nothing|nobody|none|neither|no)\b/i,
    bad: 'Sleeps where nothing is ready.',
    good: 'Sleeps if nothing is ready.',
  },
  {
    name: 'where behind an error or a result, for if',
    pattern:
      /(?:@throws \S+|\b(?:null|undefined|true|false|Infinity|NaN|errno|-?E[A-Z]+[A-Z0-9]*)|''|-?\b[01]) where\b/i,
    bad: '@throws QemuAbort where the caller does not hold it.',
    good: '@throws QemuAbort if the caller does not hold it.',
  },
  {
    name: 'where absent, for by default',
    pattern: /\bwhere absent\b/i,
    bad: 'Working directory; ours where absent.',
    good: 'Working directory; by default ours.',
  },
  {
    name: 'himself',
    pattern: /\bhimself\b/i,
    bad: 'The descriptors of one polling himself.',
    good: 'For callers that poll the descriptors themselves.',
  },
  {
    name: 'what is none, what is no …',
    pattern:
      /\b(?:what|who|which|that) (?:is|are) no\b|(?<!there )\b(?:is|are|was|were) none\b(?! of)/i,
    bad: 'TypeError for a request that is none.',
    good: 'TypeError if the request is not a SpawnRequest. There is none of them.',
  },
  {
    name: 'who for those who',
    pattern:
      /\b(?:for|to|of|from|by|than|with|tells|told|is|are) who\b|\bthe one who\b|\bhe who\b/i,
    bad: 'The abort of who finds it scheduled.',
    good: 'The abort for finding it scheduled.',
  },
  {
    name: 'but for, for except',
    pattern: /\bbut for\b/i,
    bad: 'All rows but for the last.',
    good: 'All rows except the last.',
  },
  {
    name: 'so many, so long, without that or as',
    pattern: /\bso (?:many|much|long)\b(?! (?:that|as)\b)/i,
    bad: 'Waits for at most so many ns.',
    good: 'Waits for at most timeoutNs. Takes so long that it is left out.',
  },
  {
    name: 'told of, tells of',
    pattern: /\b(?:told|tells?) of\b/i,
    bad: 'A hang-up is told of unasked.',
    good: 'A hang-up is reported without being asked for.',
  },
  {
    name: 'can be had',
    pattern: /\bbe had\b/i,
    bad: 'Null if no descriptor can be had.',
    good: 'Null if no descriptor is free.',
  },
  {
    name: 'all the same, such as is',
    pattern: /\ball the same\b|\bsuch as (?:is|are)\b/i,
    bad: 'The end is written all the same.',
    good: 'The end is still written.',
  },
];

/** Rooms that are still to be rewritten. One that is clean leaves the list; none is added. */
const STILL_TO_DO: readonly string[] = ['README.md'];

/** Words that people read: a comment, a test's name, or a paragraph. */
interface Words {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

const ONE_STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/;
const TEMPLATE = /`(?:\\[\s\S]|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`/;
const COMMENT = /\/\*[\s\S]*?\*\/|(?:\/\/[^\n]*(?:\n[ \t]*(?=\/\/))?)+/;
const REGEX = /\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*(?=[,).;\s])/;
const TOKEN = new RegExp(
  [COMMENT, TEMPLATE, ONE_STRING, REGEX].map((one) => one.source).join('|'),
  'g',
);

/** The comments of a program, and the names of its tests. */
function wordsOfProgram(path: string, program: string): Words[] {
  const found: Words[] = [];
  for (const { 0: token, index } of program.matchAll(TOKEN)) {
    const line = lineOf(program, index);
    if (/^\/[/*]/.test(token)) found.push({ path, line, text: withoutMarks(token) });
    else if (/^['"]/.test(token) && namesATest(path, program.slice(0, index))) {
      found.push({ path, line, text: token.slice(1, -1) });
    }
  }
  return found;
}

/** Whether what follows is the name of a test, or of a case of the host contract. */
function namesATest(path: string, before: string): boolean {
  if (!path.startsWith('tests/')) return false;
  if (/\b(?:it|test|describe)(?:\.\w+)*\(\s*$/.test(before.slice(-60))) return true;
  return path.startsWith('tests/host-contract/') && /\bname: $/.test(before.slice(-10));
}

/** A comment in one line. */
function withoutMarks(comment: string): string {
  const inside = comment.replace(/^\/\*+|\*\/$/g, '').replace(/^[ \t]*(?:\*|\/\/+)/gm, '');
  return oneLine(inside);
}

/** The paragraphs and list items of a page, without code. */
function wordsOfPage(path: string, page: string): Words[] {
  const prose = page.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, ''));
  const found: Words[] = [];
  for (const { 0: text, index } of prose.matchAll(
    /(?:^|\n)(?![ \t]*\n| {4})(?:[-*|] )?(?:[^\n]+(?:\n(?![-*|\n] ?))?)+/g,
  )) {
    found.push({ path, line: lineOf(prose, index), text: oneLine(text.replace(/`[^`]*`/g, 'X')) });
  }
  return found;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** A folder such as `src/aio`, `src/cli/watch` or `tests/cli`; for a page, the page. */
function roomOf(path: string): string {
  if (path.endsWith('.md')) return path;
  const folders = path.split('/').slice(0, -1);
  return folders.slice(0, /^src\/(?:cli|host)\//.test(path) ? 3 : 2).join('/');
}

function allWords(): Words[] {
  const programs = ['src', 'tests', 'bench'].flatMap((folder) => list(folder, '.ts'));
  const own = 'tests/tree/plain.test.ts';
  return [
    ...programs.filter((path) => path !== own).flatMap((path) => wordsOfProgram(path, read(path))),
    ...['README.md', ...list('docs', '.md')].flatMap((path) => wordsOfPage(path, read(path))),
  ];
}

function namesOf(text: string): string[] {
  return PATTERNS.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name);
}

describe('words are read once', () => {
  const found = allWords().flatMap(({ path, line, text }) =>
    namesOf(text).map((name) => ({
      room: roomOf(path),
      told: `${path}:${line}: ${name}: ${text.slice(0, 160)}`,
    })),
  );

  it('nothing is said in a way that has to be read twice', () => {
    const wrong = found.filter(({ room }) => !STILL_TO_DO.includes(room));
    expect(wrong.map(({ told }) => told)).toEqual([]);
  });

  it('every room still to be rewritten needs it', () => {
    const clean = STILL_TO_DO.filter((room) => !found.some((hit) => hit.room === room));
    expect(clean).toEqual([]);
  });

  it.each(PATTERNS.map((one) => [one.name, one] as const))('finds: %s', (name, { bad, good }) => {
    expect(namesOf(bad)).toEqual([name]);
    expect(namesOf(good)).toEqual([]);
  });

  it('comments, names of tests, paragraphs and list items are read, code is not', () => {
    const program =
      "/** One.\n * two */\n// three\n// four\nit('five', () => '// six');\nconst x = 'seven';\n";
    expect(wordsOfProgram('tests/x.ts', program).map(({ text }) => text)).toEqual([
      'One. two',
      'three four',
      'five',
    ]);
    const page =
      '# A\n\none\ntwo `code`\n- three\n  four\n- five\n\n    six\n\n```ts\nseven\n```\n';
    expect(wordsOfPage('README.md', page).map(({ text }) => text)).toEqual([
      '# A',
      'one two X',
      '- three four',
      '- five',
    ]);
  });
});
