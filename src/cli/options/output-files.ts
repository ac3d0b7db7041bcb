/** The files that a command writes: none may overwrite one that it reads, or another. */

import { lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import type { NamedFile } from '../output/named-output.ts';

/**
 * Call it before anything is opened.
 * @throws CliError with status 2, whose message is one line
 */
export function checkOutputs(outputs: readonly NamedFile[], inputs: readonly NamedFile[]): void {
  const read = new Map<string, NamedFile>();
  for (const input of inputs) {
    const id = idOf(input.path);
    if (id !== null) read.set(id, input);
  }
  const written = new Map<string, NamedFile>();
  for (const output of outputs) {
    const { what, path } = output;
    if (path === '-') {
      throw usage(`${what} would go to a file called -: write /dev/stdout for stdout, else ./-`);
    }
    const id = idOf(path);
    if (id === null) continue;
    const input = read.get(id);
    if (input !== undefined) {
      throw usage(`${what} would overwrite ${input.what} ${input.path}: give it another file`);
    }
    const other = written.get(id);
    if (other !== undefined) {
      const both = other.what === what ? 'two traces go' : `${other.what} and ${what} go`;
      throw usage(`${both} to ${path}: give each its own file`);
    }
    written.set(id, output);
  }
}

/**
 * An id that is equal for two names of one file. Null if nothing is overwritten: a device, a pipe,
 * stdout.
 */
function idOf(path: string): string | null {
  const full = resolve(path);
  if (/^\/(dev|proc)\//.test(full)) return null;
  try {
    const stat = statSync(full, { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined) return stat.isFile() ? `${stat.dev}:${stat.ino}` : null;
    return placeOf(full);
  } catch {
    // Opening it will give the reason.
    return null;
  }
}

/** The kernel's limit. */
const MOST_LINKS = 40;

/**
 * The path of a file that does not exist yet: a dangling link is followed, as open does.
 * @throws Error if a directory does not exist, or links form a loop
 */
function placeOf(path: string, links = MOST_LINKS): string {
  const place = join(realpathSync(dirname(path)), basename(path));
  if (!lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return place;
  if (links === 0) throw new Error(`too many links: ${path}`);
  const target = readlinkSync(place);
  // Not normalized, since a `..` after a link is relative to the link's target.
  return placeOf(isAbsolute(target) ? target : `${dirname(place)}/${target}`, links - 1);
}

function usage(message: string): CliError {
  return new CliError(message, EXIT_USAGE);
}
