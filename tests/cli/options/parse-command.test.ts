import { Command, InvalidArgumentError, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/cli/options/parse-command.ts';
import { parseCheck, parseRun } from '../../../src/cli/run/run-options.ts';
import { parseOptions } from '../../../src/cli/spawn/options.ts';
import { traceCommand } from '../../../src/cli/trace/trace-command.ts';

/** Each command's parser, with the name that its mistakes end with. */
const COMMANDS: readonly (readonly [string, (args: readonly string[]) => unknown])[] = [
  ['qemu-loop', (args) => parseOptions([...args, '--', 'x'], () => '0')],
  ['qemu-loop run', (args) => parseRun([...args, 'x.yaml'])],
  ['qemu-loop check', (args) => parseCheck([...args, 'x.yaml'])],
];

function define(): Command {
  return new Command('thing')
    .argument('<file>')
    .addOption(new Option('--color <when>', 'auto or never').choices(['auto', 'never']))
    .addOption(new Option('--slow <ms>', 'a very long text about slow things, and more of it'));
}

describe.each(COMMANDS)('%s', (name, parse) => {
  it('reports an unknown option on one line, which names its help', () => {
    expect(() => parse(['--nonsense'])).toThrow(
      new RegExp(`^unknown option '--nonsense' \\(see ${name} --help\\)$`),
    );
  });
});

describe('a wrong choice', () => {
  it.each(COMMANDS.slice(0, 2))('of %s names the choices, and the likely one', (_name, parse) => {
    expect(() => parse(['--color', 'allways'])).toThrow(
      /argument 'allways' is invalid: expected one of auto, always, never, did you mean always\?/,
    );
  });
});

describe('parseCommand', () => {
  it('guesses an option that is misspelt', () => {
    expect(() => parseCommand(define(), ['--slw', '1', 'x'])).toThrow(
      "unknown option '--slw': did you mean --slow? (see thing --help)",
    );
  });

  it('reports a value that a parser of ours refuses as it does a wrong choice', () => {
    const parser = (): never => {
      throw new InvalidArgumentError('expected a number. Or two.');
    };
    const option = new Option('--count <n>', 'how many').argParser(parser);
    expect(() => parseCommand(define().addOption(option), ['--count', 'x.', 'y'])).toThrow(
      "option '--count <n>' argument 'x.' is invalid: expected a number. Or two (see thing --help)",
    );
  });

  it.each(['run', 'check', 'report', 'explore', 'fuzz', 'museum', 'play', 'trace'])(
    'guesses the command %s if its last letter is missing',
    (name) => {
      const typed = name.slice(0, -1);
      expect(() => parseOptions([typed], () => '0')).toThrow(
        `unexpected argument '${typed}': did you mean ${name}?`,
      );
    },
  );

  it('says in its own words that an operand is missing', () => {
    expect(() => parseCommand(define(), [], 'name a file')).toThrow(
      'name a file (see thing --help)',
    );
  });

  it('names the first operand too many', () => {
    const command = define().allowExcessArguments(false);
    expect(() => parseCommand(command, ['a', '--slow', '1', 'b', 'c'])).toThrow(
      "unexpected argument 'b': thing takes one (see thing --help)",
    );
  });

  it('returns the options, the operands, and whether an option was typed', () => {
    const parsed = parseCommand<{ color?: string; slow?: string }>(define(), ['--slow', '1', 'x']);
    if ('text' in parsed) throw new Error('expected options');
    expect(parsed.raw).toEqual({ slow: '1' });
    expect(parsed.operands).toEqual(['x']);
    expect([parsed.isTyped('slow'), parsed.isTyped('color')]).toEqual([true, false]);
  });

  it('returns the help as text', () => {
    expect(parseCommand(define(), ['--help'])).toEqual({ text: expect.stringContaining('--slow') });
  });

  it('the trace command reports mistakes in the same way', () => {
    expect(() => traceCommand(['lst'])).toThrow(
      /did you mean list\? \(see qemu-loop trace --help\)/,
    );
  });
});
