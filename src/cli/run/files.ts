/** Which files are meant: files, directories, and patterns that a shell did not expand. */

import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { whyNot } from './read-file.ts';

/** What was found, in order, each file once; and what is not there. */
export interface FoundFiles {
  readonly files: readonly string[];
  readonly missing: readonly Missing[];
}

/** An argument that stands for no file. */
export interface Missing {
  readonly arg: string;
  /** The one line that says so. */
  readonly message: string;
}

const ENDING = /\.ya?ml$/;

/**
 * A directory stands for all YAML files under it. What is found and cannot be one, such as
 * a link that leads nowhere, is told of, and holds up none of the others.
 */
export function findScenarios(args: readonly string[]): FoundFiles {
  const files = new Map<string, string>();
  const missing: Missing[] = [];
  for (const arg of args) {
    const walked = new Walk();
    const found = find(arg, walked);
    missing.push(...walked.unreadable);
    if (found.length === 0 && walked.unreadable.length === 0) {
      missing.push({ arg, message: missingText(arg) });
    }
    for (const file of found) {
      const message = file === arg ? null : noFileText(file);
      if (message !== null) missing.push({ arg: file, message });
      else if (!files.has(resolve(file))) files.set(resolve(file), file);
    }
  }
  return { files: [...files.values()], missing };
}

function find(arg: string, walk: Walk): string[] {
  const stat = statOf(arg);
  if (stat?.isDirectory()) return walk.filesUnder(arg).filter((file) => ENDING.test(file));
  if (stat !== undefined) return [arg];
  if (!/[*?[]/.test(arg)) return [];
  const parts = arg.split('/');
  const fixed = parts.findIndex((part) => /[*?[]/.test(part));
  const base = parts.slice(0, fixed).join('/') || (arg.startsWith('/') ? '/' : '.');
  const pattern = patternOf(arg);
  return walk
    .filesUnder(base)
    .map((file) => (base === '.' && !arg.startsWith('./') ? file.replace(/^\.\//, '') : file))
    .filter((file) => pattern.test(file));
}

/** Undefined where it is not there, or cannot be looked at. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Why something that was found in a directory is no file; null where it is one. */
function noFileText(path: string): string | null {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return null;
    return stat.isDirectory()
      ? `${path}: it is a link to a directory, which is not followed`
      : `${path}: it is no regular file`;
  } catch (error) {
    return `${path}: it cannot be read: ${whyNot(error)}`;
  }
}

function missingText(arg: string): string {
  try {
    if (statSync(arg).isDirectory()) {
      return `no scenario in ${arg}: the directory has no file *.yaml or *.yml, at any depth`;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      return `${arg}: it cannot be read: ${whyNot(error)}`;
    }
  }
  return `no scenario ${arg === '' ? "''" : arg}: expected a YAML file, a directory of them, or a pattern`;
}

/** Goes through directories. Links to directories are not followed, so it ends. */
class Walk {
  /** Directories that cannot be read. */
  readonly unreadable: Missing[] = [];

  filesUnder(dir: string): string[] {
    let entries: Dirent[];
    try {
      entries = readdirSync(dir, { withFileTypes: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return [];
      this.unreadable.push({ arg: dir, message: `${dir}: it cannot be read: ${whyNot(error)}` });
      return [];
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.flatMap((entry) => {
      const path = dir === '.' ? `./${entry.name}` : join(dir, entry.name);
      return entry.isDirectory() ? this.filesUnder(path) : [path];
    });
  }
}

/** `**` crosses directories, `*` and `?` do not. */
function patternOf(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|\[[^\]]*\]|[^*?[]+|\[/g, (part) => {
    if (part === '**/') return '(?:[^/]+/)*';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.startsWith('[') && part.length > 1
      ? part.replace('[!', '[^')
      : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
