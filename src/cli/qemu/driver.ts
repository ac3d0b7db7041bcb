/** The driver of a QEMU build tree: built once, and kept in the cache folder. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT_INTERNAL, whyOf } from '../exit/errors.ts';
import { shellWord } from '../text/style.ts';
import { buildAgain, type QemuTree } from './tree.ts';

/** Functions that QEMU calls and the driver answers. */
const WRAPPED = [
  'qemu_signalfd',
  'io_uring_queue_init',
  'qemu_in_main_thread',
  // The big lock's, since 9.0 and before.
  ...['bql_locked', 'bql_lock_impl', 'bql_unlock'],
  ...['qemu_mutex_iothread_locked', 'qemu_mutex_lock_iothread_impl', 'qemu_mutex_unlock_iothread'],
];

/** Drivers of earlier builds are removed after this long: until then another process may run one. */
const KEPT_MS = 3_600_000;

/**
 * Returns the path of the driver of a tree, and builds it unless it is there.
 * @param source driver.c
 * @param tell writes whole lines for a person
 * @throws CliError with status 125 if it cannot be built, or the cache cannot be written
 */
export function driverOf(tree: QemuTree, source: URL, tell: (text: string) => void): string {
  const main = fileURLToPath(source);
  const folder = join(cacheFolder(), `qemu-${digest(tree.build)}`);
  const inputs = [tree.compile, tree.link, tree.stamp, ...sourcesBeside(main)];
  const path = join(folder, `driver-${digest(inputs.join('\0'))}`);
  if (existsSync(path)) return path;
  try {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) removeOld(join(folder, name));
  } catch (error) {
    const how = 'set XDG_CACHE_HOME to a folder that can be written';
    throw new CliError(
      `the driver for QEMU cannot be kept: ${whyOf(error)}: ${how}`,
      EXIT_INTERNAL,
    );
  }
  tell(`qemu-loop: building the driver for the QEMU in ${tree.build}\n`);
  build(tree, main, path, tell);
  return path;
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  // A relative one does not count, by the XDG rules.
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'qemu-loop');
}

/** Written under another name first, so that a path is there only when it is whole. */
function build(tree: QemuTree, main: string, path: string, tell: (text: string) => void): void {
  const made = `${path}.${process.pid}`;
  const files = `${shellWord(main)} -o ${shellWord(made)}`;
  const wraps = WRAPPED.map((name) => `-Wl,--wrap=${name}`).join(' ');
  const command = `${tree.compile} -w ${files} ${wraps} ${tree.link}`;
  const options = { cwd: tree.build, encoding: 'utf8', maxBuffer: 1 << 26 } as const;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], options);
  if (status === 0) {
    renameSync(made, path);
    return;
  }
  rmSync(made, { force: true });
  tell(`${stdout}${stderr}\n`);
  const how = `is the tree built? Run ${buildAgain(tree)}`;
  throw new CliError(`the driver for QEMU cannot be built (see above): ${how}`, EXIT_INTERNAL);
}

function removeOld(path: string): void {
  if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true });
}

/** The texts of driver.c and of all that it includes. */
function sourcesBeside(main: string): string[] {
  const folder = dirname(main);
  const names = readdirSync(folder).sort();
  return names.map((name) => readFileSync(join(folder, name), 'utf8'));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
