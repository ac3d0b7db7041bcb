/** A QEMU build tree, and how a program is linked against its event loop. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import { shellWord } from '../text/style.ts';

/** The program of QEMU whose build commands are reused: it has all of the event loop. */
const MODEL = 'tests/unit/test-aio';

export interface QemuTree {
  /** Absolute. */
  readonly build: string;
  /** The compiler and its flags, for the shell, without input and output. */
  readonly compile: string;
  /** The objects and libraries, for the shell, in the order that the linker needs. */
  readonly link: string;
  /** Changes each time that the loop was built anew. */
  readonly stamp: string;
  /** Whether sources have changed since it was built. */
  readonly isStale: boolean;
}

/**
 * @param dir a QEMU build folder; undefined if nobody has named one
 * @throws CliError with status 2 if it is something else, or the event loop is not built there
 */
export function openTree(dir: string | undefined): QemuTree {
  if (dir === undefined || dir === '') {
    const how =
      "name it by --qemu-build DIR or by QEMU_BUILD (docs/qemu-tree.md says how it's made)";
    throw wrong(`which QEMU? Its build folder is not known: ${how}`);
  }
  const [commands, ninja] = ['compile_commands.json', 'build.ninja'].map((name) => join(dir, name));
  if (!existsSync(commands!) || !existsSync(ninja!)) {
    const expected = 'expected the folder in which configure was run, with compile_commands.json';
    throw wrong(`${dir} is no QEMU build folder: ${expected} and build.ninja`);
  }
  const program = join(dir, MODEL);
  if (!existsSync(program)) {
    throw wrong(`the event loop is not built in ${dir}: run ninja -C ${shellWord(dir)} ${MODEL}`);
  }
  const compile = compileOf(readFileSync(commands!, 'utf8'));
  const link = linkOf(readFileSync(ninja!, 'utf8'));
  if (compile === null || link === null) {
    throw wrong(
      `${dir} does not say how ${MODEL} is built: configure it anew with QEMU 7.2 or later`,
    );
  }
  const build = realpathSync(dir);
  const { mtimeMs, size } = statSync(program);
  return { build, compile, link, stamp: `${mtimeMs} ${size}`, isStale: isStale(build) };
}

/** How to build what a stale tree lacks. */
export function buildAgain({ build }: QemuTree): string {
  return `ninja -C ${shellWord(build)} ${MODEL}`;
}

function wrong(message: string): CliError {
  return new CliError(message, EXIT_USAGE);
}

function compileOf(text: string): string | null {
  const all = JSON.parse(text) as readonly { file: string; command: string }[];
  const found = all.find(({ file }) => file.endsWith(`${MODEL}.c`));
  return found === undefined ? null : found.command.replace(/ -MD -MQ .*$/, '');
}

/** QEMU 7.2 links libraries; newer ones name the libraries' objects as the program's own inputs. */
function linkOf(text: string): string | null {
  const rule = new RegExp(`^build ${MODEL}: \\S+ ([^|\\n]*)[^]*?^ LINK_ARGS = (.*)$`, 'm').exec(
    text,
  );
  if (rule === null) return null;
  const [, inputs, args] = rule;
  const objects = inputs!
    .split(' ')
    .filter((path) => path !== '' && !path.startsWith(`${MODEL}.p/`));
  return [...objects, args!.replaceAll('$$', '$')].join(' ');
}

/** Asks ninja, if there is one. The version's file is made anew each time. */
function isStale(build: string): boolean {
  const { status, stdout } = spawnSync('ninja', ['-n', MODEL], { cwd: build, encoding: 'utf8' });
  if (status !== 0) return false;
  return stdout.split('\n').some((line) => line.startsWith('[') && !line.includes('qemu-version'));
}
