/** Text of files and arguments in the command's output: shown, but never obeyed by a terminal. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guarded, visible, visibleJson } from '../../src/trace/visible.ts';
import { run } from '../support/run.ts';
import { testDirectory } from '../support/terminal.ts';
import { list, read } from '../tree/files.ts';

/** Sets a terminal's title, a colour by C1, turns the order, and begins a line. */
const HOSTILE = 'x\x1b]0;title\x07\x9b31m\u202ey\nNEW';
const STEERS = /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e]/u;
const QUOTED = JSON.stringify(HOSTILE);

const SCENARIO = `
name: ${QUOTED}
bottom_halves: {${QUOTED}: {do: [{log: ${QUOTED}}]}}
steps: [{schedule: ${QUOTED}}, step, {log: ${QUOTED}}]
`;
const WRONG = `expect: {order: [${QUOTED}, other]}\n`;

/** Files with such names and texts, in a directory of their own. */
function files() {
  const dir = join(testDirectory(), HOSTILE);
  mkdirSync(dir);
  const put = (name: string, text: string): string => {
    const path = join(dir, `${name}${HOSTILE}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  const full = join(dir, `full${HOSTILE}`);
  symlinkSync('/dev/full', full);
  return {
    dir,
    full,
    missing: join(dir, 'missing'),
    shown: put('shown', SCENARIO),
    failing: put('failing', SCENARIO + WRONG),
    broken: put('broken', `name: x\n${QUOTED}: 1\nsteps: [${QUOTED}, {${QUOTED}: 1}]\n`),
    trace: put('trace', 'no trace'),
  };
}

type Files = ReturnType<typeof files>;

/** Every kind of line that the command prints, by the arguments that make it. */
const LINES: readonly (readonly [what: string, args: (f: Files) => readonly string[]])[] = [
  ['an unknown option', () => [`--${HOSTILE}`]],
  ['an operand', () => [HOSTILE]],
  ["an option's value", () => ['--timeout', HOSTILE, '--spawn', 'x']],
  ['a word of an option', () => ['--log-format', HOSTILE]],
  ['a signal', () => ['-p', HOSTILE, '--spawn', 'x']],
  ['a trace format', () => ['--trace-file', `${HOSTILE}:x`, '--spawn', 'x']],
  ['a trace event', () => ['--trace', HOSTILE, '--trace-file', 'log:x', '--spawn', 'x']],
  ['a program that is not there', () => ['--', HOSTILE]],
  ['a command, in the log and the summary', () => ['--spawn', `true '${HOSTILE}'`]],
  ['a command, in -vv', () => ['-vv', '--spawn', `true '${HOSTILE}'`]],
  ['a command, in JSON', () => ['--log-format', 'json', '--spawn', `true '${HOSTILE}'`]],
  [
    'a command, in a trace',
    () => ['-q', '--trace-file', 'log:/dev/stderr', '--spawn', `true '${HOSTILE}'`],
  ],
  [
    'a command, in a JSON trace',
    () => ['-q', '--trace-file', 'json:/dev/stdout', '--spawn', `true '${HOSTILE}'`],
  ],
  ['the file of a log', (f) => ['--log-file', join(f.missing, 'log'), '--spawn', 'x']],
  ['the file of a trace', (f) => ['--trace-file', `log:${join(f.missing, 't')}`, '--spawn', 'x']],
  ['the file of a report', (f) => ['--report', join(f.missing, 'r'), '--spawn', 'x']],
  ['the file of a record', (f) => ['--record', join(f.missing, 'r'), '--spawn', 'x']],
  ['a record on a full disk', (f) => ['--record', f.full, '--spawn', 'exit 0']],
  ['a trace on a full disk', (f) => ['--trace-file', `log:${f.full}`, '--spawn', 'exit 0']],
  ['replay of nothing', (f) => ['replay', f.missing]],
  ['replay of no record', (f) => ['replay', f.trace]],
  ['a report that is made', (f) => ['--report', join(f.dir, 'report'), '--spawn', 'exit 0']],
  ['trace list', () => ['trace', 'list', HOSTILE]],
  ['trace', () => ['trace', HOSTILE]],
  ['report of nothing', (f) => ['report', f.missing]],
  ['report of no trace', (f) => ['report', f.trace]],
  ['check', (f) => ['check', f.broken, f.missing]],
  ['check of a directory', (f) => ['check', f.dir]],
  ['run of a pattern', (f) => ['run', `${f.dir}/*none*`]],
  ['run', (f) => ['run', f.shown]],
  ['run, failing', (f) => ['run', f.failing, f.broken]],
  ['run, coloured', (f) => ['run', '--color', 'never', f.failing]],
  ['run, on both', (f) => ['run', '--host', 'both', f.failing]],
  ['TAP', (f) => ['run', '--reporter', 'tap', f.failing, f.broken, f.shown]],
  ['JUnit', (f) => ['run', '--reporter', 'junit', f.failing, f.broken, f.shown]],
  ['JSON', (f) => ['run', '--reporter', 'json', f.failing, f.broken, f.shown]],
];

describe('text that others wrote', () => {
  test.each(LINES)('steers no terminal, and begins no line: %s', async (_, args) => {
    const { status, signal, stdout, stderr } = await run(args(files()));
    const text = stdout + stderr;
    expect({ status: status !== null, signal }).toEqual({ status: true, signal: null });
    expect(STEERS.exec(text)?.[0]).toBeUndefined();
    expect(text).not.toMatch(/^NEW/m);
    // It is there, so this has seen something.
    expect(text).toMatch(/\\x1b|\\u001b/);
  });
});

test('TAP has as many points as it says, whatever is in the files', async () => {
  const { failing, broken, shown } = files();
  const { stdout } = await run(['run', '--reporter', 'tap', failing, broken, shown]);
  expect(stdout.match(/^(not )?ok \d+ - /gm)).toHaveLength(3);
  for (const line of stdout.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(TAP version 14|1\.\.3|(not )?ok \d+ - .*| {2}(---|message: \||\.\.\.)| {4}.*)$/,
    );
  }
});

test('everything that the command prints goes through a guard', () => {
  // allWriter and someWriter, which write by plain-io on other systems, guard by themselves; what
  // goes through Output are lines of the log, children's, traces. Records are bytes in their own file.
  const writers = [
    'src/cli/exit/plain-io.ts',
    'src/cli/record/record-file.ts',
    'src/cli/trace/trace-file.ts',
  ];
  const around = list('src/cli', '.ts').filter((path) =>
    /\bwriteSync\(|process\.(stdout|stderr)\.write|\bconsole\.(log|error|warn|info)\(/.test(
      read(path),
    ),
  );
  expect(around).toEqual(writers);
});

test('visible is plain text, once and for all', () => {
  expect(visible(HOSTILE)).toBe('x\\x1b]0;title\\x07\\x9b31m\\u202ey\\nNEW');
  expect(visible(visible(HOSTILE))).toBe(visible(HOSTILE));
  expect(visible('täxt → 日本 👩‍💻')).toBe('täxt → 日本 👩‍💻');
  expect(visibleJson(HOSTILE)).not.toMatch(STEERS);
  expect(JSON.parse(visibleJson(HOSTILE))).toBe(HOSTILE);
  const ours = '\r\x1b[K\x1b[31mred\x1b[0m\tend\n';
  expect(guarded(ours)).toBe(ours);
  expect(guarded(`${ours}\x1b]0;t\x07\x1b[2J\r`)).toBe(`${ours}\\x1b]0;t\\x07\\x1b[2J\\r`);
});
