/** Guesses the meaning of a misplaced word: a command, an option, or a program. */

import { existsSync } from 'node:fs';
import { nearest } from '../../host/nearest.ts';
import { usageError } from '../options/parse-command.ts';
import { shellWord } from '../text/style.ts';

/** The commands with a name of their own. */
const COMMANDS = ['run', 'check', 'replay', 'report', 'explore', 'fuzz', 'museum', 'play', 'trace'];

/** The words that a command line may begin with. */
const FIRST_WORDS = [...COMMANDS, 'help'];

/**
 * Says what is wrong with an operand before `--`.
 * @param flags the command's options, such as `--spawn`
 */
export function misplacedWord(word: string, flags: readonly string[]): string {
  if (FIRST_WORDS.includes(word)) {
    return `'${word}' is a command, and must come first: qemu-loop ${word} …`;
  }
  const unexpected = `unexpected argument '${word}'`;
  if (/\.ya?ml$/.test(word) && existsSync(word)) {
    return `${unexpected}: did you mean qemu-loop run ${shellWord(word)}?`;
  }
  const option = flags.find((flag) => flag === `--${word}`);
  const meant = option ?? nearest(word, FIRST_WORDS);
  if (meant !== undefined) return `${unexpected}: did you mean ${meant}?`;
  return `${unexpected}: write --spawn '${word} …', or -- before a program`;
}

/**
 * Refuses a line that begins with a command written as an option, `--run`.
 * @throws CliError with status 2
 */
export function refuseDashedCommand([first]: readonly string[], flags: readonly string[]): void {
  const command = COMMANDS.find((name) => first === `--${name}`);
  if (command === undefined || flags.includes(first!)) return;
  throw usageError(`unknown option '${first}': did you mean qemu-loop ${command} …?`);
}

/**
 * Refuses `help` of an unknown command.
 * @throws CliError with status 2
 */
export function refuseUnknownHelp(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || FIRST_WORDS.includes(word)) return;
  const meant = nearest(word, COMMANDS);
  const hint =
    meant === undefined ? `expected one of ${COMMANDS.join(', ')}` : `did you mean ${meant}?`;
  throw usageError(`there is no command '${word}': ${hint}`);
}
