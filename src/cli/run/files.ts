/**
 * Finds scenario files from arguments: files, directories, and patterns that a shell did not
 * expand.
 */

import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GlobError, pathGlob } from '../../trace/glob.ts';
import { whyOf } from '../exit/errors.ts';

/** The files found, in order, each once; and the arguments without files. */
export interface FoundFiles {
  readonly files: readonly string[];
  readonly missing: readonly Missing[];
}

/** An argument that matches no file. */
export interface Missing {
  readonly arg: string;
  /** The message about it, one line. */
  readonly message: string;
}

const ENDING = /\.ya?ml$/;

/** Finds the files; a directory stands for all YAML files under it. */
export function findScenarios(args: readonly string[]): FoundFiles {
  const files = new Map<string, string>();
  const missing: Missing[] = [];
  for (const arg of args) {
    let found: readonly string[] = [];
    try {
      found = find(arg, (dir, message) => missing.push({ arg: dir, message }));
      if (found.length === 0) missing.push({ arg, message: missingText(arg) });
    } catch (error) {
      if (!(error instanceof GlobError)) throw error;
      missing.push({ arg, message: `the pattern ${arg} is wrong: ${error.message}` });
    }
    for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file);
  }
  return { files: [...files.values()], missing };
}

/** Called for each path that cannot be examined. */
type Tell = (path: string, message: string) => void;

function find(arg: string, tell: Tell): string[] {
  const stat = statOf(arg);
  if (stat?.isDirectory()) return walk(arg, tell).filter((file) => ENDING.test(file));
  if (stat !== undefined) return [arg];
  if (!/[*?[]/.test(arg)) return [];
  const parts = arg.split('/');
  const fixed = parts.findIndex((part) => /[*?[]/.test(part));
  const base = parts.slice(0, fixed).join('/') || (arg.startsWith('/') ? '/' : '.');
  const matches = pathGlob(arg);
  return walk(base, tell)
    .map((file) => (base === '.' && !arg.startsWith('./') ? file.replace(/^\.\//, '') : file))
    .filter(matches);
}

function missingText(arg: string): string {
  if (arg === '-') return 'no scenario -: write /dev/stdin for stdin';
  return statOf(arg)?.isDirectory()
    ? `no scenario in ${arg}: the directory has no file *.yaml or *.yml, at any depth`
    : `no scenario ${arg}: expected a YAML file, a directory of them, or a pattern`;
}

/** Undefined also for a name that no file can have. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function walk(dir: string, tell: Tell): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    tell(dir, `cannot look for scenarios in ${dir}: ${whyOf(error)}`);
    return [];
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = dir === '.' ? `./${entry.name}` : join(dir, entry.name);
    return entry.isDirectory() ? walk(path, tell) : [path];
  });
}
