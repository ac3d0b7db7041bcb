import type { Host } from '../../host/host.ts';
import { outside } from '../../host/record/outside.ts';

/** Colours, if the terminal or the user wants them. */
export interface Style {
  readonly color: boolean;
  /** Columns of the terminal; 0 if lines need not be cut. */
  readonly width: number;
}

export const RESET = '\x1b[0m';
export const DIM = '\x1b[2m';
export const BOLD = '\x1b[1m';
export const RED = '\x1b[31m';
export const GREEN = '\x1b[32m';
export const YELLOW = '\x1b[33m';
export const CYAN = '\x1b[36m';
export const MAGENTA = '\x1b[35m';

const CHILD_COLORS = ['\x1b[36m', '\x1b[33m', '\x1b[35m', '\x1b[32m', '\x1b[34m', '\x1b[31m'];

/** The colour of a child, by its number from 1. */
export function childColor(number: number): string {
  return CHILD_COLORS[(number - 1) % CHILD_COLORS.length]!;
}

/** Colours a text, if the style has colours. */
export function paint(style: Style, color: string, text: string): string {
  return style.color && color !== '' ? `${color}${text}${RESET}` : text;
}

type ColorEnv = Readonly<Record<string, string | undefined>>;

/** The variables of the environment that decide about colours. A record of the run has them. */
export function colorEnv(host: Host): ColorEnv {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  return outside(host, 'the environment', () => ({ NO_COLOR, FORCE_COLOR, TERM }));
}

/** Whether to use colours: --color decides first, then NO_COLOR, then FORCE_COLOR. */
export function wantsColor(
  choice: 'auto' | 'always' | 'never',
  isTerminal: boolean,
  env: ColorEnv,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && env.TERM !== 'dumb';
}

/**
 * Wraps a text into lines of at most width columns, indented except for the first. The first
 * line starts after `used` columns. Cuts words that are longer than a line.
 */
export function wrap(text: string, used: number, indent: number, width: number): string {
  if (width === 0) return text;
  const lines = wordLines(text, used, indent, width);
  const fitting = lines.map((line, i) => cut(line, width - (i === 0 ? used : indent)));
  return fitting.join(`\n${' '.repeat(indent)}`);
}

/** The lines of such a text. Words longer than a line are not cut. */
export function wordLines(text: string, used: number, indent: number, width: number): string[] {
  if (width === 0 || used + text.length <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let room = width - used;
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= room || (line === '' && lines.length > 0)) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
    room = width - indent;
  }
  lines.push(line);
  return lines;
}

/** Cuts a text to width columns. */
export function cut(text: string, width: number): string {
  return width <= 0 || text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 1))}…`;
}

/** A word as it would be typed in a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
