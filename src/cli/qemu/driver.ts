/** The driver of a QEMU build tree: built once, and kept in the cache folder. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT_INTERNAL, EXIT_NOT_FOUND } from '../exit/errors.ts';
import { shellWord } from '../text/style.ts';
import { cacheOf, digest } from './cache.ts';
import { buildAgain, type QemuTree } from './tree.ts';
import { NEWEST_KNOWN, OLDEST_KNOWN } from './version.ts';

/** Functions that QEMU calls and the driver answers. */
const WRAPPED = [
  'qemu_signalfd',
  'io_uring_queue_init',
  'qemu_in_main_thread',
  // The big lock's, since 9.0 and before.
  ...['bql_locked', 'bql_lock_impl', 'bql_unlock'],
  ...['qemu_mutex_iothread_locked', 'qemu_mutex_lock_iothread_impl', 'qemu_mutex_unlock_iothread'],
];

/**
 * Returns the path of the driver of a tree, and builds it unless it is there.
 * @param source driver.c
 * @param tell writes whole lines for a person
 * @throws CliError with status 125 if it cannot be built, or the cache cannot be written
 */
export function driverOf(tree: QemuTree, source: URL, tell: (text: string) => void): string {
  const main = fileURLToPath(source);
  const cache = cacheOf(tree.build);
  const { compile, link, stamp, cpus } = tree;
  const cpusText = cpus === null ? '' : readFileSync(cpus, 'utf8');
  const inputs = [compile, link, stamp, cpusText, ...sourcesBeside(main)];
  const path = join(cache.folder, `driver-${digest(inputs.join('\0'))}`);
  if (existsSync(path)) return path;
  cache.prepare();
  tell(`qemu-loop: building the driver for the QEMU in ${tree.build}\n`);
  build(tree, main, path, tell);
  return path;
}

/** Written under another name first, so that a path is there only when it is whole. */
function build(tree: QemuTree, main: string, path: string, tell: (text: string) => void): void {
  const made = `${path}.${process.pid}`;
  const { cpus } = tree;
  const withCpus = cpus === null ? '' : ` -DHAS_VCPUS ${shellWord(cpus)}`;
  const files = `${shellWord(main)} -o ${shellWord(made)}${withCpus}`;
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
  throw new CliError(
    `the driver for QEMU cannot be built (see above): ${adviceOn(status, tree)}`,
    EXIT_INTERNAL,
  );
}

function adviceOn(status: number | null, tree: QemuTree): string {
  if (status === EXIT_NOT_FOUND) return 'install the compiler that QEMU is built with';
  const again = `is the tree built? Run ${buildAgain(tree)}`;
  const { version } = tree;
  if (version === null || version.isKnown) return again;
  return `it knows QEMU ${OLDEST_KNOWN} to ${NEWEST_KNOWN}, and this is ${version.text}; ${again}`;
}

/** The texts of driver.c and of all that it includes. */
function sourcesBeside(main: string): string[] {
  const folder = dirname(main);
  const names = readdirSync(folder).sort();
  return names.map((name) => readFileSync(join(folder, name), 'utf8'));
}
