/** `qemu-loop explore`: runs every interleaving of a program, and tells the story of an error. */

import { type BuiltIn, make } from '../../explore/built-in.ts';
import { Finder, type Found } from '../../explore/finder.ts';
import type { Model } from '../../explore/operation.ts';
import { PROGRAMS } from '../../explore/programs/all.ts';
import type { Host } from '../../host/host.ts';
import { nearest } from '../../host/nearest.ts';
import { EXIT_INTERNAL, EXIT_LEFT } from '../exit/errors.ts';
import { allWriter } from '../exit/write-all.ts';
import { checkOutputs } from '../options/output-files.ts';
import { usageError } from '../options/parse-command.ts';
import { writeNamedFile } from '../output/named-output.ts';
import { stdoutStyle } from '../terminal/terminal.ts';
import type { Style } from '../text/style.ts';
import { countMany } from '../text/units.ts';
import { type AskedExplore, parseExplore } from './explore-options.ts';
import { runInterruptibly } from './interruptible.ts';
import { listJson, listText } from './list.ts';
import { Progress } from './progress.ts';
import { promelaOf } from './promela.ts';
import { storyHtml } from './story-html.ts';
import { storyText } from './story-text.ts';
import { foundText } from './verdict.ts';

const STDOUT = 1;
const STDERR = 2;
const EXIT_ERROR_FOUND = 1;

/** States that are expanded before a key or a signal is looked for. */
const STATES_AT_A_TIME = 5_000;

/**
 * Runs a command line (without `explore`). Returns the exit status.
 * @param own the process's own host
 */
export async function exploreCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const out = allWriter(own, STDOUT);
  const asked = parseExplore(args);
  if ('text' in asked) {
    out(asked.text);
    return 0;
  }
  const style = stdoutStyle(own, asked.color);
  if (asked.program === undefined) {
    out(asked.json ? listJson(PROGRAMS) : listText(PROGRAMS, style));
    return 0;
  }
  if (asked.isFile) {
    const { exploreOrders } = await import('./orders.ts');
    return exploreOrders(own, asked.program, asked, style);
  }
  return exploreProgram(own, asked, programOf(asked.program), style);
}

function programOf(name: string): BuiltIn {
  const program = PROGRAMS.find((one) => one.name === name);
  if (program !== undefined) return program;
  throw unknown(`no program '${name}'`, name, PROGRAMS);
}

function checkWeakening(program: BuiltIn, name: string): void {
  if (name === '' || program.weakenings.some((one) => one.name === name)) return;
  throw unknown(`${program.name} has no weakening '${name}'`, name, program.weakenings);
}

function unknown(what: string, typed: string, list: readonly { readonly name: string }[]): Error {
  const names = list.map(({ name }) => name);
  const meant = nearest(typed, names);
  const hint = meant === undefined ? `it is one of ${names.join(', ')}` : `did you mean ${meant}?`;
  return usageError(`${what}: ${hint}`, 'qemu-loop explore');
}

async function exploreProgram(
  own: Host | null,
  asked: AskedExplore,
  program: BuiltIn,
  style: Style,
): Promise<number> {
  checkWeakening(program, asked.without);
  const { html, promela } = asked;
  const page = html === undefined ? null : { what: 'the page', path: html };
  const model = promela === undefined ? null : { what: 'the model for Spin', path: promela };
  checkOutputs(
    [page, model].filter((file) => file !== null),
    [],
  );
  const { finder, isInterrupted } = await find(own, asked, program, asked.model);
  const found = finder.found(isInterrupted);
  const { story } = found;
  if (model !== null) {
    writeNamedFile(own, model, promelaOf(make(program, asked.without), asked.mostBytes));
  }
  if (page !== null && story !== null) {
    writeNamedFile(own, page, storyHtml(found, story, finder.beside()));
  }
  const out = allWriter(own, STDOUT);
  if (asked.json) out(`${JSON.stringify(found)}\n`);
  else {
    out(foundText(found, style));
    if (story !== null) out(storyText(story, style, asked.view));
    if (page !== null && story === null) {
      allWriter(own, STDERR)('qemu-loop: no page is written: there is no error to show\n');
    }
  }
  if (found.error !== null) return EXIT_ERROR_FOUND;
  if (found.ended === 'interrupted') return EXIT_LEFT;
  return found.ended === 'memory' ? EXIT_INTERNAL : 0;
}

/** Explores to the end, unless Ctrl-C comes first. */
export async function search(
  own: Host | null,
  asked: Pick<AskedExplore, 'without' | 'mostBytes' | 'reduce' | 'json'>,
  program: BuiltIn,
  model: Model,
): Promise<Found> {
  const { finder, isInterrupted } = await find(own, asked, program, model);
  return finder.found(isInterrupted);
}

async function find(
  own: Host | null,
  { without, mostBytes, reduce, json }: Parameters<typeof search>[1],
  program: BuiltIn,
  model: Model | undefined,
): Promise<{ readonly finder: Finder; readonly isInterrupted: boolean }> {
  const finder = new Finder(program, without, { model, reduce, mostBytes });
  const progress = new Progress(own, !json);
  try {
    const isInterrupted = await runInterruptibly(() => {
      if (!finder.run(STATES_AT_A_TIME)) return false;
      const { search, transitions } = finder.now;
      const states = countMany(search.states.count, 'state');
      const head = `${program.name} under ${finder.model}: ${states}`;
      progress.show(`${head}, ${countMany(transitions, 'transition')}`, head, states);
      return true;
    });
    return { finder, isInterrupted };
  } finally {
    progress.end();
  }
}
