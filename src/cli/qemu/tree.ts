/** A QEMU build tree, and how a program is linked against its event loop. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import { shellWord } from '../text/style.ts';
import { OLDEST_KNOWN, type TreeVersion, versionIn } from './version.ts';

/** The program of QEMU whose build commands are reused: it has all of the event loop. */
const MODEL = 'tests/unit/test-aio';

export interface QemuTree {
  /** Absolute. */
  readonly build: string;
  /** The compiler and its flags, for the shell, without input and output. */
  readonly compile: string;
  /** The objects and libraries, for the shell, in the order that the linker needs. */
  readonly link: string;
  /** The source of what vCPUs share, which the loop is built without; null if there is none. */
  readonly cpus: string | null;
  /** Changes each time that the loop was built anew. */
  readonly stamp: string;
  /** Whether sources have changed since it was built. */
  readonly isStale: boolean;
  /** Null if the tree does not tell it. */
  readonly version: TreeVersion | null;
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
  const [commands, ninja, config] = ['compile_commands.json', 'build.ninja', 'config-host.h'].map(
    (name) => textIn(dir, name),
  );
  if (commands === null || ninja === null) {
    const inner = join(dir, 'build');
    const how = existsSync(join(inner, 'build.ninja'))
      ? `is it ${inner}?`
      : 'expected the folder in which configure was run, with compile_commands.json and build.ninja';
    throw wrong(`${dir} is no QEMU build folder: ${how}`);
  }
  const version = versionIn(config ?? '');
  if (version?.isTooOld) {
    const which = `${dir} is a build of QEMU ${version.text}`;
    throw wrong(`${which}: the driver needs ${OLDEST_KNOWN} or later`);
  }
  const program = join(dir, MODEL);
  if (!existsSync(program)) {
    throw wrong(`the event loop is not built in ${dir}: run ninja -C ${shellWord(dir)} ${MODEL}`);
  }
  const model = modelIn(commands!);
  const compile = model?.command?.replace(/ -MD -MQ .*$/, '') ?? null;
  const link = linkOf(ninja!);
  if (compile === null || link === null) {
    throw wrong(
      `${dir} does not say how ${MODEL} is built: configure it anew with QEMU ${OLDEST_KNOWN} or later`,
    );
  }
  const build = realpathSync(dir);
  const { mtimeMs, size } = statSync(program);
  const cpus = cpusBeside(join(resolve(build, model!.file!), '..', '..', '..'));
  const stamp = `${mtimeMs} ${size}`;
  return { build, compile, link, cpus, stamp, isStale: isStale(build), version };
}

/** The text of a file; null if it cannot be read. */
function textIn(dir: string, name: string): string | null {
  try {
    return readFileSync(join(dir, name), 'utf8');
  } catch {
    return null;
  }
}

/** How to build what a stale tree lacks. */
export function buildAgain({ build }: QemuTree): string {
  return `ninja -C ${shellWord(build)} ${MODEL}`;
}

function wrong(message: string): CliError {
  return new CliError(message, EXIT_USAGE);
}

/** One file of compile_commands.json. */
interface Compiled {
  readonly file?: string;
  readonly command?: string;
}

/** Undefined if the list does not have it, or is half written. */
function modelIn(text: string): Compiled | undefined {
  return listIn(text).find(({ file }) => file?.endsWith(`${MODEL}.c`));
}

/** @param root the folder of the sources */
function cpusBeside(root: string): string | null {
  // Its name until 8.1, and since then.
  const paths = ['cpus-common.c', 'cpu-common.c'].map((name) => join(root, name));
  return paths.find((path) => existsSync(path)) ?? null;
}

function listIn(text: string): readonly Compiled[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
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
