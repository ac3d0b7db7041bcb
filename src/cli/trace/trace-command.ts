/** `qemu-loop trace`: shows the catalogue of trace events. */

import { nearest } from '../../host/nearest.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../trace/catalogue.ts';
import { traceEventsFile } from '../../trace/events-file.ts';
import { matchesGlob } from '../../trace/glob.ts';
import { usageError } from '../options/parse-command.ts';
import { unknownEvent } from '../options/trace-options.ts';

const USAGE = `Usage: qemu-loop trace list [GLOB]
       qemu-loop trace events

  list [GLOB]  the trace events, their arguments, and what they mean
  events       a trace-events file of them all, for QEMU's simpletrace.py
`;

const WIDTH = 80;
const NAME_WIDTH = Math.max(...EVENT_NAMES.map((name) => name.length)) + 2;

/**
 * Returns the text that a command line (without `trace`) asks for.
 * @throws CliError with status 2 if it is wrong
 */
export function traceCommand(args: readonly string[]): string {
  const [word, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) return USAGE;
  if (word === undefined) throw usage('there is nothing to show: expected list or events');
  if (word === 'list' && rest.length <= 1) return list(rest[0] ?? '*');
  if (word === 'events' && rest.length === 0) return traceEventsFile();
  if (word === 'list' || word === 'events') throw usage(`unexpected argument '${rest.at(-1)}'`);
  const meant = nearest(word, ['list', 'events']);
  const hint = meant === undefined ? 'expected list or events' : `did you mean ${meant}?`;
  throw usage(`trace ${word} is unknown: ${hint}`);
}

function list(glob: string): string {
  const names = EVENT_NAMES.filter((name) => matchesGlob(glob, name));
  if (names.length === 0) throw usage(unknownEvent(glob));
  return names.map(entry).join('');
}

/** The name, with the arguments beside it, and then the help. */
function entry(name: (typeof EVENT_NAMES)[number]): string {
  const { args, help }: EventDef = CATALOGUE[name];
  const room = WIDTH - NAME_WIDTH;
  const argText = args.length === 0 ? '(none)' : args.map(([arg]) => arg).join(', ');
  const lines = [...wrap(argText, room), ...wrap(help, room - 2).map((line) => `  ${line}`)];
  return lines.map((line, i) => `${(i === 0 ? name : '').padEnd(NAME_WIDTH)}${line}\n`).join('');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function usage(message: string): Error {
  return usageError(message, 'qemu-loop trace');
}
