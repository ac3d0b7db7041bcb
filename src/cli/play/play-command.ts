/** `qemu-loop play`: writes the playground's page, or serves it to a browser of this machine. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Command, InvalidArgumentError, Option } from 'commander';
import { HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { MainLoop } from '../../mainloop/main-loop.ts';
import { grouped, MOST_CHARACTERS } from '../../scenario/limits.ts';
import { CliError, describeHostError, EXIT_INTERNAL, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { allWriter } from '../exit/write-all.ts';
import { checkOutputs } from '../options/output-files.ts';
import { parseCommand, usageError } from '../options/parse-command.ts';
import { writeNamedFile } from '../output/named-output.ts';
import { Unreadable } from '../text/read-file.ts';
import { readText } from '../text/read-text.ts';
import { type PlayLibrary, type PlayParts, renderPlay, type Story } from './html.ts';
import { PageServer } from './serve/page-server.ts';

const LOCAL = '127.0.0.1';
const MOST_PORT = 65_535;

interface Raw {
  readonly output?: string;
  readonly port: number;
}

const TEXT = `
Examples:
  qemu-loop play                       serve it, and print its address
  qemu-loop play my.yaml -o play.html  one file that needs no network

The page runs the simulated kernel in the browser: it shows no real processes.

Exit status: 0 the page is written; 2 the command line or the file is wrong; 125
it cannot be written or served. Serving ends by a signal.
`;

/**
 * Runs a command line (without `play`) to its end: serving ends by a signal.
 * @param own the process's own host
 * @returns the exit status
 * @throws CliError if it cannot be done
 */
export function playCommand(own: Host | null, args: readonly string[]): number {
  const out = allWriter(own, 1);
  const asked = parseCommand<Raw>(define(), args);
  if ('text' in asked) {
    out(asked.text);
    return 0;
  }
  const { raw, operands } = asked;
  if (operands.length > 1) {
    throw new CliError(`play shows one file, and there are ${operands.length}`, EXIT_USAGE);
  }
  if (raw.output !== undefined && asked.isTyped('port')) {
    throw usageError('--port and -o exclude each other: -o serves nothing', 'qemu-loop play');
  }
  const file = operands[0];
  const page = (): string => renderPlay(parts(), library(own, file));
  if (raw.output === undefined) return serve(needSockets(own), page(), raw.port, out);
  const inputs = file === undefined ? [] : [{ what: 'the scenario', path: file }];
  checkOutputs([{ what: 'the page', path: raw.output }], inputs);
  const html = page();
  writeNamedFile(own, { what: 'the page', path: raw.output }, html);
  out(`${raw.output}: ${Math.round(html.length / 1000)} kB, open it in a browser\n`);
  return 0;
}

function define(): Command {
  return new Command('qemu-loop play')
    .usage('[options] [FILE]')
    .description("A playground: QEMU's loop in the browser, step by step, forth and back.")
    .argument('[file...]')
    .addOption(new Option('-o, --output <file>', 'write the page to FILE instead of serving it'))
    .addOption(
      new Option('--port <n>', `serve it on this port of ${LOCAL} (default: any that is free)`)
        .argParser(port)
        .default(0, ''),
    )
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', TEXT);
}

function port(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > MOST_PORT) {
    throw new InvalidArgumentError(`expected a port from 0 to ${MOST_PORT}.`);
  }
  return Number(text);
}

/** The page is beside this bundle, in dist/. */
function parts(): PlayParts {
  return {
    script: built('play-page.js'),
    style: built('play-page.css'),
    engine: built('play-engine.js'),
  };
}

/** The build packs them: they are a tenth of the package otherwise. */
function built(name: string): string {
  return gunzipSync(readFileSync(new URL(`${name}.gz`, import.meta.url))).toString();
}

function library(own: Host | null, file: string | undefined): PlayLibrary {
  const made = JSON.parse(built('play-library.json')) as Omit<PlayLibrary, 'first'>;
  if (file === undefined) return { ...made, first: 'scenarios/sigchld.yaml' };
  const yours: Story = { path: `your file/${basename(file)}`, text: read(own, file) };
  return { ...made, stories: [yours, ...made.stories], first: yours.path };
}

function read(own: Host | null, file: string): string {
  try {
    const text = readText(own, file, MOST_CHARACTERS);
    if (text.length <= MOST_CHARACTERS) return text;
    throw new Unreadable(`it is too long: expected at most ${grouped(MOST_CHARACTERS)} characters`);
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${whyOf(error)}`, EXIT_USAGE);
  }
}

/** The sockets are the loop's. */
function needSockets(own: Host | null): Host {
  if (own !== null) return own;
  const message = `serving needs Linux, and this is ${process.platform}: write the page to a file: -o play.html`;
  throw new CliError(message, EXIT_INTERNAL);
}

/**
 * Serves the page by the loop, until a signal ends the process: none is handled, so the kernel ends
 * it even while the loop sleeps.
 */
function serve(host: Host, html: string, port: number, out: (text: string) => void): number {
  const loop = new MainLoop({ host });
  const server = listen(loop, port, html);
  out(`${server.url} (Ctrl-C ends it)\n`);
  loop.run();
  return 0;
}

function listen(loop: MainLoop, port: number, html: string): PageServer {
  try {
    return new PageServer(loop, port, html);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const hint = port === 0 ? '' : ': take another --port, or leave it out';
    throw new CliError(`cannot serve: ${describeHostError(error)}${hint}`, EXIT_INTERNAL);
  }
}
