import { posix } from 'node:path';
import { storyText } from '../explore/story-text.ts';
import { foundText } from '../explore/verdict.ts';
import { BOLD, paint, RED, type Style, shellWord, wordLines } from '../text/style.ts';
import { WEAKNESS_WORDS } from '../weak/weaknesses.ts';
import type { Exhibit, Shown } from './exhibit.ts';
import { logsText } from './logs-text.ts';
import type { Piece } from './pieces.ts';

/** The folder of the pieces in the package, for commands that a person types. */
const FOLDER = 'scenarios/museum';

/** One line for each piece; a narrow terminal breaks it. */
export function listText(pieces: readonly Piece[], style: Style): string {
  const column = Math.max(...pieces.map(({ id }) => id.length)) + 2;
  const lines = pieces.map(({ id, title }) => {
    const [first, ...more] = wordLines(title, column, column, style.width);
    const head = `${paint(style, BOLD, id)}${' '.repeat(column - id.length)}${first}`;
    return [head, ...more.map((line) => ' '.repeat(column) + line)].join('\n');
  });
  return `${lines.join('\n')}\n\nShow one: qemu-loop museum show ID\n`;
}

/** A piece: its story, both runs, and what to look at. */
export function showText(piece: Piece, shown: Exhibit, style: Style): string {
  const say = (text: string, indent = 0): string =>
    wordLines(text, 0, indent, style.width).join(`\n${' '.repeat(indent)}`);
  const paragraphs = [
    paint(style, BOLD, say(piece.title)),
    say(`Where: ${piece.where}`, 7),
    ...piece.about.map((text) => say(text)),
    bodyText(shown, style),
    ['Look at', ...piece.look.map((text) => say(`- ${text}`, 2))].join('\n'),
    ['Run them', ...commandsOf(piece).map((line) => `  ${line}`)].join('\n'),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function bodyText(shown: Exhibit, style: Style): string {
  if (shown.kind === 'scenarios') {
    const { buggy, mended } = shown;
    const failed = [...failuresText('buggy', buggy), ...failuresText('mended', mended)];
    return [
      ...logsText(buggy, mended, style),
      ...failed.map((line) => paint(style, RED, line)),
    ].join('\n');
  }
  const { buggy, mended } = shown;
  const story = buggy.story === null ? '' : storyText(buggy.story, style);
  return `${foundText(buggy, style)}${story}\n${foundText(mended, style)}`.trimEnd();
}

/** A run that is not as its piece says; a test keeps that from being shipped. */
function failuresText(name: string, { failures }: Shown): string[] {
  return failures.map((failure) => `${name}: ${failure}`);
}

function commandsOf({ shown }: Piece): string[] {
  if (shown.kind === 'program') {
    const explore = `qemu-loop explore ${shown.program}`;
    return [`${explore} --without ${shown.without}`, explore];
  }
  const { buggy, mended } = shown;
  const word = (file: string): string => shellWord(posix.join(FOLDER, file));
  const run = (file: string): string => `qemu-loop run ${word(file)}`;
  if (buggy.weaknesses.length === 0) return [run(buggy.file), run(mended.file)];
  const play = `qemu-loop play ${word(mended.file)}`;
  const switches = buggy.weaknesses.map((weakness) => WEAKNESS_WORDS[weakness]);
  return [run(mended.file), `${play}  (and switch on: ${switches.join(', ')})`];
}
