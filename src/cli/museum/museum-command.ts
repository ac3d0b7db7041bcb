/** `qemu-loop museum`: bugs that loops of this kind had, each beside the mended one. */

import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import type { Host } from '../../host/host.ts';
import { nearest } from '../../host/nearest.ts';
import { EXIT_LEFT } from '../exit/errors.ts';
import { allWriter } from '../exit/write-all.ts';
import { colorOption } from '../options/option-values.ts';
import { parseCommand, usageError } from '../options/parse-command.ts';
import { stdoutStyle } from '../terminal/terminal.ts';
import { exhibit } from './exhibit.ts';
import { listText, showText } from './museum-text.ts';
import { type Piece, readPieces } from './pieces.ts';

const STDOUT = 1;
const NAME = 'qemu-loop museum';

const TEXT = `
Without an ID it lists the pieces. Each is shown by two runs on the simulated
kernel, whose order logs stand side by side with the first difference marked, or
by the explorer's story of an order that fails.

Examples:
  qemu-loop museum
  qemu-loop museum show one-waitpid
  qemu-loop museum notify-barrier

Exit status: 0; 2 the command line is wrong, 130 after Ctrl-C.
`;

interface Raw {
  readonly json?: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

/**
 * Runs a command line (without `museum`). Returns the exit status.
 * @param own the process's own host
 */
export async function museumCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const out = allWriter(own, STDOUT);
  const asked = parseCommand<Raw>(define(), args);
  if ('text' in asked) {
    out(asked.text);
    return 0;
  }
  const id = idOf(asked.operands);
  // The pieces are beside dist/.
  const pieces = readPieces(fileURLToPath(new URL('../scenarios/museum/', import.meta.url)));
  const style = stdoutStyle(own, asked.raw.color);
  const isJson = asked.raw.json === true;
  if (id === undefined) {
    const list = pieces.map(({ id: name, title, where }) => ({ id: name, title, where }));
    out(isJson ? `${JSON.stringify(list)}\n` : listText(pieces, style));
    return 0;
  }
  const piece = pieceOf(pieces, id);
  const shown = await exhibit(own, piece);
  if (shown === null) return EXIT_LEFT;
  const { title, where, about, look } = piece;
  if (isJson) out(`${JSON.stringify({ id, title, where, about, look, ...shown })}\n`);
  else out(showText(piece, shown, style));
  return 0;
}

function define(): Command {
  return new Command(NAME)
    .usage('[show] [ID] [options]')
    .description('Bugs that event loops of this kind had: each beside the mended one.')
    .argument('[words...]')
    .addOption(new Option('--json', 'print the list, or the piece with both runs, as JSON'))
    .addOption(colorOption())
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', TEXT);
}

/** Undefined for the list. `show` may be left out. */
function idOf(operands: readonly string[]): string | undefined {
  const ids = operands[0] === 'show' ? operands.slice(1) : operands;
  if (operands[0] === 'show' && ids.length === 0) {
    throw usageError('show needs the ID of a piece: name one', NAME);
  }
  if (ids.length > 1) throw usageError(`museum shows one piece, and there are ${ids.length}`, NAME);
  return ids[0];
}

function pieceOf(pieces: readonly Piece[], id: string): Piece {
  const piece = pieces.find((one) => one.id === id);
  if (piece !== undefined) return piece;
  const meant = nearest(
    id,
    pieces.map((one) => one.id),
  );
  const hint = meant === undefined ? `${NAME} lists them` : `did you mean ${meant}?`;
  throw usageError(`no piece '${id}': ${hint}`, NAME);
}
