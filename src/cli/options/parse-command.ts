/**
 * Parses command lines with commander: every command reports mistakes in the same way, on one line.
 */

import { type Command, CommanderError, Help } from 'commander';
import { nearest } from '../../host/nearest.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import { narrowed } from '../text/narrowed.ts';

/** A description with fewer columns beside its option goes below it. */
const LEAST_COLUMNS = 40;
const INDENT = 6;

/** Breaks text at words if it is too wide for the terminal, however narrow that is. */
const HELP_FORMAT = {
  minWidthToWrap: 16,
  visibleArguments: () => [],
  /** Leaves out the choices, which the descriptions name. */
  optionDescription: ({ description }: { readonly description: string }) => description,
  formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = helper.helpWidth ?? 80;
    if (description === '' || width - termWidth - 4 >= LEAST_COLUMNS) {
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    }
    const lines = helper.boxWrap(description, width - INDENT).split('\n');
    return [`  ${term}`, ...lines.map((line) => ' '.repeat(INDENT) + line)].join('\n');
  },
};

/** A request for text only, such as --help. */
export interface AskedText {
  readonly text: string;
}

/** A parsed command line: its options, and its operands in order. */
export interface Parsed<Raw> {
  readonly raw: Raw;
  readonly operands: readonly string[];
  /** Whether an option was typed, rather than set by default. */
  isTyped(name: keyof Raw & string): boolean;
}

/**
 * Parses a command line (without node, script and the command's own name).
 * @param missing what to say if there is no operand and the command needs one
 * @throws CliError with status 2, whose message is one line, if the line is wrong
 */
export function parseCommand<Raw extends object>(
  command: Command,
  args: readonly string[],
  missing?: string,
): Parsed<Raw> | AskedText {
  let text = '';
  command
    .configureHelp(HELP_FORMAT)
    .exitOverride()
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      writeErr: () => {},
    });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text: narrowed(text, 1) };
    const isMissing = missing !== undefined && error.code === 'commander.missingArgument';
    const isExcess = error.code === 'commander.excessArguments';
    const message = isExcess ? excess(command) : oneLine(error.message);
    throw usageError(isMissing ? missing : message, command.name());
  }
  return {
    raw: command.opts<Raw>(),
    operands: command.args,
    isTyped: (name) => command.getOptionValueSource(name) === 'cli',
  };
}

/** Names the first operand too many. */
function excess(command: Command): string {
  const taken = command.registeredArguments.length;
  const most = taken === 0 ? 'none' : 'one';
  return `unexpected argument '${command.args[taken]}': ${command.name()} takes ${most}`;
}

/** A wrong command line: one line that names the command's help. */
export function usageError(message: string, command = 'qemu-loop'): CliError {
  return new CliError(`${message} (see ${command} --help)`, EXIT_USAGE);
}

/**
 * Commander's message begins with `error:`, has its guess on a line of its own, and no guess for a
 * choice. The words of a parser of ours begin a sentence there.
 */
function oneLine(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace(/\n+\(Did you mean (.*)\?\)$/s, ': did you mean $1?')
    .replace(
      /'([^']*)' is invalid\. Allowed choices are (.*)\.$/,
      (_, typed: string, words: string) => {
        const meant = nearest(typed, words.split(', '));
        const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
        return `'${typed}' is invalid: expected one of ${words}${hint}`;
      },
    )
    .replace(/('[^']*' is invalid)\. (.*?)\.?$/s, '$1: $2')
    .replace(/\s*\n\s*/g, ' ');
}
