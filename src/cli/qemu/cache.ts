/** The folder in which the drivers of a QEMU tree are kept. */

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, EXIT_INTERNAL, whyOf } from '../exit/errors.ts';

/** Old drivers are removed after this long: until then another process may run them. */
const KEPT_MS = 3_600_000;
/** The file that names the tree, so that its drivers can go once it is gone. */
const TREE = 'tree';

export interface DriverCache {
  /** Absolute. */
  readonly folder: string;
  /**
   * Makes the folder, and removes drivers of earlier builds, and those of trees that are gone.
   * @throws CliError with status 125
   */
  prepare(): void;
}

/** @param build the build folder */
export function cacheOf(build: string): DriverCache {
  const all = guarded('~/.cache', () => join(cacheBase(), 'qemu-loop'));
  const folder = join(all, `qemu-${digest(build)}`);
  return {
    folder,
    prepare: () =>
      guarded(folder, () => {
        makeFolder(folder);
        for (const name of readdirSync(folder)) removeOld(join(folder, name));
        writeFileSync(join(folder, TREE), build);
        for (const name of readdirSync(all)) removeGone(join(all, name));
      }),
  };
}

/** Neither may be a relative one: XDG's rules say so, and a driver would be built in the tree. */
function cacheBase(): string {
  const { XDG_CACHE_HOME, HOME } = process.env;
  if (XDG_CACHE_HOME?.startsWith('/')) return XDG_CACHE_HOME;
  return join(HOME?.startsWith('/') ? HOME : userInfo().homedir, '.cache');
}

function guarded<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const how = 'set XDG_CACHE_HOME to a folder that can be written';
    const what = `the driver for QEMU cannot be kept in ${folder}`;
    throw new CliError(`${what}: ${whyOf(error)}: ${how}`, EXIT_INTERNAL);
  }
}

/** Node's recursive mkdir tries for ever if a folder that is there takes none, as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it since.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function removeOld(path: string): void {
  if (isOld(path)) rmSync(path, { force: true });
}

/** A folder without a name of its tree is of an earlier version of this program. */
function removeGone(folder: string): void {
  const tree = join(folder, TREE);
  const isGone = !existsSync(tree) || !existsSync(readFileSync(tree, 'utf8'));
  if (isGone && isOld(folder)) rmSync(folder, { recursive: true, force: true });
}

function isOld(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > KEPT_MS;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
